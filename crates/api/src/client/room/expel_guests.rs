//! Guests go when a room is not open to them any more. (Specification: "Guest access".)
//!
//! What is looked at is how things are, not what changed: whoever stopped half way is finished by
//! the next look, on any node, and a rule that was taken back counts as one that was changed.

use rooms::Membership;
use ruma_common::UserId;

use crate::{ApiError, App};

/// Has every guest leave the rooms that are not open to guests.
pub async fn expel_guests(app: &App) {
    let guests = match app.accounts.guests().await {
        Ok(guests) => guests,
        Err(error) => return tracing::error!(%error, "guests cannot be read"),
    };
    for guest in guests {
        if let Err(error) = expel(app, &guest).await {
            tracing::error!(?error, "a guest is still where no guests are let in");
        }
    }
}

/// Has a guest leave the rooms that are not open to guests.
async fn expel(app: &App, guest: &UserId) -> Result<(), ApiError> {
    for room in app.rooms.rooms_of(guest, Membership::Join).await? {
        if !room.current().is_open_to_guests() {
            app.rooms.expel_guest(guest, &room.id).await?;
        }
    }
    Ok(())
}
