//! `GET /_matrix/client/v3/pushers`: where the person's notifications go.

use delivery::Pusher;
use ruma_client_api::push::get_pushers::v3::{Request, Response};
use ruma_client_api::push::{self as wire, PusherIds, PusherInit, PusherKind};
use ruma_common::push::HttpPusherData;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let pushers = app.delivery.pushers(&call.who.user_id).await?;
    let shown: Result<_, _> = pushers.into_iter().map(shown).collect();
    Ok(Response::new(shown?))
}

fn shown(pusher: Pusher) -> Result<wire::Pusher, ApiError> {
    let mut data: HttpPusherData = HttpPusherData::new(pusher.url);
    data.data = serde_json::from_str(&pusher.data).map_err(|error| ApiError::internal(&error))?;
    let shown = PusherInit {
        ids: PusherIds::new(pusher.pushkey, pusher.app_id),
        kind: PusherKind::Http(data),
        app_display_name: pusher.app_display_name,
        device_display_name: pusher.device_display_name,
        profile_tag: pusher.profile_tag,
        lang: pusher.lang,
    };
    Ok(shown.into())
}
