//! Who is there, told to those who share a room with them.
//!
//! A change of presence reaches as many people as the person shares rooms with, and each of them
//! changes: told one by one, that is quadratic. So changes come gathered and numbered from
//! [`presence`], a cell keeps the newest few, and they go out with whatever else there is to tell:
//! by themselves they end a wait only once it has lasted [`QUIET`].
//!
//! `spec/content/client-server-api/modules/presence.md`.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use base::number::RoomNo;
use parking_lot::Mutex;
use presence::{Presence, PresenceVersion, Seen, State};
use rooms::{Current, Membership, Rooms};
use ruma_common::{OwnedUserId, UserId};
use serde_json::{Map, Value, json};

use crate::SyncError;
use crate::answer::Answer;
use crate::device_lists::Encounters;
use crate::hub::Hub;
use crate::make::Maker;
use crate::moment::StateChange;
use crate::section::Visit;

/// How long a sync waits at least before a change of presence alone ends it.
pub(crate) const QUIET: Duration = Duration::from_secs(5);
/// Changes that a cell keeps.
const KEPT: usize = 64;
/// Presences in one answer at most; the others come with the next.
const MOST: usize = 1_000;
/// Members of a room at most for it to be told also who is not there, to a client of which it is
/// not known what it was told before.
const SMALL: u64 = 100;

/// What changed lately of those who share a room with a person.
#[derive(Default)]
pub(crate) struct PresenceMarks(Mutex<Marks>);

#[derive(Default)]
struct Marks {
    /// All changes after this are here; none are, before there is one.
    reaches: Option<PresenceVersion>,
    recent: VecDeque<(PresenceVersion, OwnedUserId)>,
}

impl PresenceMarks {
    /// From now on, everything after `version` is marked.
    pub(crate) fn begin(&self, version: PresenceVersion) {
        self.0.lock().reaches.get_or_insert(version);
    }

    /// Marks that somebody's presence changed.
    pub(crate) fn mark(&self, version: PresenceVersion, user: &OwnedUserId) {
        let mut marks = self.0.lock();
        marks.recent.retain(|(_, other)| other != user);
        marks.recent.push_back((version, user.clone()));
        if marks.recent.len() > KEPT
            && let Some((oldest, _)) = marks.recent.pop_front()
        {
            marks.reaches = marks.reaches.max(Some(oldest));
        }
    }

    /// Whether anything changed after a version, or may have.
    pub(crate) fn has_news(&self, since: PresenceVersion) -> bool {
        let marks = self.0.lock();
        let newest = marks.recent.back().map(|(version, _)| *version);
        newest > Some(since) || marks.reaches.is_none_or(|reaches| reaches > since)
    }

    /// Whose presence changed after a version, in order; `None` when that is not known here.
    fn since(&self, since: PresenceVersion) -> Option<Vec<(PresenceVersion, OwnedUserId)>> {
        let marks = self.0.lock();
        let newer = marks.recent.iter().filter(|(version, _)| *version > since);
        marks.reaches.is_some_and(|reaches| reaches <= since).then(|| newer.cloned().collect())
    }
}

/// Follows who comes and goes, and marks it for those who share a room with them.
pub(crate) async fn follow(hub: Arc<Hub>, rooms: Rooms, presence: Presence) {
    let mut versions = presence.follow();
    loop {
        let upto = *versions.borrow_and_update();
        let mut changed = presence.changed_since(hub.presence_marked());
        changed.retain(|(version, _)| *version <= upto);
        let mut known = Vec::with_capacity(changed.len());
        for (version, user) in changed {
            let joined = match hub.rooms_of(&user) {
                Some(joined) => joined,
                // Connected to another node.
                None => joined(&rooms, &user).await,
            };
            known.push((version, user, joined));
        }
        if !known.is_empty() {
            hub.take_presence(&known, upto);
        }
        if versions.changed().await.is_err() {
            return;
        }
    }
}

async fn joined(rooms: &Rooms, user: &UserId) -> Vec<RoomNo> {
    match rooms.standings(user).await {
        Ok(standings) => {
            let joined = standings.iter().filter(|one| one.membership == Membership::Join);
            joined.map(|standing| standing.room).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "a change of presence is not told");
            Vec::new()
        }
    }
}

