//! `GET /_matrix/client/v3/rooms/{roomId}/context/{eventId}`: what stands around an event.

use std::sync::Arc;

use base::number::TimelineOrd;
use rooms::{Context, EventFilter, Stored};
use ruma_client_api::context::get_context::v3::{Request, Response};

use super::{paging, reading};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let said = call.said("filter");
    let Request { room_id, event_id, limit, filter, .. } = call.request;
    let viewer = reading::viewer(&app, &call.who, &room_id).await?;
    let filter = paging::filter_of(said.as_deref(), filter)?;
    let viewer = viewer.related_by(filter.related());
    let limit = paging::limit(limit, &filter);
    let in_room = filter.admits_room(&room_id);
    let wanted = |event: &Stored| in_room && filter.admits(event);
    let mut context = app.rooms.context(&viewer, (&event_id, limit), &wanted).await?;
    let state = needed_state(&mut context, &filter);
    let (start, end) = bounds(&context);
    let mut response = Response::new();
    response.start = Some(paging::token_of(start));
    response.end = Some(paging::token_of(end));
    response.events_before = reading::events(&viewer, &context.before.events).await?;
    response.event = Some(reading::event(&viewer, &context.event).await?);
    response.events_after = reading::events(&viewer, &context.after.events).await?;
    response.state = reading::state(&viewer, &state).await?;
    Ok(response)
}

/// Of the state, what the filter wants; of the members, those who speak here when no others are
/// wanted.
fn needed_state(context: &mut Context, filter: &EventFilter) -> Vec<Arc<Stored>> {
    let mut state = std::mem::take(&mut context.state);
    let around = context.before.events.iter().chain(&context.after.events);
    let speakers: Vec<_> =
        around.chain([&context.event]).map(|event| event.stored().sender().as_str()).collect();
    state.retain(|event| {
        let silent = event.kind() == "m.room.member"
            && event.pdu.state_key().is_some_and(|key| !speakers.contains(&key));
        filter.admits(event) && !(filter.lazy_load_members && silent)
    });
    state.sort_by_key(|event| event.ord);
    state
}

/// Where pages before and after go on. There is a place even where nothing lies beyond it.
fn bounds(context: &Context) -> (TimelineOrd, TimelineOrd) {
    let event = context.event.stored().ord;
    let first = context.before.events.last().map_or(event, |event| event.stored().ord);
    let last = context.after.events.last().map_or(event, |event| event.stored().ord);
    let before = TimelineOrd(first.0.saturating_sub(1));
    (context.before.end.unwrap_or(before), context.after.end.unwrap_or(last))
}
