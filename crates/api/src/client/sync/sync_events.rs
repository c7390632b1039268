//! `GET /_matrix/client/v3/sync`: what is new for a device, waiting for it if asked to.
//!
//! `spec/data/api/client-server/sync.yaml`. The answer is written as JSON around stored events, so
//! it is not made through ruma's type.

use axum::body::Body;
use axum::extract;
use axum::response::Response;
use futures_util::TryStreamExt;
use http::header::CONTENT_TYPE;
use ruma_client_api::sync::sync_events::v3::{Filter, Request};
use ruma_common::api::auth_scheme::{AccessToken, AuthScheme};
use sync::{Choice, Reply, SyncError, SyncRequest};

use crate::call::Admitted;
use crate::client::presence;
use crate::{ApiError, App, Call, authenticate};

/// Handles the call.
pub(crate) async fn handler(app: App, request: extract::Request) -> Result<Response, ApiError> {
    let token = AccessToken::extract_authentication(&request);
    // Boxed, so that whoever waits for news holds nothing of what let them in.
    let call = Box::pin(Admitted::<Request>::read(&app, request)).await?.parse()?;
    let wanted = presence::state(&call.request.set_presence)?;
    let connected = app.presence.connect(&call.who.user_id, &call.who.device_id, wanted);
    let reply = app.sync.reply(asked(call)?).await?;
    drop(connected);
    // A session that ended while its sync waited is told nothing more.
    if let Ok(token) = token {
        Box::pin(authenticate::require_still(&app, &token)).await?;
    }
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(body(reply))
        .map_err(|error| ApiError::internal(&error))
}

/// A first answer is sent as it is made: a failure then breaks the connection off, so that no
/// client takes half an answer for the whole.
fn body(reply: Reply) -> Body {
    match reply {
        Reply::News(answer) => Body::from(answer.to_json()),
        Reply::First(first) => {
            let broken = |error: &SyncError| tracing::warn!(%error, "a first sync is broken off");
            Body::from_stream(first.pieces().inspect_err(broken))
        }
    }
}

fn asked(call: Call<Request>) -> Result<SyncRequest, ApiError> {
    let said = call.said("filter");
    let Call { request, who, .. } = call;
    Ok(SyncRequest {
        user: who.user_id,
        device: who.device_id,
        since: request.since.map(|since| since.parse()).transpose()?,
        filter: request.filter.map(|filter| choice(filter, said)).transpose()?.unwrap_or_default(),
        full_state: request.full_state,
        use_state_after: request.use_state_after,
        timeout: request.timeout.unwrap_or_default(),
    })
}

/// The filter, as the client said it: ruma's type leaves some of it out.
fn choice(filter: Filter, said: Option<String>) -> Result<Choice, ApiError> {
    match filter {
        Filter::FilterDefinition(_) => Ok(said.map(Choice::Inline).unwrap_or_default()),
        // What ruma could not read as a filter it takes for an id.
        Filter::FilterId(id) if id.starts_with('{') => Ok(Choice::Inline(id)),
        Filter::FilterId(id) => Ok(Choice::Stored(id)),
        _ => Err(ApiError::invalid_param("this kind of filter is not known")),
    }
}
