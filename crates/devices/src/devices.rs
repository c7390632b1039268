//! The service: what it stands on, and how its changes are committed.

use std::sync::Arc;

use base::clock::Clock;
use ruma_common::{OwnedServerName, UserId};
use store::{Batch, CommitError, Store, StoreError};
use vault::{Owner, SealingKey, Vault};

use crate::error::DeviceError;
use crate::reserved::Reservations;
use crate::rulesets::RulesetCache;

/// How often a change is decided again, after others wrote first, before it is refused.
pub(crate) const ATTEMPTS: usize = 64;

/// What this service must know of its server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name: whose people it answers for.
    pub server_name: OwnedServerName,
}

/// Keys of devices, messages to them, and what people keep on the server. Cheap to clone.
#[derive(Clone)]
pub struct Devices(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reservations: Reservations,
    pub(crate) rulesets: RulesetCache,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is durable.
    Done,
    /// Somebody wrote first: read again, decide again.
    Conflict,
}

impl Devices {
    /// The service over a store.
    pub fn open(store: Store, vault: Vault, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        // Nothing is in memory yet, so nothing that changed before is to be forgotten.
        let rulesets = RulesetCache::at(store.log_end());
        let reservations = Reservations::default();
        Self(Arc::new(Inner { store, vault, settings, clock, reservations, rulesets }))
    }

    pub(crate) fn is_ours(&self, user: &UserId) -> bool {
        user.server_name() == self.0.settings.server_name
    }

    /// The keyring under which what people keep is sealed.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The key under which what `user` wrote is sealed.
    pub(crate) async fn key_of(&self, user: &UserId) -> Result<SealingKey, DeviceError> {
        Ok(self.0.vault.key(&owner(user)).await?)
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(Outcome::Done),
            Err(CommitError::Conflict { .. }) => Ok(Outcome::Conflict),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

/// Whose key seals what a person wrote.
pub(crate) fn owner(user: &UserId) -> Owner {
    Owner::Person(user.to_owned())
}

/// What the store holds does not make sense.
pub(crate) fn damaged(table: &'static str, error: &dyn std::fmt::Display) -> DeviceError {
    DeviceError::Store(StoreError::Engine(format!("table {table} is damaged: {error}")))
}
