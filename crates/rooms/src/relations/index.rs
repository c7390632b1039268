//! Writing the index of relations: in the batch that adds an event, and in that which redacts it.

use std::sync::Arc;

use base::number::{EventNo, RoomNo, TimelineOrd};
use ruma_common::EventId;
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{Direction, Prefix};

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::{Stored, key_of_id};
use crate::relation::{Kin, ParentKey, rel_hash};
use crate::tables::{
    ANNOTATIONS, CHILDREN, ChildRow, EDITS, KIN, RELATED, REPLIES, REPLIES_OF_ALL, THREADS,
};

/// Relations followed from an event to what it relates to through others.
pub(crate) const STEPS: u8 = 3;

impl Writing {
    /// Adds an event to the index, if it relates to anything.
    pub(crate) async fn index_relation(&mut self, event: &Stored) -> Result<(), RoomError> {
        let Some(relation) = event.relation() else { return Ok(()) };
        if relation.kin() == Kin::Annotation
            && let Some(mark) = self.mark_of(event, &relation).await?
        {
            ANNOTATIONS.put(&mut self.batch, &(self.room.no, mark), &event.no)?;
        }
        let Some(parent_key) = relation.parent_key() else { return Ok(()) };
        let room = self.room.no;
        let row = ChildRow { event: event.no, rel: rel_hash(&relation.rel_type) };
        CHILDREN.put(&mut self.batch, &(room, parent_key, [1], event.ord), &row)?;
        let parent = self.find(&relation.parent).await?;
        self.put_kin(event, (relation.kin(), parent_key), parent.as_deref()).await?;
        let Some(parent) = parent else { return Ok(()) };
        RELATED.put(&mut self.batch, &(room, parent.ord, relation.kin().key()), &())?;
        for (steps, above) in self.above(&parent).await? {
            CHILDREN.put(&mut self.batch, &(room, above, [steps], event.ord), &row)?;
        }
        Ok(())
    }

    /// Takes an event that is to lose its body out of the index.
    pub(crate) async fn forget_relation(&mut self, event: &Stored) -> Result<(), RoomError> {
        if event.redacted_by.is_some() {
            return Ok(());
        }
        let Some(relation) = event.relation() else { return Ok(()) };
        if relation.kin() == Kin::Annotation
            && let Some(mark) = self.mark_of(event, &relation).await?
        {
            ANNOTATIONS.delete(&mut self.batch, &(self.room.no, mark));
        }
        let Some(parent_key) = relation.parent_key() else { return Ok(()) };
        let room = self.room.no;
        CHILDREN.delete(&mut self.batch, &(room, parent_key, [1], event.ord));
        if let Some(parent) = self.find(&relation.parent).await? {
            for (steps, above) in self.above(&parent).await? {
                CHILDREN.delete(&mut self.batch, &(room, above, [steps], event.ord));
            }
        }
        self.drop_kin(event, (relation.kin(), parent_key)).await
    }

    /// An event of the room, the batch's own among them.
    pub(super) async fn find(&self, id: &EventId) -> Result<Option<Arc<Stored>>, RoomError> {
        match self.added.iter().find(|event| event.id() == id) {
            Some(event) => Ok(Some(Arc::clone(event))),
            None => self.rooms.event_in(self.room.no, id).await,
        }
    }

    /// What an event's parent relates to, and on from there, each with its number of steps.
    async fn above(&self, parent: &Arc<Stored>) -> Result<Vec<(u8, ParentKey)>, RoomError> {
        let mut above = Vec::new();
        let mut event = Arc::clone(parent);
        for steps in 2..=STEPS {
            let Some(relation) = event.relation() else { break };
            let Some(key) = relation.parent_key() else { break };
            above.push((steps, key));
            match self.find(&relation.parent).await? {
                Some(parent) => event = parent,
                None => break,
            }
        }
        Ok(above)
    }

