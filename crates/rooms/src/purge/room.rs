//! A whole room: its people leave, it is not found any more, its rows go.

use std::collections::BTreeSet;

use base::change::Change;
use base::number::RoomNo;
use rules::tree::{Node, NodeNo};
use ruma_common::UserId;
use store::{Batch, Direction, Key, Prefix, Table};
use vault::Owner;

use super::{PurgeRow, State};
use crate::append::Writing;
use crate::error::RoomError;
use crate::event::damaged;
use crate::load::Rooms;
use crate::membership::{MemberProfile, MembershipChange};
use crate::notices::Voice;
use crate::send::transaction_key;
use crate::tables::{
    ALIASES, ANNOTATIONS, BODIES, CHILDREN, DIRECTORY, EDITS, EVENT_IDS, EVENTS, EventRow, GRAVES,
    HEADS, KIN, MEMBERSHIPS, Membership, PURGES, RECEIPTS, RELATED, REPLIES, ROOM_ALIASES,
    ROOM_IDS, ROOMS, SPOKEN, STATE, STATE_NODES, THREADS, TIMELINE, TRANSACTIONS,
};

/// Events removed together.
const PAGE: usize = 128;
/// People who are told of by name, of those put out.
const TOLD: usize = 1000;

impl Rooms {
    /// Has everybody of this server leave a room, by an event each: whoever else is in it knows.
    pub(super) async fn put_everybody_out(&self, row: &PurgeRow) -> Result<Vec<String>, RoomError> {
        let room = self.room_by_number(row.room).await?;
        self.bring_up(&room).await?;
        let mut put_out: BTreeSet<_> = row.put_out.iter().cloned().collect();
        let current = room.current();
        let there = current.members.iter().filter(|(user, membership)| {
            user.server_name() == self.0.settings.server_name && stays(**membership)
        });
        for (user, membership) in there {
            let profile = MemberProfile::default();
            let change = MembershipChange {
                by: user,
                of: user,
                to: Membership::Leave,
                reason: None,
                profile,
            };
            let leave = |mut writing: Writing| {
                // What the server speaks in is put away by the server.
                writing.voice = Voice::Server;
                self.change_once(writing, &change, &|_, _| Ok(()))
            };
            match self.decide(&room, leave).await {
                // Whoever went by themselves meanwhile is out.
                Ok(()) | Err(RoomError::Forbidden(_)) => {}
                Err(error) => return Err(error),
            }
            if *membership == Membership::Join && put_out.len() < TOLD {
                put_out.insert(user.to_string());
            }
        }
        Ok(put_out.into_iter().collect())
    }

    /// Takes a room out of everything by which it is found, while nobody is in it, and destroys
    /// its key.
    pub(super) async fn unfind(
        &self,
        id: &String,
        row: &PurgeRow,
        put_out: Vec<String>,
    ) -> Result<(), RoomError> {
        let (no, store) = (row.room, &self.0.store);
        let room = self.room_by_number(no).await?;
        let current = room.current();
        let ours = |user: &UserId| user.server_name() == self.0.settings.server_name;
        if current.members.iter().any(|(user, membership)| ours(user) && stays(*membership)) {
            return Err(RoomError::Busy);
        }
        let mut batch = Batch::new();
        HEADS.check_equals(&mut batch, &no, &current.head)?;
        HEADS.delete(&mut batch, &no);
        PURGES.check_equals(&mut batch, id, row)?;
        let aliases = ROOM_ALIASES.all(store, &Prefix::of(&no)).await?;
        for ((_, hash), _) in &aliases {
            ALIASES.delete(&mut batch, hash);
        }
        let next = PurgeRow {
            state: State::Unfound,
            put_out,
            aliases: aliases.len() as u64,
            ..row.clone()
        };
        PURGES.put(&mut batch, id, &next)?;
        for (user, _) in current.members.iter().filter(|(user, _)| ours(user)) {
            MEMBERSHIPS.delete(&mut batch, &(user.to_string(), no));
        }
        ROOM_ALIASES.delete_range(&mut batch, Prefix::of(&no));
        DIRECTORY.delete(&mut batch, &no);
        RECEIPTS.delete_range(&mut batch, Prefix::of(&no));
        SPOKEN.delete_range(&mut batch, Prefix::of(&no));
        ROOM_IDS.delete(&mut batch, &row.room_id);
        ROOMS.delete(&mut batch, &no);
        GRAVES.put(&mut batch, &no, &row.room_id)?;
        journal::record(&mut batch, &Change::Purged { room: no })?;
        self.commit_step(batch).await?;
        self.let_go_of(no).await;
        Ok(())
    }

