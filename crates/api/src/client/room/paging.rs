//! Pages of a timeline: limits, filters and tokens as clients send them.

use base::number::TimelineOrd;
use js_int::UInt;
use rooms::{EventFilter, TimelineToken, Viewer, Way};
use ruma_client_api::filter::{LazyLoadOptions, RoomEventFilter, UrlFilter};
use ruma_common::OwnedUserId;
use ruma_common::api::Direction;
use serde::Deserialize;

use crate::{ApiError, App};

/// Events of a page at most.
const LONGEST_PAGE: usize = 1000;

/// Events of a page of relations or threads, when the request does not say.
const SHORT_PAGE: u32 = 20;
/// Such events at most.
const LONGEST_SHORT_PAGE: usize = 100;

/// How many relations or threads a page holds at most: one at least.
pub(super) fn short(asked: Option<UInt>) -> usize {
    let asked = u64::from(asked.unwrap_or(SHORT_PAGE.into()));
    usize::try_from(asked).unwrap_or(LONGEST_SHORT_PAGE).clamp(1, LONGEST_SHORT_PAGE)
}

/// How many events a page holds at most, by what the request and its filter say.
pub(super) fn limit(asked: UInt, filter: &EventFilter) -> usize {
    let asked = u64::from(asked).min(filter.limit.unwrap_or(u64::MAX));
    usize::try_from(asked).unwrap_or(LONGEST_PAGE).min(LONGEST_PAGE)
}

/// The filter, as rooms know it.
pub(super) fn filter(asked: RoomEventFilter) -> EventFilter {
    let (lazy_load_members, include_redundant_members) = match asked.lazy_load_options {
        LazyLoadOptions::Disabled => (false, false),
        LazyLoadOptions::Enabled { include_redundant_members } => (true, include_redundant_members),
    };
    EventFilter {
        limit: asked.limit.map(u64::from),
        types: asked.types,
        not_types: asked.not_types,
        rooms: asked.rooms,
        not_rooms: asked.not_rooms,
        senders: asked.senders,
        not_senders: asked.not_senders,
        contains_url: asked.url_filter.map(|url| url == UrlFilter::EventsWithUrl),
        related_by_senders: None,
        related_by_rel_types: None,
        lazy_load_members,
        include_redundant_members,
        unread_thread_notifications: asked.unread_thread_notifications,
    }
}

/// The filter that a request says, with what ruma's type leaves out of it.
pub(super) fn filter_of(
    said: Option<&str>,
    asked: RoomEventFilter,
) -> Result<EventFilter, ApiError> {
    #[derive(Default, Deserialize)]
    struct Related {
        related_by_senders: Option<Vec<OwnedUserId>>,
        related_by_rel_types: Option<Vec<String>>,
    }
    let related = said.map(serde_json::from_str).transpose();
    let related: Option<Related> =
        related.map_err(|error: serde_json::Error| ApiError::invalid_param(error.to_string()))?;
    let Related { related_by_senders, related_by_rel_types } = related.unwrap_or_default();
    Ok(EventFilter { related_by_senders, related_by_rel_types, ..filter(asked) })
}

/// The way of a page.
pub(super) fn way(direction: Direction) -> Way {
    match direction {
        Direction::Backward => Way::Back,
        Direction::Forward => Way::Forward,
    }
}

/// Reads a token.
pub(super) fn token(text: &str) -> Result<TimelineToken, ApiError> {
    text.parse().map_err(|error: rooms::UnknownToken| ApiError::invalid_param(error.to_string()))
}

/// The place that a token names in the room looked at.
pub(super) async fn place(
    app: &App,
    viewer: &Viewer,
    text: Option<&str>,
) -> Result<Option<TimelineOrd>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    Ok(Some(app.rooms.place(viewer.room(), token(text)?).await?))
}

/// The token of a place.
pub(super) fn token_of(place: TimelineOrd) -> String {
    TimelineToken::After(place).to_string()
}
