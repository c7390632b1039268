//! The event stream of old: `/events`, everything that is new in one list.
//!
//! It says nothing of devices: messages to the device, its keys and device lists are told by
//! `/sync` alone, and a token given here acknowledges none of them.
//!
//! `spec/data/api/client-server/old_sync.yaml`.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base::number::LogPosition;
use rooms::EventFilter;
use ruma_common::{OwnedDeviceId, OwnedUserId, RoomId, UserId};
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::{Answer, State};
use crate::filter::{Filter, RoomFilter};
use crate::make::Wishes;
use crate::service::LONGEST;
use crate::{Sync, SyncError, Token};

/// As much as one answer tells of each room.
static EVERYTHING: LazyLock<Arc<Filter>> = LazyLock::new(|| {
    let timeline = EventFilter { limit: Some(u64::MAX), ..EventFilter::default() };
    let room = RoomFilter { timeline, ..RoomFilter::default() };
    Arc::new(Filter { room, ..Filter::default() })
});

/// What a device asks of the stream.
#[derive(Clone, Debug)]
pub struct StreamRequest {
    /// Who asks.
    pub user: OwnedUserId,
    /// On which device.
    pub device: OwnedDeviceId,
    /// From where on; from now, when not given.
    pub from: Option<Token>,
    /// How long to wait when there is no news.
    pub timeout: Duration,
}

/// A part of the stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// From where.
    pub start: Token,
    /// Up to where.
    pub end: Token,
    /// The events: presence, rooms' timelines, who types and has read.
    pub chunk: Vec<String>,
}

impl Sync {
    /// What is new for a person, as one list. Waits for news when there is none.
    pub async fn stream(&self, request: StreamRequest) -> Result<Stream, SyncError> {
        let deadline = Instant::now() + request.timeout.min(LONGEST);
        let mut seat = self.0.hub.seat(&request.user).await?;
        self.catch_up(request.from, request.timeout).await?;
        let start = request.from.filter(|from| self.is_past(*from));
        let start = start.unwrap_or_else(|| self.0.hub.now(&seat).unacknowledging());
        let (since, elsewhere) = self.0.hub.adopt(start, &seat);
        let filter = Arc::clone(&EVERYTHING);
        let wishes = Wishes { filter, elsewhere, rooms_only: true, ..Wishes::default() };
        let mut since = Token { inbox: since.position, ..since };
        loop {
            let place = (&seat, &*request.device);
            if let Some(answer) = self.news(place, &wishes, &mut since, deadline).await? {
                let end = Token { inbox: start.inbox, ..answer.next_batch };
                let chunk = self.chunk(&seat.user, answer).await?;
                return Ok(Stream { start, end, chunk });
            }
            seat = self.0.hub.seat(&request.user).await?;
        }
    }

    /// An answer as one list.
    async fn chunk(&self, user: &OwnedUserId, answer: Answer) -> Result<Vec<String>, SyncError> {
        let Answer { presence, join, leave, invite, knock, .. } = answer;
        let mut chunk = presence;
        for (id, room) in join {
            chunk.extend(events(room.state));
            chunk.extend(room.timeline.events);
            let ephemeral = room.ephemeral.iter().filter_map(|event| placed(event, &id));
            chunk.extend(ephemeral);
        }
        for room in leave.into_values() {
            chunk.extend(events(room.state));
            chunk.extend(room.timeline.events);
        }
        for id in invite.into_keys().chain(knock.into_keys()) {
            chunk.extend(self.own_membership(user, &id).await?);
        }
        Ok(chunk)
    }

    /// The event of a person's own membership of a room, which they may see in any case.
    pub async fn own_membership(
        &self,
        user: &OwnedUserId,
        room: &RoomId,
    ) -> Result<Option<String>, SyncError> {
        let rooms = &self.0.sources.rooms;
        let room = rooms.room(room).await?;
        let viewer = rooms.viewer(&room, user, None).ignoring(self.ignored(user).await?);
        let member = viewer.current().get("m.room.member", user.as_str());
        let Some(shown) = member.and_then(|member| viewer.show_own(member)) else {
            return Ok(None);
        };
        Ok(Some(viewer.client_json(&shown).await?))
    }

    /// Whom a person ignores.
    pub(crate) async fn ignored(
        &self,
        user: &UserId,
    ) -> Result<Arc<HashSet<OwnedUserId>>, SyncError> {
        Ok(Arc::new(self.0.sources.devices.ignored_people(user).await?))
    }
}

impl Token {
    /// The same place, as a token that acknowledges no message to a device.
    #[must_use]
    pub fn unacknowledging(self) -> Self {
        Self { inbox: LogPosition(0), ..self }
    }
}

fn events(state: State) -> Vec<String> {
    match state {
        State::Before(events) | State::After(events) => events,
    }
}

/// An event that names its room, which in this list nothing around it does.
fn placed(event: &str, room: &RoomId) -> Option<String> {
    let mut event: Value = serde_json::from_str(event).ok()?;
    event.as_object_mut()?.insert("room_id".to_owned(), room.as_str().into());
    Some(event.to_string())
}
