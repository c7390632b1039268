//! `GET /_synapse/admin/v1/rooms`: the rooms of this server.

use rooms::{RoomOrder, RoomQuery};
use serde::{Deserialize, Serialize};

use super::shown::Listed;
use crate::admin::ask::{Ask, is_backward, next, page};
use crate::{ApiError, App};

/// Which rooms.
#[derive(Deserialize)]
struct Query {
    from: Option<u64>,
    limit: Option<u64>,
    order_by: Option<String>,
    dir: Option<String>,
    search_term: Option<String>,
    public_rooms: Option<bool>,
    empty_rooms: Option<bool>,
}

/// A page of rooms.
#[derive(Serialize)]
pub(crate) struct Answer {
    rooms: Vec<Listed>,
    offset: usize,
    total_rooms: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_batch: Option<usize>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let query: Query = ask.query()?;
    if query.search_term.as_deref() == Some("") {
        return Err(ApiError::invalid_param("search_term is empty"));
    }
    let page = page(query.from, query.limit);
    let wanted = RoomQuery {
        term: query.search_term,
        listed: query.public_rooms,
        empty: query.empty_rooms,
        order: order(query.order_by.as_deref())?,
        backward: is_backward(query.dir.as_deref())?,
        skip: page.0,
        limit: page.1,
    };
    let found = app.rooms.list(&wanted).await?;
    Ok(Answer {
        next_batch: next(page, found.rooms.len(), found.total),
        prev_batch: (page.0 > 0).then(|| page.0.saturating_sub(page.1)),
        rooms: found.rooms.into_iter().map(Listed::from).collect(),
        offset: page.0,
        total_rooms: found.total,
    })
}

fn order(name: Option<&str>) -> Result<RoomOrder, ApiError> {
    Ok(match name {
        None | Some("name" | "alphabetical") => RoomOrder::Name,
        Some("canonical_alias") => RoomOrder::Alias,
        Some("joined_members" | "size") => RoomOrder::Joined,
        Some("joined_local_members") => RoomOrder::JoinedHere,
        Some("version") => RoomOrder::Version,
        Some("creator") => RoomOrder::Creator,
        Some("encryption") => RoomOrder::Encryption,
        Some("federatable") => RoomOrder::Federatable,
        Some("public") => RoomOrder::Listed,
        Some("join_rules") => RoomOrder::JoinRule,
        Some("guest_access") => RoomOrder::GuestAccess,
        Some("history_visibility") => RoomOrder::HistoryVisibility,
        Some("state_events") => RoomOrder::StateEvents,
        Some(other) => {
            return Err(ApiError::invalid_param(format!("rooms have no order {other:?}")));
        }
    })
}
