//! Relations that are refused when somebody of this server asks for them.

use rules::build::Draft;
use ruma_common::UserId;
use vault::{Owner, Place, SealingKey};

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::Stored;
use crate::relation::{Kin, Relation};
use crate::tables::ANNOTATIONS;

impl Writing {
    /// Refuses a built event that annotates what its sender annotated so before, or that begins a
    /// thread where none may be.
    pub(crate) async fn refuse_relation(
        &self,
        event: &Draft,
        by: &UserId,
    ) -> Result<(), RoomError> {
        let Some(relation) = Relation::of(&event.content) else { return Ok(()) };
        match relation.kin() {
            Kin::Annotation => self.refuse_second(&relation, (by, &event.kind)).await,
            Kin::Reply => self.refuse_nested(&relation).await,
            _ => Ok(()),
        }
    }

    /// "Avoiding duplicate annotations".
    async fn refuse_second(
        &self,
        relation: &Relation,
        (by, kind): (&UserId, &str),
    ) -> Result<(), RoomError> {
        let rooms = &self.rooms.0;
        let key = rooms.vault.key(&Owner::Person(by.to_owned())).await?;
        let Some(mark) = mark(&key, relation, kind)? else { return Ok(()) };
        match ANNOTATIONS.get(&rooms.store, &(self.room.no, mark)).await? {
            Some(_) => Err(RoomError::DuplicateAnnotation),
            None => Ok(()),
        }
    }

    /// "Validation of `m.thread` relationships": what relates to something is the root of none.
    async fn refuse_nested(&self, relation: &Relation) -> Result<(), RoomError> {
        let root = self.find(&relation.parent).await?;
        match root.and_then(|root| root.relation()) {
            Some(_) => Err(RoomError::NoThreadThere),
            None => Ok(()),
        }
    }

    /// The mark of an annotation, if it is a whole one and its sender's key is still there.
    pub(super) async fn mark_of(
        &self,
        event: &Stored,
        relation: &Relation,
    ) -> Result<Option<[u8; 16]>, RoomError> {
        let owner = Owner::Person(event.sender().to_owned());
        match self.rooms.0.vault.existing_key(&owner).await? {
            Some(key) => mark(&key, relation, event.kind()),
            None => Ok(None),
        }
    }
}

/// What stands for an annotation: nobody tells from it, without its sender's key, what it says.
fn mark(key: &SealingKey, relation: &Relation, kind: &str) -> Result<Option<[u8; 16]>, RoomError> {
    let Some(symbol) = &relation.key else { return Ok(None) };
    let mut place = Vec::new();
    for part in [relation.parent.as_str(), kind, symbol] {
        place.extend((part.len() as u64).to_be_bytes());
        place.extend(part.as_bytes());
    }
    Ok(Some(key.mark(Place { table: ANNOTATIONS.name(), key: &place })?))
}
