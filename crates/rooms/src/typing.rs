//! Who is typing: in memory, forgotten by itself, never stored.
//!
//! Each node keeps its own picture, and says in passing to the others what it was told. What is
//! lost on the way heals by itself: nobody types for longer than they last said. Versions count
//! the changes of one process; who holds a version of another one ([`Rooms::typing_epoch`]) is told
//! everything, also where somebody stopped lately.

use std::collections::HashMap;
use std::time::Duration;

use base::clock::Timestamp;
use base::number::RoomNo;
use parking_lot::Mutex;
use ruma_common::{OwnedUserId, RoomId, UserId};
use store::{CodecError, Key, KeyReader};
use tokio::sync::broadcast;

use crate::error::RoomError;
use crate::load::Rooms;

/// What the hint is about: the room, who types, and for how many milliseconds (0: no more).
pub(crate) const TOPIC: &str = "typing";
/// Changes that a slow reader may fall behind by; then it looks at its rooms anew.
const BACKLOG: usize = 1024;
/// How long a person types at most without saying so again.
const LONGEST: Duration = Duration::from_mins(1);
/// For how long it is remembered where somebody stopped: a client that comes from another node
/// within it is told.
const REMEMBERED: Duration = Duration::from_mins(2);

/// A moment in the history of who types, over all rooms, in one process.
pub type TypingVersion = u64;
/// Which process a [`TypingVersion`] is of.
pub type TypingEpoch = u32;

pub(crate) struct Typing {
    epoch: TypingEpoch,
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
    /// Since when nobody types.
    quiet: Option<Timestamp>,
}

/// What one node tells the others.
struct Told {
    room: RoomNo,
    user: OwnedUserId,
    timeout: Option<Duration>,
}

impl Typing {
    /// Versions start at the time, so that they rarely fall back when the server restarts.
    pub(crate) fn starting(now: Timestamp) -> Self {
        let state = State { version: now.0, rooms: HashMap::new() };
        let epoch = u32::from_be_bytes(base::random::bytes());
        Self { epoch, rooms: Mutex::new(state), changed: broadcast::channel(BACKLOG).0 }
    }

    /// Takes what was told of a person; whether that changes who types.
    fn take(&self, told: Told, now: Timestamp) {
        let changed = {
            let mut state = self.rooms.lock();
            let State { version, rooms } = &mut *state;
            let typing = rooms.entry(told.room).or_default();
            let changed = typing.take(told.user, told.timeout, now);
            if changed {
                *version += 1;
                typing.version = *version;
            } else if typing.version == 0 {
                rooms.remove(&told.room);
            }
            changed
        };
        if changed {
            // Nobody listening is no failure.
            let _ = self.changed.send(told.room);
        }
    }
}

impl InRoom {
    /// Says that a person types for so long, or no more; whether that changes who does.
    fn take(&mut self, user: OwnedUserId, timeout: Option<Duration>, now: Timestamp) -> bool {
        let expired = self.expire(now);
        let before = self.until.len();
        self.until.retain(|(typist, _)| *typist != user);
        let was = self.until.len() != before;
        if let Some(timeout) = timeout {
            self.until.push((user, now.plus(timeout.min(LONGEST))));
        }
        self.quiet = self.until.is_empty().then_some(now);
        expired || was != timeout.is_some()
    }

    /// Drops who has stopped; whether anybody has.
    fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.until.len();
        self.until.retain(|(_, until)| *until > now);
        let expired = self.until.len() != before;
        if expired && self.until.is_empty() {
            self.quiet = Some(now);
        }
        expired
    }

    /// Whether it is of any interest yet.
    fn is_remembered(&self, now: Timestamp) -> bool {
        self.quiet.is_none_or(|since| now.since(since) < REMEMBERED)
    }
}

impl Told {
    fn to_bytes(&self) -> Vec<u8> {
        let timeout = self.timeout.map_or(0, |timeout| timeout.as_millis().max(1));
        let timeout = u64::try_from(timeout).unwrap_or(u64::MAX);
        (self.room, self.user.to_string(), timeout).to_bytes()
    }

    fn read(payload: &[u8]) -> Result<Self, CodecError> {
        let told = <(RoomNo, String, u64)>::read(&mut KeyReader::new(payload))?;
        let (room, user, timeout) = told;
        let user = UserId::parse(user).map_err(|_| CodecError::Text)?;
        let timeout = (timeout > 0).then_some(Duration::from_millis(timeout));
        Ok(Self { room, user, timeout })
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
        let room = self.room_of(user, room_id).await?;
        let timeout = timeout.map(|timeout| timeout.min(LONGEST));
        let told = Told { room: room.no, user: user.to_owned(), timeout };
        // Also what is no news here: another node may have missed what came before.
        self.0.store.publish(TOPIC, told.to_bytes());
        self.0.typing.take(told, self.0.clock.now());
        Ok(())
    }

    /// Another node was told that somebody types, or has stopped.
    pub(crate) fn heard_typing(&self, payload: &[u8]) {
        match Told::read(payload) {
            Ok(told) => self.0.typing.take(told, self.0.clock.now()),
            Err(error) => tracing::debug!(%error, "another node tells of typing otherwise"),
        }
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

    /// Which process the versions are of: those of another one mean nothing here.
    pub fn typing_epoch(&self) -> TypingEpoch {
        self.0.typing.epoch
    }

    /// Rooms in which somebody started or stopped typing after a version of this process; after
    /// one of another process (`None`), where anybody types or has stopped lately.
    pub fn typing_since(&self, version: Option<TypingVersion>) -> Vec<RoomNo> {
        let version = version.unwrap_or(0);
        let state = self.0.typing.rooms.lock();
        let newer = state.rooms.iter().filter(|(_, typing)| typing.version > version);
        newer.map(|(room, _)| *room).collect()
    }

    /// Rooms in which somebody started or stopped typing, from now on.
    pub fn follow_typing(&self) -> broadcast::Receiver<RoomNo> {
        self.0.typing.changed.subscribe()
    }

    /// Rooms in which somebody has run out of time by now; told as changes. Where nobody has typed
    /// for long is forgotten.
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
            rooms.retain(|_, typing| typing.is_remembered(now));
        }
        for room in expired {
            let _ = self.0.typing.changed.send(room);
        }
    }
}
