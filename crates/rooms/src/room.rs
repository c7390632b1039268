//! A room in memory: what it is, and its current state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::number::{RoomNo, TimelineOrd};
use parking_lot::RwLock;
use rpds::HashTrieMapSync;
use rules::tree::NodeNo;
use ruma_common::room::JoinRule;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{OwnedRoomId, OwnedUserId, RoomVersionId, UserId};
use serde::de::DeserializeOwned;

use crate::event::Stored;
use crate::share::Share;
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
    /// How it is shared with the writers of other nodes.
    pub(crate) share: Share,
    current: RwLock<Arc<Current>>,
    /// How often state lost a body. Who loads the state meanwhile has perhaps read what went.
    withdrawals: AtomicU64,
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
        let (writer, share, withdrawals) = (Arc::default(), Share::default(), AtomicU64::new(0));
        Self { no, id, version, rules, writer, share, current, withdrawals }
    }

    /// The state now. What is held stays as it was; ask again for what came after.
    pub fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read())
    }

    /// Replaces the state that `base` was by the next; refuses when it is no longer that.
    pub(crate) fn replace(&self, base: &Arc<Current>, next: Current) -> bool {
        let mut current = self.current.write();
        let same = Arc::ptr_eq(&current, base);
        if same {
            *current = Arc::new(next);
        }
        same
    }

    /// Moves on by events, in their order: those that are in the state already count for nothing.
    /// What does not follow is named.
    pub(crate) fn push(&self, events: &[Arc<Stored>]) -> Result<(), Gap> {
        loop {
            let base = self.current();
            let mut next = Current::clone(&base);
            for event in events.iter().filter(|event| event.ord > base.last()) {
                next.push(event)?;
            }
            if next.head.live == base.head.live || self.replace(&base, next) {
                return Ok(());
            }
        }
    }

    /// Takes a state that was read from the store, unless that of memory is newer.
    pub(crate) fn take(&self, read: Current) {
        let mut current = self.current.write();
        if read.head.live >= current.head.live {
            *current = Arc::new(read);
        }
    }

    /// Puts state events without their bodies in the place of those with them.
    pub(crate) fn withdraw(&self, events: &[Arc<Stored>]) {
        self.note_withdrawal();
        loop {
            let base = self.current();
            let mut next = Current::clone(&base);
            let changed = events.iter().filter(|event| next.withdraw(event)).count();
            if changed == 0 || self.replace(&base, next) {
                return;
            }
        }
    }

    /// Has whoever loads the state look again.
    pub(crate) fn note_withdrawal(&self) {
        self.withdrawals.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn withdrawals(&self) -> u64 {
        self.withdrawals.load(Ordering::SeqCst)
    }
}

/// An event that does not follow directly on the state in memory.
#[derive(Debug)]
pub(crate) struct Gap;

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

    /// Whether not even a first event is there: the state is yet to be read.
    pub(crate) fn is_nothing(&self) -> bool {
        self.head.live == 0
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

    /// Moves on by the event that was appended directly after.
    pub(crate) fn push(&mut self, event: &Arc<Stored>) -> Result<(), Gap> {
        let head = &mut self.head;
        if event.ord != TimelineOrd::live(head.live + 1) || event.state_before != head.root {
            return Err(Gap);
        }
        let named: Vec<_> = event.pdu.prev_event_ids().collect();
        head.extremities.retain(|(id, _)| !named.iter().any(|named| named.as_str() == id));
        head.extremities.push((event.id().to_string(), event.pdu.depth()));
        head.live += 1;
        head.root = event.state_after;
        if let Some(key) = event.key() {
            self.set(key, Arc::clone(event));
        }
        Ok(())
    }

    /// Puts a state event without its body in its own place, if it holds that still.
    pub(crate) fn withdraw(&mut self, event: &Arc<Stored>) -> bool {
        let Some(key) = event.key() else { return false };
        let holds = self.state.get(&key).is_some_and(|now| now.no == event.no);
        if holds {
            self.set(key, Arc::clone(event));
        }
        holds
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
