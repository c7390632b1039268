//! The state tree's nodes, fetched from the store when the pure tree asks for them.

use std::sync::Arc;

use base::number::EventNo;
use rules::tree::{MissingNode, NodeNo, Tree};

use crate::error::RoomError;
use crate::event::damaged;
use crate::load::Rooms;
use crate::room::StateKey;
use crate::tables::STATE_NODES;

impl Rooms {
    /// The state event of a key in the tree under `root`.
    pub async fn state_at(
        &self,
        root: Option<NodeNo>,
        key: &StateKey,
    ) -> Result<Option<EventNo>, RoomError> {
        loop {
            match Tree::get(root, key, &|no| self.0.nodes.get(&no)) {
                Ok(found) => return Ok(found),
                Err(missing) => self.fetch(missing).await?,
            }
        }
    }

    /// Every state event in the tree under `root`.
    pub async fn whole_state_at(
        &self,
        root: Option<NodeNo>,
    ) -> Result<Vec<(StateKey, EventNo)>, RoomError> {
        loop {
            match Tree::entries(root, &|no| self.0.nodes.get(&no)) {
                Ok(entries) => return Ok(entries),
                Err(missing) => self.fetch(missing).await?,
            }
        }
    }

    /// What differs between two states: the key and its event in the later one, if any.
    pub async fn state_between(
        &self,
        earlier: Option<NodeNo>,
        later: Option<NodeNo>,
    ) -> Result<Vec<(StateKey, Option<EventNo>)>, RoomError> {
        loop {
            match Tree::diff(earlier, later, &|no| self.0.nodes.get(&no)) {
                Ok(changes) => {
                    return Ok(changes.into_iter().map(|(key, _, now)| (key, now)).collect());
                }
                Err(missing) => self.fetch(missing).await?,
            }
        }
    }

    /// Has a missing node at hand.
    pub(crate) async fn fetch(&self, MissingNode(no): MissingNode) -> Result<(), RoomError> {
        let node = STATE_NODES.get(&self.0.store, &no.0).await?;
        let node = node.ok_or_else(|| damaged(&format!("state node {} is missing", no.0)))?;
        self.0.nodes.insert(no, Arc::new(node));
        Ok(())
    }
}
