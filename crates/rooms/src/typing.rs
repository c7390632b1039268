//! Who is typing: in memory, forgotten by itself, never stored.

use std::collections::HashMap;
use std::time::Duration;

use base::clock::Timestamp;
use base::number::RoomNo;
use parking_lot::Mutex;
use ruma_common::{OwnedUserId, RoomId, UserId};
use tokio::sync::broadcast;

use crate::error::RoomError;
use crate::load::Rooms;

/// Changes that a slow reader may fall behind by; then it looks at its rooms anew.
const BACKLOG: usize = 1024;
/// How long a person types at most without saying so again.
const LONGEST: Duration = Duration::from_mins(1);

/// A moment in the history of who types, over all rooms.
pub type TypingVersion = u64;

pub(crate) struct Typing {
    rooms: Mutex<State>,
    changed: broadcast::Sender<RoomNo>,
}

struct State {
    version: TypingVersion,
    rooms: HashMap<RoomNo, InRoom>,
}

#[derive(Default)]
struct InRoom {
    version: TypingVersion,
    until: Vec<(OwnedUserId, Timestamp)>,
}

impl Typing {
    /// Versions start at the time, so that they never fall back when the server restarts.
    pub(crate) fn starting(now: Timestamp) -> Self {
        let state = State { version: now.0, rooms: HashMap::new() };
        Self { rooms: Mutex::new(state), changed: broadcast::channel(BACKLOG).0 }
    }
}

impl InRoom {
    /// Drops who has stopped; whether anybody has.
    fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.until.len();
        self.until.retain(|(_, until)| *until > now);
        self.until.len() != before
    }
}

impl Rooms {
    /// Says that a person types for so long, or (`None`) has stopped.
    pub async fn set_typing(
        &self,
        user: &UserId,
        room_id: &RoomId,
        timeout: Option<Duration>,
    ) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        room.require_joined(user)?;
        let now = self.0.clock.now();
        let changed = {
            let mut state = self.0.typing.rooms.lock();
            let State { version, rooms } = &mut *state;
            let typing = rooms.entry(room.no).or_default();
            let before = typing.until.len();
            let was = typing.until.iter().any(|(typist, _)| typist == user);
            typing.until.retain(|(typist, _)| typist != user);
            if let Some(timeout) = timeout {
                typing.until.push((user.to_owned(), now.plus(timeout.min(LONGEST))));
            }
            let changed =
                typing.expire(now) || typing.until.len() != before || was != timeout.is_some();
            if changed {
                *version += 1;
                typing.version = *version;
            }
            changed
        };
        if changed {
            // Nobody listening is no failure.
            let _ = self.0.typing.changed.send(room.no);
        }
        Ok(())
    }

    /// Who types in a room, and since which version that is so. Whoever ran out of time is left out
    /// here, and told as a change by [`Self::expire_typing`].
    pub fn typing(&self, room: RoomNo) -> (Vec<OwnedUserId>, TypingVersion) {
        let now = self.0.clock.now();
        let state = self.0.typing.rooms.lock();
        let Some(typing) = state.rooms.get(&room) else { return (Vec::new(), 0) };
        let people = typing.until.iter().filter(|(_, until)| *until > now);
        (people.map(|(user, _)| user.clone()).collect(), typing.version)
    }

    /// The newest version of all.
    pub fn typing_version(&self) -> TypingVersion {
        self.0.typing.rooms.lock().version
    }

    /// Rooms in which somebody started or stopped typing, from now on.
    pub fn follow_typing(&self) -> broadcast::Receiver<RoomNo> {
        self.0.typing.changed.subscribe()
    }

    /// Rooms in which the last typist has run out of time by now; told as changes.
    pub fn expire_typing(&self) {
        let now = self.0.clock.now();
        let mut expired = Vec::new();
        {
            let mut state = self.0.typing.rooms.lock();
            let State { version, rooms } = &mut *state;
            for (room, typing) in rooms.iter_mut() {
                if typing.expire(now) {
                    *version += 1;
                    typing.version = *version;
                    expired.push(*room);
                }
            }
        }
        for room in expired {
            let _ = self.0.typing.changed.send(room);
        }
    }
}
