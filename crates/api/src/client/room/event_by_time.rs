//! `GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event`: the event nearest to a time.

use base::clock::Timestamp;
use js_int::UInt;
use ruma_client_api::room::get_event_by_timestamp::v1::{Request, Response};
use ruma_common::MilliSecondsSinceUnixEpoch;

use super::paging;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, ts, dir, .. } = call.request;
    let viewer = app.rooms.reader(&call.who.user_id, &room_id, None).await?;
    let time = Timestamp(u64::from(ts.get()));
    let found = app.rooms.event_near(&viewer, time, paging::way(dir)).await?;
    let found = found.ok_or_else(|| ApiError::not_found("there is no event on that side"))?;
    let event = found.stored();
    let at = MilliSecondsSinceUnixEpoch(UInt::new_saturating(event.pdu.origin_server_ts().0));
    Ok(Response::new(event.id().to_owned(), at))
}
