//! `POST /_matrix/client/v3/account/deactivate`: closes the account for good.

use accounts::{Departure, Erasure};
use rooms::{MemberProfile, Membership, MembershipChange, RoomError};
use ruma_client_api::account::ThirdPartyIdRemovalStatus;
use ruma_client_api::account::deactivate::v3::{Request, Response};
use ruma_common::UserId;

use super::require_caller;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let caller = require_caller(call.who)?;
    app.confirm(&caller, &call.asked, call.request.auth.as_ref()).await?;
    let erasure = if call.request.erase { Erasure::Erase } else { Erasure::Keep };
    close(&app, &caller.user_id, erasure).await?;
    // No address is kept at any identity server: there is nothing that would fail to be removed.
    Ok(Response::new(ThirdPartyIdRemovalStatus::Success))
}

/// Closes an account for good, and takes its person out of everything.
pub(crate) async fn close(app: &App, user: &UserId, erasure: Erasure) -> Result<(), ApiError> {
    app.accounts.deactivate(user, erasure).await?;
    finish(app, &Departure { user_id: user.to_owned(), erasure }).await
}

/// Goes on with departures that a stop of the server interrupted.
pub async fn finish_departures(app: &App) {
    let departures = match app.accounts.departures().await {
        Ok(departures) => departures,
        Err(error) => return tracing::error!(%error, "departures cannot be read"),
    };
    for departure in departures {
        if let Err(error) = finish(app, &departure).await {
            tracing::error!(?error, "a departure was not finished");
        }
    }
}

/// Takes somebody who closed their account out of everything, and destroys their key if they
/// asked for it: last, since leaving a room still writes under it.
async fn finish(app: &App, departure: &Departure) -> Result<(), ApiError> {
    let user = &departure.user_id;
    for (room, membership) in app.rooms.memberships(user).await? {
        if !matches!(membership, Membership::Join | Membership::Invite | Membership::Knock) {
            continue;
        }
        let profile = MemberProfile::default();
        let change =
            MembershipChange { by: user, of: user, to: Membership::Leave, reason: None, profile };
        match app.rooms.change_membership(&room.id, change).await {
            // A room whose rules keep the person in does not keep their account open.
            Ok(()) | Err(RoomError::Forbidden(_) | RoomError::NoticesStay) => {}
            Err(error) => return Err(error.into()),
        }
    }
    app.delivery.remove_pushers(user, None).await?;
    app.attention.forget(user).await?;
    app.devices.remove_all(user).await?;
    app.presence.forget(user).await?;
    app.accounts.finish_departure(departure).await?;
    if departure.erasure == Erasure::Erase {
        app.rooms.forget_bodies_of(user).await?;
    }
    Ok(())
}
