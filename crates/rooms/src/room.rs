//! A room in memory: what it is, and its current state.

use std::sync::Arc;

use base::number::{RoomNo, TimelineOrd};
use parking_lot::RwLock;
use rpds::HashTrieMapSync;
use rules::tree::NodeNo;
use ruma_common::room::JoinRule;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{OwnedRoomId, OwnedUserId, RoomVersionId, UserId};
use serde::de::DeserializeOwned;

use crate::event::Stored;
use crate::tables::{HeadRow, Membership};

/// Type and state key.
pub type StateKey = (String, String);

/// A room. Its identity never changes; its [`Current`] state is replaced by each event.
pub struct Room {
    /// Its number.
    pub no: RoomNo,
    /// Its id.
    pub id: OwnedRoomId,
    /// Its version.
    pub version: RoomVersionId,
    pub(crate) rules: RoomVersionRules,
    /// Held by whoever appends.
    pub(crate) writer: Arc<tokio::sync::Mutex<()>>,
    current: RwLock<Arc<Current>>,
}

/// A room's current state. Cheap to clone: versions share what they have in common.
#[derive(Clone)]
pub struct Current {
    /// Every state event.
    pub state: HashTrieMapSync<StateKey, Arc<Stored>>,
    /// How everybody stands to the room.
    pub members: HashTrieMapSync<OwnedUserId, Membership>,
    /// How many have joined.
    pub joined: u64,
    /// How many are invited.
    pub invited: u64,
    pub(crate) head: HeadRow,
}

impl Room {
    pub(crate) fn new(
        no: RoomNo,
        id: OwnedRoomId,
        version: RoomVersionId,
        rules: RoomVersionRules,
        current: Current,
    ) -> Self {
        let current = RwLock::new(Arc::new(current));
        Self { no, id, version, rules, writer: Arc::default(), current }
    }

    /// The state now. What is held stays as it was; ask again for what came after.
    pub fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read())
    }

    pub(crate) fn advance(&self, current: Current) {
        *self.current.write() = Arc::new(current);
    }
}

impl Current {
    pub(crate) fn empty() -> Self {
        Self {
            state: HashTrieMapSync::new_sync(),
            members: HashTrieMapSync::new_sync(),
            joined: 0,
            invited: 0,
            head: HeadRow { root: None, extremities: Vec::new(), live: 0 },
        }
    }

    /// The state event of a type and key.
    pub fn get(&self, kind: &str, state_key: &str) -> Option<&Arc<Stored>> {
        self.state.get(&(kind.to_owned(), state_key.to_owned()))
    }

    /// Content of the state event of a type and an empty key, when it is there and well-formed.
    pub fn content<T: DeserializeOwned>(&self, kind: &str) -> Option<T> {
        self.get(kind, "")?.pdu.content_as().ok()
    }

    /// How a person stands to the room.
    pub fn membership(&self, user: &UserId) -> Membership {
        self.members.get(user).copied().unwrap_or(Membership::Leave)
    }

    /// Whether the room is encrypted. Once it is, nothing makes it clear again.
    pub fn is_encrypted(&self) -> bool {
        self.get("m.room.encryption", "").is_some()
    }

    /// Whether anybody may come in. Every other room is private.
    pub fn is_open(&self) -> bool {
        self.join_rule() == JoinRule::Public
    }

    /// Place of the newest event.
    pub fn last(&self) -> TimelineOrd {
        TimelineOrd::live(self.head.live)
    }

    /// Root of the tree of this state.
    pub fn root(&self) -> Option<NodeNo> {
        self.head.root
    }

    /// Puts a state event in, and keeps the count of members.
    pub(crate) fn set(&mut self, key: StateKey, event: Arc<Stored>) {
        if key.0 == "m.room.member"
            && let Ok(user) = UserId::parse(&key.1)
            && let Some(membership) = event.pdu.membership().and_then(|m| Membership::parse(&m))
        {
            self.count(self.membership(&user), Change::Minus);
            self.count(membership, Change::Plus);
            self.members.insert_mut(user, membership);
        }
        self.state.insert_mut(key, event);
    }

    fn count(&mut self, membership: Membership, change: Change) {
        let counter = match membership {
            Membership::Join => &mut self.joined,
            Membership::Invite => &mut self.invited,
            Membership::Knock | Membership::Leave | Membership::Ban => return,
        };
        *counter = match change {
            Change::Plus => *counter + 1,
            Change::Minus => counter.saturating_sub(1),
        };
    }
}

#[derive(Clone, Copy)]
enum Change {
    Plus,
    Minus,
}

impl Membership {
    /// From the event's value.
    pub fn parse(value: &ruma_events::room::member::MembershipState) -> Option<Self> {
        use ruma_events::room::member::MembershipState as M;
        Some(match value {
            M::Join => Self::Join,
            M::Invite => Self::Invite,
            M::Knock => Self::Knock,
            M::Leave => Self::Leave,
            M::Ban => Self::Ban,
            _ => return None,
        })
    }

    /// The event's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Leave => "leave",
            Self::Ban => "ban",
        }
    }
}