    /// Deletes everything that a room which nobody finds any more has left.
    pub(super) async fn delete_rows(&self, room: RoomNo) -> Result<(), RoomError> {
        self.0.vault.destroy(&Owner::Room(room)).await?;
        let part = Prefix::of(&room);
        loop {
            let page = TIMELINE.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            if page.is_empty() {
                break;
            }
            let mut batch = Batch::new();
            let numbers: Vec<_> = page.iter().map(|(_, no)| *no).collect();
            let rows = EVENTS.get_many(&self.0.store, &numbers).await?;
            let mut roots = BTreeSet::new();
            for ((place, no), row) in page.iter().zip(rows) {
                TIMELINE.delete(&mut batch, place);
                BODIES.delete(&mut batch, no);
                EVENTS.delete(&mut batch, no);
                let Some(row) = row else { continue };
                roots.extend(row.state_after);
                if let Some(key) = transaction(&row)? {
                    TRANSACTIONS.delete(&mut batch, &key);
                }
            }
            for node in self.nodes_under(roots).await? {
                STATE_NODES.delete(&mut batch, &node);
            }
            self.commit_step(batch).await?;
        }
        let mut batch = Batch::new();
        clear(&mut batch, &STATE, room);
        clear(&mut batch, &EVENT_IDS, room);
        clear(&mut batch, &CHILDREN, room);
        clear(&mut batch, &KIN, room);
        clear(&mut batch, &EDITS, room);
        clear(&mut batch, &RELATED, room);
        clear(&mut batch, &THREADS, room);
        clear(&mut batch, &ANNOTATIONS, room);
        REPLIES.delete_range(&mut batch, Prefix::of(&room));
        journal::forget_room(&mut batch, room);
        self.commit_step(batch).await
    }

    /// The nodes of state trees that are there still, under these roots. Trees share what they have
    /// in common: what is gone went with an earlier one, and so did all that is under it.
    async fn nodes_under(&self, roots: BTreeSet<NodeNo>) -> Result<BTreeSet<u64>, RoomError> {
        let mut found = BTreeSet::new();
        let mut ahead: Vec<u64> = roots.into_iter().map(|root| root.0).collect();
        while !ahead.is_empty() {
            ahead.retain(|no| !found.contains(no));
            let nodes = STATE_NODES.get_many(&self.0.store, &ahead).await?;
            let mut below = Vec::new();
            for (no, node) in ahead.iter().zip(nodes) {
                let Some(node) = node else { continue };
                found.insert(*no);
                if let Node::Branch(children) = node {
                    below.extend(children.iter().flatten().map(|child| child.0));
                }
            }
            ahead = below;
        }
        Ok(found)
    }
}

/// Whether a membership is one that ends by leaving.
fn stays(membership: Membership) -> bool {
    matches!(membership, Membership::Join | Membership::Invite | Membership::Knock)
}

/// Adds to a batch that a table loses everything of a room.
fn clear<K: Key, V: serde::Serialize + serde::de::DeserializeOwned>(
    batch: &mut Batch,
    table: &Table<K, V>,
    room: RoomNo,
) {
    table.delete_range(batch, Prefix::of(&room));
}

/// What remembers the request that an event came from.
fn transaction(row: &EventRow) -> Result<Option<(String, String, String)>, RoomError> {
    #[derive(serde::Deserialize)]
    struct Head {
        sender: String,
        r#type: String,
    }
    let Some((device, id)) = &row.transaction else { return Ok(None) };
    let head: Head = serde_json::from_str(&row.skeleton).map_err(|error| damaged(&error))?;
    Ok(Some((head.sender, device.clone(), transaction_key(row.room, &head.r#type, id))))
}
