//! `PUT /_matrix/client/v3/sendToDevice/{eventType}/{txnId}`: sends messages to devices.

use devices::{KnownDevices, Sending};
use ruma_client_api::to_device::send_event_to_device::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { event_type, txn_id, messages, .. } = call.request;
    let people: Vec<_> = messages.keys().cloned().collect();
    let mut waiting = app.devices.dehydrated_devices(&people).await?;
    let devices = app.accounts.devices_of(&people).await?;
    let known = people.into_iter().zip(devices).map(|(user, devices)| {
        let dehydrated = waiting.remove(&user);
        (user, devices.into_iter().chain(dehydrated).collect())
    });
    let known: KnownDevices = known.collect();
    let from =
        Sending { user: &call.who.user_id, device: &call.who.device_id, transaction: &txn_id };
    let kind = event_type.to_string();
    app.devices.send_to_devices(from, &kind, &messages, &known).await?;
    Ok(Response::new())
}
