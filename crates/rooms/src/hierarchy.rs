//! Walking through a space: its rooms, and those of the spaces in it, as one person may see them.
//!
//! `spec/content/client-server-api`, "Querying rooms within a space". Rooms that are not here, or
//! not to be seen by who asks, are passed over, and so is what is reached only through them.

mod children;
mod token;

use std::collections::HashSet;
use std::sync::Arc;

use ruma_common::room::RoomSummary;
use ruma_common::{OwnedRoomId, RoomId, UserId};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::RoomError;
use crate::event::{Stored, damaged};
use crate::load::Rooms;
use crate::room::{Current, Room};
use children::Child;
use token::Token;

/// Rooms of a page, when nobody says.
const PAGE: u64 = 50;
/// Rooms of a page at most.
const LONGEST_PAGE: u64 = 100;
/// How deep a walk goes at most.
const DEEPEST: u64 = 50;
/// Rooms that one walk looks at, at most: what is beyond is not shown.
const FARTHEST: usize = 10_000;

/// What is asked of a space.
#[derive(Clone, Debug, Default)]
pub struct HierarchyRequest {
    /// Rooms of the page at most.
    pub limit: Option<u64>,
    /// How deep to go: 0 is the space alone.
    pub max_depth: Option<u64>,
    /// Whether to pass over what the space does not suggest.
    pub suggested_only: bool,
    /// The page before.
    pub from: Option<String>,
}

/// A page of a space.
#[derive(Clone, Debug)]
pub struct HierarchyPage {
    /// The rooms, depth first.
    pub rooms: Vec<HierarchyRoom>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A room of a space.
#[derive(Clone, Debug)]
pub struct HierarchyRoom {
    /// What it is.
    pub summary: RoomSummary,
    /// Its children, if it is a space: stripped `m.space.child` with `origin_server_ts`, as JSON.
    pub children: Vec<String>,
}

/// A walk under way.
struct Walk<'a> {
    rooms: &'a Rooms,
    user: &'a UserId,
    max_depth: u64,
    suggested_only: bool,
    /// What is still to be visited, the next at the end.
    ahead: Vec<(OwnedRoomId, u64)>,
    seen: HashSet<OwnedRoomId>,
}

/// A room that a walk came to, and may show.
struct Found {
    room: Arc<Room>,
    current: Arc<Current>,
    children: Vec<Child>,
}

impl Rooms {
    /// The rooms of a space as a person may see them, a page at a time.
    pub async fn hierarchy(
        &self,
        user: &UserId,
        space: &RoomId,
        request: &HierarchyRequest,
    ) -> Result<HierarchyPage, RoomError> {
        let limit = request.limit.unwrap_or(PAGE).min(LONGEST_PAGE);
        if limit == 0 {
            let message = "limit must be greater than zero".to_owned();
            return Err(RoomError::InvalidParameter(message));
        }
        let max_depth = request.max_depth.unwrap_or(DEEPEST).min(DEEPEST);
        let suggested_only = request.suggested_only;
        let from = request.from.as_deref().map(Token::read).transpose()?;
        let mut walk = Walk {
            rooms: self,
            user,
            max_depth,
            suggested_only,
            ahead: vec![(space.to_owned(), 0)],
            seen: HashSet::new(),
        };
        let root = walk.next().await?.ok_or_else(|| RoomError::not_in(space))?;
        if root.room.id != *space {
            return Err(RoomError::not_in(space));
        }
        let start =
            Token { root: root.room.no, max_depth, suggested_only, last: root.room.no, shown: 0 };
        let mut reached = from.unwrap_or(start);
        if reached.root != start.root
            || reached.max_depth != max_depth
            || reached.suggested_only != suggested_only
        {
            let message = "the space, max_depth and suggested_only cannot change between pages";
            return Err(RoomError::InvalidParameter(message.to_owned()));
        }
        let mut next = match from {
            None => Some(root),
            Some(_) => walk.resume(space, &reached).await?,
        };
        let mut rooms = Vec::new();
        while let Some(found) = next {
            if rooms.len() as u64 == limit {
                return Ok(HierarchyPage { rooms, next: Some(reached.write()?) });
            }
            reached.last = found.room.no;
            reached.shown += 1;
            rooms.push(found.shown()?);
            next = walk.next().await?;
        }
        Ok(HierarchyPage { rooms, next: None })
    }

    /// A room that a person may see, in a space as much as by itself.
    async fn visible(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Option<(Arc<Room>, Arc<Current>)>, RoomError> {
        let room = match self.room_for(user, room_id).await {
            Ok(room) => room,
            Err(RoomError::UnknownRoom(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let current = room.current();
        let visible = self.may_look(&room, &current, user).await?;
        Ok(visible.then_some((room, current)))
    }
}

impl Walk<'_> {
    /// The next room that may be shown.
    async fn next(&mut self) -> Result<Option<Found>, RoomError> {
        while let Some((room_id, depth)) = self.ahead.pop() {
            if self.seen.len() >= FARTHEST {
                return Ok(None);
            }
            if !self.seen.insert(room_id.clone()) {
                continue;
            }
            let Some((room, current)) = self.rooms.visible(self.user, &room_id).await? else {
                continue;
            };
            let mut children = current.children();
            children.retain(|child| child.suggested || !self.suggested_only);
            if depth < self.max_depth {
                let below = children.iter().rev().map(|child| (child.room_id.clone(), depth + 1));
                self.ahead.extend(below);
            }
            return Ok(Some(Found { room, current, children }));
        }
        Ok(None)
    }

    /// Goes to where a page ended, past its last room; the room that comes next. Should its last
    /// room be gone from the space, as many as were shown are passed over.
    async fn resume(
        &mut self,
        space: &RoomId,
        reached: &Token,
    ) -> Result<Option<Found>, RoomError> {
        if reached.last == reached.root {
            return self.next().await;
        }
        while let Some(found) = self.next().await? {
            if found.room.no == reached.last {
                return self.next().await;
            }
        }
        self.seen.clear();
        self.ahead = vec![(space.to_owned(), 0)];
        for _ in 0..reached.shown.min(FARTHEST as u64) {
            if self.next().await?.is_none() {
                return Ok(None);
            }
        }
        self.next().await
    }
}

impl Found {
    fn shown(&self) -> Result<HierarchyRoom, RoomError> {
        let children = self.children.iter().map(|child| stripped(&child.event));
        let children = children.collect::<Result<_, _>>()?;
        Ok(HierarchyRoom { summary: self.room.summary_of(&self.current), children })
    }
}

impl Current {
    /// The rooms of a space, in their order; none of what is no space.
    fn children(&self) -> Vec<Child> {
        if self.kind().as_deref() != Some("m.space") {
            return Vec::new();
        }
        let events = self.state.iter().filter(|((kind, _), _)| kind == "m.space.child");
        let mut children: Vec<_> = events.filter_map(|(_, event)| Child::read(event)).collect();
        children.sort_by(|one, other| one.place().cmp(&other.place()));
        children
    }
}

fn stripped(event: &Stored) -> Result<String, RoomError> {
    #[derive(Serialize)]
    struct Stripped<'a> {
        content: &'a RawValue,
        origin_server_ts: u64,
        sender: &'a UserId,
        state_key: &'a str,
        r#type: &'a str,
    }
    let text = serde_json::to_string(&Stripped {
        content: event.pdu.content(),
        origin_server_ts: event.pdu.origin_server_ts().0,
        sender: event.sender(),
        state_key: event.pdu.state_key().unwrap_or_default(),
        r#type: event.kind(),
    });
    text.map_err(|error| damaged(&error))
}
