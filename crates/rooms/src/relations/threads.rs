//! A thread as one person sees it: its newest reply, how many there are, whether they took part.
//!
//! `spec/content/client-server-api/modules/threading.md`, "Server-side aggregation of `m.thread`
//! relationships".

use std::collections::HashSet;

use base::number::{EventNo, RoomNo};
use ruma_common::EventId;
use store::{Direction, Prefix};

use crate::error::RoomError;
use crate::event::{Stored, key_of_id};
use crate::relation::Kin;
use crate::tables::{KIN, REPLIES, REPLIES_OF_ALL};
use crate::view::{Shown, Viewer};

/// Replies looked at, at a time.
const STEP: usize = 16;
/// Replies looked at most, for the newest or, where each must be asked for, to count them.
const LONGEST: usize = 1_000;
/// Ignored people whose replies are asked for one by one.
const FEW: usize = 8;

/// A thread, for one person.
pub(super) struct Thread {
    /// The newest reply that they see.
    pub(super) latest: Shown,
    /// How many replies they see.
    pub(super) count: u64,
    /// Whether they wrote its root, or one of them.
    pub(super) participated: bool,
}

impl Viewer {
    /// The thread of an event, if there is anything in it that the person may see.
    pub(super) async fn thread(&self, root: &Stored) -> Result<Option<Thread>, RoomError> {
        let own_root = root.sender() == self.user();
        let thread = if self.sees_all_after(root).await? {
            self.whole_thread(root).await?
        } else {
            self.partial_thread(root).await?
        };
        Ok(thread.map(|thread| Thread { participated: thread.participated || own_root, ..thread }))
    }

    /// Of who sees every reply: those counted, but of ignored people.
    async fn whole_thread(&self, root: &Stored) -> Result<Option<Thread>, RoomError> {
        let (store, key) = (&self.rooms().0.store, key_of_id(root.id()));
        let mut replies = Replies::of(self, root);
        let Some(latest) = replies.next().await? else { return Ok(None) };
        let by = |sender: &str| (root.room, key, sender.to_owned());
        let (everybody, own) = (by(REPLIES_OF_ALL), by(self.user().as_str()));
        let (count, own) =
            tokio::try_join!(REPLIES.get(store, &everybody), REPLIES.get(store, &own))?;
        let ignored = self.replies_of_ignored(root).await?;
        // Of the newest at least it is known that it is there.
        let count = u64::try_from(count - ignored).unwrap_or(0).max(1);
        Ok(Some(Thread { latest, count, participated: own > 0 }))
    }

    /// How many replies in a thread are of people whom the person ignores.
    async fn replies_of_ignored(&self, root: &Stored) -> Result<i64, RoomError> {
        let (store, key) = (&self.rooms().0.store, key_of_id(root.id()));
        let mut sum = 0;
        if self.ignored().count() > FEW {
            let of_each = REPLIES.all(store, &Prefix::of(&(root.room, key))).await?;
            let ignored: HashSet<_> = self.ignored().map(|ignored| ignored.as_str()).collect();
            let theirs = of_each.iter().filter(|((_, _, by), _)| ignored.contains(by.as_str()));
            return Ok(theirs.map(|(_, count)| count).sum());
        }
        for person in self.ignored() {
            sum += REPLIES.get(store, &(root.room, key, person.to_string())).await?;
        }
        Ok(sum)
    }

    /// Of who may not see every reply: each is asked for, from the newest.
    async fn partial_thread(&self, root: &Stored) -> Result<Option<Thread>, RoomError> {
        let mut replies = Replies::of(self, root);
        let Some(latest) = replies.next().await? else { return Ok(None) };
        let mut participated = latest.stored().sender() == self.user();
        let mut count = 1;
        while let Some(reply) = replies.next().await? {
            participated |= reply.stored().sender() == self.user();
            count += 1;
        }
        Ok(Some(Thread { latest, count, participated }))
    }

    /// References to an event that the person sees, oldest first.
    pub(super) async fn references(&self, parent: &Stored) -> Result<Vec<Shown>, RoomError> {
        let mut references = Replies { kin: Kin::Reference, ..Replies::of(self, parent) };
        let mut found = Vec::new();
        while let Some(reference) = references.next().await? {
            found.push(reference);
        }
        found.reverse();
        Ok(found)
    }
}

/// Replies in a thread, or references, that a person sees: newest first.
struct Replies<'a> {
    viewer: &'a Viewer,
    parent: &'a EventId,
    kin: Kin,
    part: Option<Prefix>,
    read: Vec<EventNo>,
    looked: usize,
    room: RoomNo,
}

impl<'a> Replies<'a> {
    fn of(viewer: &'a Viewer, parent: &'a Stored) -> Self {
        let (kin, room) = (Kin::Reply, parent.room);
        Self { viewer, parent: parent.id(), kin, part: None, read: Vec::new(), looked: 0, room }
    }

    async fn next(&mut self) -> Result<Option<Shown>, RoomError> {
        loop {
            if self.read.is_empty() && !self.read_on().await? {
                return Ok(None);
            }
            let Some(no) = self.read.pop() else { return Ok(None) };
            let Some(event) = self.viewer.rooms().events(&[no]).await?.pop() else { continue };
            let related = event.relation().is_some_and(|one| one.is(self.kin, self.parent));
            if related
                && !self.viewer.ignores(&event)
                && let Some(shown) = self.viewer.show(&event).await?
            {
                return Ok(Some(shown));
            }
        }
    }

    /// Reads further rows; whether there are any.
    async fn read_on(&mut self) -> Result<bool, RoomError> {
        if self.looked >= LONGEST {
            return Ok(false);
        }
        let whole = || Prefix::of(&(self.room, key_of_id(self.parent), self.kin.key()));
        let part = self.part.take().unwrap_or_else(whole);
        // The newest is often all that is asked for.
        let step = if self.looked == 0 && self.kin == Kin::Reply { 1 } else { STEP };
        let store = &self.viewer.rooms().0.store;
        let rows = KIN.scan(store, &part, Direction::Backward, step).await?;
        if let Some((oldest, _)) = rows.last() {
            self.part = Some(part.before(oldest));
        }
        self.looked += rows.len();
        self.read = rows.into_iter().rev().map(|(_, no)| no).collect();
        // All at once: those asked for one by one are then at hand.
        self.viewer.rooms().events(&self.read).await?;
        Ok(!self.read.is_empty())
    }
}
