//! What the three endpoints for an event's relations share.

use js_int::UInt;
use rooms::RelationsRequest;
use ruma_common::api::Direction;
use ruma_common::serde::Raw;
use ruma_common::{OwnedEventId, OwnedRoomId};
use ruma_events::AnyMessageLikeEvent;

use super::{paging, reading};
use crate::{ApiError, App, Caller};

/// Which of an event's relations are asked for.
pub(super) struct Asked {
    pub(super) room_id: OwnedRoomId,
    pub(super) parent: OwnedEventId,
    pub(super) rel_type: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) dir: Direction,
    pub(super) limit: Option<UInt>,
    pub(super) recurse: bool,
}

/// A page of them.
pub(super) struct Found {
    pub(super) chunk: Vec<Raw<AnyMessageLikeEvent>>,
    pub(super) next_batch: Option<String>,
    pub(super) prev_batch: Option<String>,
}

/// Reads a page. An event that the person may not see is as unknown as one that is not there.
pub(super) async fn page(app: &App, who: &Caller, asked: Asked) -> Result<Found, ApiError> {
    let viewer = reading::viewer_of_event(app, who, &asked.room_id).await?;
    let request = RelationsRequest {
        parent: &asked.parent,
        rel_type: asked.rel_type.as_deref(),
        kind: asked.kind.as_deref(),
        recurse: asked.recurse,
        from: paging::place(app, &viewer, asked.from.as_deref()).await?,
        to: paging::place(app, &viewer, asked.to.as_deref()).await?,
        way: paging::way(asked.dir),
        limit: paging::short(asked.limit),
    };
    let page = app.rooms.relations(&viewer, request).await?;
    Ok(Found {
        chunk: reading::events(&viewer, &page.events).await?,
        next_batch: page.end.map(paging::token_of),
        prev_batch: asked.from,
    })
}

/// How far relations are followed: told to whoever said whether they should be.
pub(super) fn depth(said: Option<&str>, recurse: bool) -> Option<UInt> {
    let depth = if recurse { RelationsRequest::DEPTH } else { 1 };
    said.map(|_| depth.into())
}
