//! The service, and the task that does its work.

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use attention::{Attention, Basis};
use base::clock::Clock;
use base::number::LogPosition;
use moka::sync::Cache;
use outside::Outside;
use parking_lot::Mutex;
use rooms::Rooms;
use ruma_common::{OwnedUserId, UserId};
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vault::Vault;

use crate::badge::Badges;
use crate::error::DeliveryError;
use crate::gateway::Gateways;

/// People whose rules are held in memory at most.
const BASES: u64 = 50_000;

/// Deliveries. Cheap to clone.
#[derive(Clone)]
pub struct Delivery(Arc<Handle>);

struct Handle {
    inner: Arc<Inner>,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What is delivered from, and through.
pub struct Services {
    /// The store.
    pub store: Store,
    /// The keys.
    pub vault: Vault,
    /// Who has sessions.
    pub accounts: Accounts,
    /// What is said.
    pub rooms: Rooms,
    /// Whom it notifies.
    pub attention: Attention,
    /// Where it goes.
    pub outside: Outside,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How gateways are asked.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long an answer of a gateway may take.
    pub patience: Duration,
    /// How long is waited before a gateway is asked again that failed once; twice as long each time.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { patience: Duration::from_secs(15), pause: Duration::from_secs(10) }
    }
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) accounts: Accounts,
    pub(crate) rooms: Rooms,
    pub(crate) attention: Attention,
    pub(crate) outside: Outside,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    /// Where the log ended when this node started.
    pub(crate) opened: LogPosition,
    /// This node, to the others.
    pub(crate) node: u64,
    pub(crate) gateways: Gateways,
    pub(crate) badges: Badges,
    bases: Cache<OwnedUserId, Arc<Basis>>,
}

impl Delivery {
    /// Starts to deliver, when it is this node's turn. Ends with the last handle.
    pub fn open(services: Services, settings: Settings) -> Self {
        let Services { store, vault, accounts, rooms, attention, outside, clock } = services;
        let opened = store.log_end();
        let inner = Arc::new(Inner {
            opened,
            store,
            vault,
            accounts,
            rooms,
            attention,
            outside,
            clock,
            settings,
            node: u64::from_be_bytes(base::random::bytes()),
            gateways: Gateways::default(),
            badges: Badges::default(),
            bases: Cache::new(BASES),
        });
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(crate::turn::run(Arc::clone(&inner), stopped));
        Self(Arc::new(Handle { inner, stop, task: Mutex::new(Some(task)) }))
    }

    /// Ends deliveries, and writes how far they came.
    pub async fn stop(&self) {
        self.0.stop.send_replace(true);
        let task = self.0.task.lock().take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "deliveries ended badly");
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0.inner
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut() {
            task.abort();
        }
    }
}

impl Inner {
    /// By what a person's events are asked.
    pub(crate) async fn basis(&self, user: &UserId) -> Result<Arc<Basis>, DeliveryError> {
        if let Some(basis) = self.bases.get(user) {
            return Ok(basis);
        }
        let basis = Arc::new(self.attention.basis(user).await?);
        self.bases.insert(user.to_owned(), Arc::clone(&basis));
        Ok(basis)
    }

    /// A person's rules, or whom they ignore, changed.
    pub(crate) fn forget_basis(&self, user: &UserId) {
        self.bases.invalidate(user);
    }
}
