//! `GET /_matrix/client/v3/rooms/{roomId}/messages`: a page of a room's timeline.

use base::number::TimelineOrd;
use rooms::{Page, PageRequest, Way};
use ruma_client_api::message::get_message_events::v3::{Request, Response};

use super::{paging, reading};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let said = call.said("filter");
    let Request { room_id, from, to, dir, limit, filter, .. } = call.request;
    let viewer = reading::viewer(&app, &call.who, &room_id).await?;
    let (filter, way) = (paging::filter_of(said.as_deref(), filter)?, paging::way(dir));
    let viewer = viewer.related_by(filter.related());
    let limit = paging::limit(limit, &filter);
    let start = paging::place(&app, &viewer, from.as_deref()).await?.unwrap_or(match way {
        Way::Back => viewer.current().last(),
        Way::Forward => TimelineOrd(0),
    });
    let to = paging::place(&app, &viewer, to.as_deref()).await?;
    let page = if filter.admits_room(&room_id) {
        let wanted = |event: &rooms::Stored| filter.admits(event);
        let request = PageRequest { from: Some(start), to, way, limit, wanted: &wanted };
        app.rooms.messages(&viewer, request).await?
    } else {
        Page { events: Vec::new(), end: None }
    };
    let mut response = Response::new();
    response.start = paging::token_of(start);
    response.end = page.end.map(paging::token_of);
    response.chunk = reading::events(&viewer, &page.events).await?;
    if filter.lazy_load_members {
        let members = app.rooms.members_for(&viewer, &page.events).await?;
        response.state = reading::state(&viewer, &members).await?;
    }
    Ok(response)
}