impl Maker<'_> {
    /// Tells who is there; `met` are those with whom the person shares a room only now.
    pub(crate) async fn tell_presence(
        &self,
        answer: &mut Answer,
        met: BTreeSet<OwnedUserId>,
    ) -> Result<(), SyncError> {
        let since = self.since.map_or(0, |since| since.presence);
        answer.next_batch.presence = since;
        let Some(presence) = self.sources.presence.as_ref().filter(|one| one.is_enabled()) else {
            return Ok(());
        };
        if self.holds_presence && answer.is_empty() {
            return Ok(());
        }
        let mut people = self.changed(presence, since).await?;
        let met = met.into_iter().filter(|user| presence.version_of(user).is_some());
        people.extend(met.map(|user| (self.upto.presence, user)));
        people.sort();
        let mut told = HashSet::new();
        people.retain(|(_, user)| self.wants_presence(user) && told.insert(user.clone()));
        let whole = people.len() <= MOST;
        people.truncate(MOST);
        let last = people.last().filter(|_| !whole).map(|(version, _)| *version);
        answer.next_batch.presence = last.unwrap_or(self.upto.presence).max(since);
        let seen = people.into_iter().map(|(_, user)| {
            let seen = presence.seen(&user).unwrap_or_default();
            (user, seen)
        });
        // To whom nothing was told nobody need be told to be away.
        let told = seen.filter(|(_, seen)| self.since.is_some() || seen.state != State::Offline);
        let limit = self.wishes.filter.presence.limit.unwrap_or(u64::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        answer.presence = told.take(limit).map(|(user, seen)| event(&user, &seen)).collect();
        Ok(())
    }

    fn wants_presence(&self, user: &OwnedUserId) -> bool {
        let filter = &self.wishes.filter.presence;
        filter.admits_kind("m.presence")
            && filter.admits_sender(user)
            && !self.ignored.contains(user)
    }

    /// Whose presence may be otherwise than the client was told up to a version, under the number
    /// of the change.
    async fn changed(
        &self,
        presence: &Presence,
        since: PresenceVersion,
    ) -> Result<Vec<(PresenceVersion, OwnedUserId)>, SyncError> {
        if let Some(marked) = self.seat.presence.since(since) {
            return Ok(marked);
        }
        if since == 0 || !presence.reaches(since) {
            return self.everybody(presence).await;
        }
        let mut joined = Vec::new();
        for no in self.seat.joined() {
            joined.push(self.sources.rooms.room_by_number(no).await?.current());
        }
        let mut changed = presence.changed_since(since);
        changed.retain(|(version, user)| {
            let there = |room: &Arc<Current>| room.membership(user) == Membership::Join;
            let own = *user == self.seat.user;
            *version <= self.upto.presence && (own || joined.iter().any(there))
        });
        Ok(changed)
    }

    /// Everybody who shares a room with the person and was there lately. In small rooms also who
    /// was not, for a client that was told otherwise perhaps.
    async fn everybody(
        &self,
        presence: &Presence,
    ) -> Result<Vec<(PresenceVersion, OwnedUserId)>, SyncError> {
        let mut found = BTreeMap::new();
        let own = &self.seat.user;
        found.extend(presence.version_of(own).map(|version| (own.clone(), version)));
        for no in self.seat.joined() {
            let current = self.sources.rooms.room_by_number(no).await?.current();
            let absent_too = self.since.is_some() && current.joined <= SMALL;
            let members = current.members.iter().filter(|(_, one)| **one == Membership::Join);
            for (user, _) in members {
                let version = presence.version_of(user).or(absent_too.then_some(0));
                found.extend(version.map(|version| (user.clone(), version)));
            }
        }
        Ok(found.into_iter().map(|(user, version)| (version, user)).collect())
    }
}

impl Visit<'_> {
    /// With whom the person shares this room only now.
    pub(crate) fn meet_presences(
        &self,
        current: &Current,
        changes: &[StateChange],
        encounters: &mut Encounters,
    ) {
        if self.maker.since.is_none() || self.maker.sources.presence.is_none() {
            return;
        }
        let joined = |user: &UserId| current.membership(user) == Membership::Join;
        if self.was_in() {
            let members = changes.iter().filter(|((kind, _), _)| kind == "m.room.member");
            let came = members.filter_map(|((_, key), _)| UserId::parse(key).ok());
            encounters.present.extend(came.filter(|user| joined(user)));
        } else {
            let members = current.members.keys().filter(|user| joined(user));
            encounters.present.extend(members.cloned());
        }
    }
}

/// `m.presence` of a person.
fn event(user: &UserId, seen: &Seen) -> String {
    let mut content = Map::new();
    content.insert("presence".to_owned(), name(seen.state).into());
    if seen.state == State::Online {
        content.insert("currently_active".to_owned(), seen.currently_active.into());
    }
    if let Some(ago) = seen.last_active_ago {
        let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
        content.insert("last_active_ago".to_owned(), ago.into());
    }
    if let Some(status) = &seen.status {
        content.insert("status_msg".to_owned(), status.as_ref().into());
    }
    let content = Value::Object(content);
    json!({ "type": "m.presence", "sender": user, "content": content }).to_string()
}

fn name(state: State) -> &'static str {
    match state {
        State::Offline => "offline",
        State::Unavailable => "unavailable",
        State::Online => "online",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: usize) -> OwnedUserId {
        OwnedUserId::try_from(format!("@person{n}:s")).unwrap()
    }

    #[test]
    fn marks_tell_what_came_after_a_version_as_far_as_they_reach() {
        let marks = PresenceMarks::default();
        assert!(marks.has_news(99) && marks.since(99).is_none());
        marks.begin(10);
        marks.begin(20);
        assert!(!marks.has_news(10) && marks.since(10) == Some(Vec::new()));
        assert!(marks.has_news(9) && marks.since(9).is_none());
        marks.mark(11, &user(1));
        marks.mark(12, &user(2));
        marks.mark(13, &user(1));
        assert_eq!(marks.since(10), Some(vec![(12, user(2)), (13, user(1))]));
        assert_eq!(marks.since(12), Some(vec![(13, user(1))]));
        assert!(!marks.has_news(13));
        for n in 0..KEPT {
            marks.mark(14 + n as u64, &user(10 + n));
        }
        assert!(marks.since(12).is_none());
        assert_eq!(marks.since(13).unwrap().len(), KEPT);
    }
}
