//! What a device asks of a sliding sync: rules that say which rooms, and how much of each.
//!
//! `spec/proposals/4186-simplified-sliding-sync.md`, "API"; extensions by 3884, 3885, 3959, 3960
//! and 3961. Both forms of the request on the wire are read into this.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ruma_common::{OwnedDeviceId, OwnedRoomId, OwnedUserId};

use super::required::RequiredState;
use crate::SyncError;

/// Lists in a request at most; subscriptions at most.
const RULES: usize = 100;
/// Parts of a rule at most: ranges, patterns of state, entries of a filter.
const PARTS: usize = 256;
/// Bytes of a name at most: of a connection, a list, a type or a key.
const NAME: usize = 255;

/// How a request and its answer are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As MSC4186 was accepted: `POST /_matrix/client/v4/sync`.
    Accepted,
    /// As clients were deployed with it before: `org.matrix.simplified_msc3575`.
    Deployed,
}

/// What a device asks.
#[derive(Clone, Debug)]
pub struct SlidingRequest {
    /// Who asks.
    pub user: OwnedUserId,
    /// On which device.
    pub device: OwnedDeviceId,
    /// What it was told before; a connection begins without.
    pub pos: Option<String>,
    /// How long to wait when there is no news.
    pub timeout: Duration,
    /// What it wants to know.
    pub questions: Questions,
}

/// What a device wants to know.
#[derive(Clone, Debug, Hash)]
pub struct Questions {
    /// How it is asked, and is to be answered.
    pub form: Form,
    /// Which of its connections this is.
    pub connection: String,
    /// A mark of the device's own, given back.
    pub transaction: Option<String>,
    /// Rules that match rooms by their place among the others.
    pub lists: BTreeMap<String, List>,
    /// Rules that match one room.
    pub subscriptions: BTreeMap<OwnedRoomId, Detail>,
    /// What it wants to know beside rooms.
    pub extensions: Extensions,
}

/// A rule that matches rooms by their place among the others, the latest first.
#[derive(Clone, Debug, Hash)]
pub struct List {
    /// Places, both ends included; none is all of them.
    pub ranges: Option<Vec<(u64, u64)>>,
    /// Which rooms have a place at all.
    pub filters: Filters,
    /// How much is told of a room.
    pub detail: Detail,
}

/// How much is told of a room.
#[derive(Clone, Debug, Hash)]
pub struct Detail {
    /// Events of its timeline at most.
    pub timeline_limit: u64,
    /// Which of its state.
    pub required_state: Arc<RequiredState>,
}

/// Which rooms a list holds. All that is said must hold; the default says nothing.
#[derive(Clone, Debug, Default, Hash)]
pub struct Filters {
    /// Rooms that the person's data says are direct, or those that it does not.
    pub is_dm: Option<bool>,
    /// Rooms that any of these spaces names.
    pub spaces: Option<Vec<OwnedRoomId>>,
    /// Encrypted ones, or those that are not.
    pub is_encrypted: Option<bool>,
    /// Rooms that the person is asked to join, or all others.
    pub is_invited: Option<bool>,
    /// Rooms of these types; none is a room without.
    pub room_types: Option<Vec<Option<String>>>,
    /// Not rooms of these types, whatever `room_types` says.
    pub not_room_types: Option<Vec<Option<String>>>,
    /// Rooms with any of these tags.
    pub tags: Option<Vec<String>>,
    /// Not rooms with any of these tags, whatever `tags` says.
    pub not_tags: Option<Vec<String>>,
}

/// What is asked for beside rooms; what is not enabled is absent.
#[derive(Clone, Debug, Default, Hash)]
pub struct Extensions {
    /// Messages to the device.
    pub to_device: Option<ToDevice>,
    /// Whose devices changed, and which keys are left.
    pub e2ee: bool,
    /// The person's data.
    pub account_data: Option<Scope>,
    /// Who read what.
    pub receipts: Option<Scope>,
    /// Who types.
    pub typing: Option<Scope>,
}

/// Messages to the device, asked for.
#[derive(Clone, Debug, Default, Hash)]
pub struct ToDevice {
    /// Messages at most.
    pub limit: Option<u64>,
    /// What the device has: acknowledged by being named.
    pub since: Option<String>,
}

