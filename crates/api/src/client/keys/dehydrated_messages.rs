//! `POST /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device_id}/events`:
//! messages for the device that is kept (MSC3814, as deployed clients ask).

use ruma_client_api::dehydrated_device::get_events::unstable::{Request, Response};
use ruma_common::serde::Raw;

use crate::{ApiError, App, Call};

/// Handles the call. These clients go on until there are no messages, and begin anew without a
/// token: so there is always one.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { device_id, next_batch, .. } = call.request;
    let (user, from) = (&call.who.user_id, next_batch.as_deref());
    let found = app.devices.dehydrated_messages(user, &device_id, from).await?;
    let events = found.messages.into_iter().map(|message| Raw::from_json(message.event));
    let mut response = Response::new(events.collect());
    response.next_batch = Some(found.next);
    Ok(response)
}