    async fn put_kin(
        &mut self,
        event: &Stored,
        (kin, key): (Kin, ParentKey),
        parent: Option<&Stored>,
    ) -> Result<(), RoomError> {
        let room = self.room.no;
        match kin {
            Kin::Reference => {
                KIN.put(&mut self.batch, &(room, key, kin.key(), event.ord), &event.no)?;
            }
            Kin::Edit => {
                if parent.is_some_and(|parent| is_valid_edit(parent, event)) {
                    EDITS.put(&mut self.batch, &edit_key(event, key), &event.no)?;
                }
            }
            Kin::Reply => {
                if let Some(root) = parent {
                    self.move_thread_up(root, event).await?;
                }
                KIN.put(&mut self.batch, &(room, key, kin.key(), event.ord), &event.no)?;
                for sender in [REPLIES_OF_ALL, event.sender().as_str()] {
                    REPLIES.add(&mut self.batch, &(room, key, sender.to_owned()), 1);
                }
            }
            Kin::Annotation | Kin::Other => {}
        }
        Ok(())
    }

    async fn drop_kin(
        &mut self,
        event: &Stored,
        (kin, key): (Kin, ParentKey),
    ) -> Result<(), RoomError> {
        let room = self.room.no;
        match kin {
            Kin::Reference => KIN.delete(&mut self.batch, &(room, key, kin.key(), event.ord)),
            Kin::Edit => EDITS.delete(&mut self.batch, &edit_key(event, key)),
            Kin::Reply => {
                self.move_thread_down(key, event).await?;
                KIN.delete(&mut self.batch, &(room, key, kin.key(), event.ord));
                for sender in [REPLIES_OF_ALL, event.sender().as_str()] {
                    REPLIES.add(&mut self.batch, &(room, key, sender.to_owned()), -1);
                }
            }
            Kin::Annotation | Kin::Other => {}
        }
        Ok(())
    }

    /// Puts a thread where its new reply is in the list of the room's threads.
    async fn move_thread_up(&mut self, root: &Stored, reply: &Stored) -> Result<(), RoomError> {
        let latest = self.newest_replies(key_of_id(root.id()), 1).await?;
        if let Some((ord, _)) = latest.first() {
            if *ord > reply.ord {
                return Ok(());
            }
            THREADS.delete(&mut self.batch, &(self.room.no, *ord));
        }
        Ok(THREADS.put(&mut self.batch, &(self.room.no, reply.ord), &root.no)?)
    }

    /// Puts a thread that loses a reply where the one before it is.
    async fn move_thread_down(&mut self, root: ParentKey, reply: &Stored) -> Result<(), RoomError> {
        let place = (self.room.no, reply.ord);
        // Only the newest reply places its thread.
        let Some(root_no) = THREADS.get(&self.rooms.0.store, &place).await? else { return Ok(()) };
        THREADS.delete(&mut self.batch, &place);
        let newest = self.newest_replies(root, 2).await?;
        if let Some((ord, _)) = newest.iter().find(|(ord, _)| *ord != reply.ord) {
            THREADS.put(&mut self.batch, &(self.room.no, *ord), &root_no)?;
        }
        Ok(())
    }

    async fn newest_replies(
        &self,
        root: ParentKey,
        limit: usize,
    ) -> Result<Vec<(TimelineOrd, EventNo)>, RoomError> {
        let part = Prefix::of(&(self.room.no, root, Kin::Reply.key()));
        let rows = KIN.scan(&self.rooms.0.store, &part, Direction::Backward, limit).await?;
        Ok(rows.into_iter().map(|((_, _, _, ord), no)| (ord, no)).collect())
    }
}

type EditKey = (RoomNo, ParentKey, u64, String);

/// Edits of an event stand in the order in which the newest is told: by time, then by id.
fn edit_key(edit: &Stored, parent: ParentKey) -> EditKey {
    (edit.room, parent, edit.pdu.origin_server_ts().0, edit.id().to_string())
}

/// "Validity of replacement events". What an encrypted event holds its reader alone can check.
fn is_valid_edit(original: &Stored, edit: &Stored) -> bool {
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "m.new_content")]
        _new_content: Map<String, Value>,
    }
    let is_edit = original.relation().is_some_and(|relation| relation.kin() == Kin::Edit);
    original.sender() == edit.sender()
        && original.kind() == edit.kind()
        && original.pdu.state_key().is_none()
        && edit.pdu.state_key().is_none()
        && !is_edit
        && (edit.kind() == "m.room.encrypted" || edit.pdu.content_as::<Content>().is_ok())
}