/// Rooms that an extension is for, of those that the request matches.
#[derive(Clone, Debug, Default, Hash)]
pub struct Scope {
    /// Of these lists; none is of all.
    pub lists: Option<Vec<String>>,
    /// Of these subscriptions, `*` being all of them; none is all.
    pub rooms: Option<Vec<String>>,
}

impl Questions {
    /// Refuses what is larger than any client's need.
    pub(crate) fn check(&self) -> Result<(), SyncError> {
        within("lists", self.lists.len(), RULES)?;
        within("room subscriptions", self.subscriptions.len(), RULES)?;
        within("characters of conn_id", self.connection.len(), NAME)?;
        let transaction = self.transaction.as_ref().map_or(0, String::len);
        within("characters of txn_id", transaction, NAME)?;
        for (name, list) in &self.lists {
            within("characters of a list's name", name.len(), NAME)?;
            if self.form == Form::Accepted && !is_opaque(name) {
                return Err(SyncError::Request("a list's name is no opaque identifier".to_owned()));
            }
            list.check()?;
        }
        self.subscriptions.values().try_for_each(Detail::check)?;
        let Extensions { account_data, receipts, typing, .. } = &self.extensions;
        for scope in [account_data, receipts, typing].into_iter().flatten() {
            within("lists of an extension", scope.lists.as_ref().map_or(0, Vec::len), PARTS)?;
            within("rooms of an extension", scope.rooms.as_ref().map_or(0, Vec::len), PARTS)?;
        }
        Ok(())
    }
}

impl List {
    fn check(&self) -> Result<(), SyncError> {
        let ranges = self.ranges.as_deref().unwrap_or_default();
        within("ranges", ranges.len(), PARTS)?;
        if ranges.iter().any(|(first, last)| last < first) {
            return Err(SyncError::Request("a range ends before it begins".to_owned()));
        }
        self.filters.check()?;
        self.detail.check()
    }

    /// Whether a place is within the ranges.
    pub(crate) fn covers(&self, place: u64) -> bool {
        let within = |(first, last): &(u64, u64)| (*first..=*last).contains(&place);
        self.ranges.as_ref().is_none_or(|ranges| ranges.iter().any(within))
    }
}

impl Filters {
    fn check(&self) -> Result<(), SyncError> {
        let Self { spaces, room_types, not_room_types, tags, not_tags, .. } = self;
        within("spaces", spaces.as_ref().map_or(0, Vec::len), PARTS)?;
        for types in [room_types, not_room_types].into_iter().flatten() {
            within("room types", types.len(), PARTS)?;
        }
        for tags in [tags, not_tags].into_iter().flatten() {
            within("tags", tags.len(), PARTS)?;
        }
        Ok(())
    }
}

impl Detail {
    fn check(&self) -> Result<(), SyncError> {
        let patterns = self.required_state.patterns();
        within("patterns of required state", self.required_state.len(), PARTS)?;
        let longest = patterns.flat_map(|pattern| [&pattern.kind, &pattern.key]).flatten();
        within("characters of a pattern", longest.map(String::len).max().unwrap_or(0), NAME)
    }
}

impl Scope {
    /// Whether the extension is for a room that these lists hold, or a subscription names.
    pub(crate) fn holds<'l>(
        &self,
        mut lists: impl Iterator<Item = &'l str>,
        subscribed: Option<&str>,
    ) -> bool {
        let listed = match &self.lists {
            None => lists.next().is_some(),
            Some(wanted) => lists.any(|list| wanted.iter().any(|one| one == list || one == "*")),
        };
        listed
            || subscribed.is_some_and(|room| match &self.rooms {
                None => true,
                Some(wanted) => wanted.iter().any(|one| one == room || one == "*"),
            })
    }
}

/// Whether a name is one as the specification has opaque identifiers (`appendices.md`).
fn is_opaque(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}

fn within(what: &str, found: usize, most: usize) -> Result<(), SyncError> {
    if found > most {
        return Err(SyncError::Request(format!("there are {found} {what}, {most} at most")));
    }
    Ok(())
}
