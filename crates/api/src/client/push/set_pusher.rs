//! `POST /_matrix/client/v3/pushers/set`: adds, changes or removes a pusher.

use delivery::{Others, Pusher};
use ruma_client_api::push::PusherKind;
use ruma_client_api::push::set_pusher::v3::{PusherAction, Request, Response};
use serde_json::{Map, Value};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let (user, device) = (&call.who.user_id, &call.who.device_id);
    let set = match call.request.action {
        PusherAction::Post(set) => set,
        PusherAction::Delete(ids) => {
            // ruma takes a kind that is not given for one that is null, and pushers would be lost.
            let body: Map<String, Value> = serde_json::from_slice(&call.body).unwrap_or_default();
            if !body.contains_key("kind") {
                return Err(ApiError::bad_json("missing field `kind`"));
            }
            app.delivery.remove_pusher(user, &ids.app_id, &ids.pushkey).await?;
            return Ok(Response::new());
        }
        _ => return Err(ApiError::unrecognized()),
    };
    let PusherKind::Http(mut data) = set.pusher.kind else {
        // The server sends no mail, and knows no other kind.
        return Err(ApiError::invalid_param("kind is \"http\", or null to remove a pusher"));
    };
    if let Some(format) = data.format {
        data.data.insert("format".to_owned(), Value::String(format.to_string()));
    }
    let beside = serde_json::to_string(&data.data).map_err(|error| ApiError::internal(&error))?;
    let pusher = Pusher {
        app_id: set.pusher.ids.app_id,
        pushkey: set.pusher.ids.pushkey,
        app_display_name: set.pusher.app_display_name,
        device_display_name: set.pusher.device_display_name,
        profile_tag: set.pusher.profile_tag,
        lang: set.pusher.lang,
        url: data.url,
        data: beside,
    };
    let others = if set.append { Others::Kept } else { Others::Removed };
    app.delivery.set_pusher((user, device), pusher, others).await?;
    Ok(Response::new())
}
