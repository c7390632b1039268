//! The service: what it holds, and what people and devices tell it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::clock::{Clock, Timestamp};
use parking_lot::Mutex;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use store::Store;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use vault::Vault;

use crate::error::PresenceError;
use crate::hints;
use crate::person::{Person, Seen, State};

/// How often changes are gathered.
const TICK: Duration = Duration::from_secs(2);

/// A moment in the history of who is there, in one process.
pub type PresenceVersion = u64;
/// Which process a [`PresenceVersion`] is of.
pub type PresenceEpoch = u32;

/// How presence is kept.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether it is at all. When not, everybody is offline, and nothing is told.
    pub enabled: bool,
}

/// Who is there. Cheap to clone.
#[derive(Clone)]
pub struct Presence(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) epoch: PresenceEpoch,
    pub(crate) state: Mutex<Everybody>,
    /// The newest version, told when changes were numbered.
    settled: watch::Sender<PresenceVersion>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Everybody who is connected, or was lately.
pub(crate) struct Everybody {
    pub(crate) version: PresenceVersion,
    pub(crate) people: HashMap<OwnedUserId, Person>,
    /// Who changed last under which number: one number a person.
    pub(crate) changes: BTreeMap<PresenceVersion, OwnedUserId>,
    /// Of changes up to here, some may be forgotten.
    pub(crate) forgotten: PresenceVersion,
}

/// A sync of a device that is under way. When it is dropped, the sync has ended.
pub struct Connected {
    presence: Weak<Inner>,
    user: OwnedUserId,
    device: OwnedDeviceId,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.tasks.get_mut().iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let Some(inner) = self.presence.upgrade() else { return };
        let now = inner.clock.now();
        if let Some(person) = inner.state.lock().people.get_mut(&self.user) {
            person.disconnect(&self.device, now);
        }
    }
}

impl Presence {
    /// Opens presence over a store. Gathers changes, and listens to other nodes, until the last
    /// handle is dropped.
    pub fn open(store: Store, vault: Vault, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        // Versions start at the time, so that they rarely fall back when the server restarts.
        let version = clock.now().0;
        let state = Everybody {
            version,
            people: HashMap::new(),
            changes: BTreeMap::new(),
            forgotten: version,
        };
        let hints = store.hints();
        let inner = Inner {
            store,
            vault,
            settings,
            clock,
            epoch: u32::from_be_bytes(base::random::bytes()),
            state: Mutex::new(state),
            settled: watch::Sender::new(version),
            tasks: Mutex::default(),
        };
        let presence = Self(Arc::new(inner));
        if settings.enabled {
            let tick = tokio::spawn(keep_settling(Arc::downgrade(&presence.0)));
            let listen = tokio::spawn(listen(Arc::downgrade(&presence.0), hints));
            *presence.0.tasks.lock() = vec![tick, listen];
        }
        presence
    }

    /// Whether presence is kept at all.
    pub fn is_enabled(&self) -> bool {
        self.0.settings.enabled
    }

    /// A sync of a device begins, which wants its person to be taken for this.
    pub fn connect(&self, user: &UserId, device: &DeviceId, wanted: State) -> Connected {
        let device = device.to_owned();
        self.with(user, |person, now| person.connect(device.clone(), wanted, now));
        Connected { presence: Arc::downgrade(&self.0), user: user.to_owned(), device }
    }

    /// A person did something on a device.
    pub fn act(&self, user: &UserId, device: &DeviceId) {
        self.with(user, |person, now| person.act(device.to_owned(), now));
    }

    /// A person says on a device how present they are, and what they say of themselves; that is
    /// kept for when they come again.
    pub async fn set(
        &self,
        (user, device): (&UserId, &DeviceId),
        wanted: State,
        status: Option<String>,
    ) -> Result<(), PresenceError> {
        if !self.is_enabled() {
            return Ok(());
        }
        let status = self.keep_status(user, status).await?;
        self.with(user, |person, now| {
            person.set(device.to_owned(), wanted, now);
            person.status = status;
        });
        Ok(())
    }

    /// How present a person is now, whoever asks.
    pub async fn of(&self, user: &UserId) -> Result<Seen, PresenceError> {
        if !self.is_enabled() {
            return Ok(Seen::default());
        }
        let status = self.read_status(user).await?;
        let seen = self.seen(user).unwrap_or_default();
        Ok(Seen { status: status.text.map(Arc::from), ..seen })
    }

    /// How present a person is now, as far as is in memory: everybody else is offline.
    pub fn seen(&self, user: &UserId) -> Option<Seen> {
        let now = self.0.clock.now();
        Some(self.0.state.lock().people.get(user)?.seen(now))
    }

    /// The number of a person's last change, when there was one lately.
    pub fn version_of(&self, user: &UserId) -> Option<PresenceVersion> {
        let state = self.0.state.lock();
        state.people.get(user).map(|person| person.version).filter(|version| *version > 0)
    }

    /// Which process the versions are of: those of another one mean nothing here.
    pub fn epoch(&self) -> PresenceEpoch {
        self.0.epoch
    }

    /// The newest version.
    pub fn version(&self) -> PresenceVersion {
        self.0.state.lock().version
    }

    /// Whether it is known of everybody who changed after a version.
    pub fn reaches(&self, version: PresenceVersion) -> bool {
        version >= self.0.state.lock().forgotten
    }

    /// Who changed after a version, in order, each under the number of their last change.
    pub fn changed_since(&self, version: PresenceVersion) -> Vec<(PresenceVersion, OwnedUserId)> {
        let state = self.0.state.lock();
        let changes = state.changes.range(version.saturating_add(1)..);
        changes.map(|(version, user)| (*version, user.clone())).collect()
    }

    /// The newest version, whenever there is a new one.
    pub fn follow(&self) -> watch::Receiver<PresenceVersion> {
        self.0.settled.subscribe()
    }

    pub(crate) fn tell_settled(&self, version: PresenceVersion) {
        self.0.settled.send_replace(version);
    }

    /// Lets go of what a person's devices said.
    pub(crate) fn leave(&self, user: &UserId) {
        if let Some(person) = self.0.state.lock().people.get_mut(user) {
            person.leave();
        }
    }

    fn with(&self, user: &UserId, change: impl FnOnce(&mut Person, Timestamp)) {
        if !self.is_enabled() {
            return;
        }
        let now = self.0.clock.now();
        let mut state = self.0.state.lock();
        if let Some(person) = state.people.get_mut(user) {
            return change(person, now);
        }
        change(state.people.entry(user.to_owned()).or_default(), now);
    }

    /// Another node says who is there.
    fn hear(&self, payload: &[u8]) {
        let now = self.0.clock.now();
        match hints::read(payload, now) {
            Ok((node, people)) => {
                let mut state = self.0.state.lock();
                for (user, local) in people {
                    state.people.entry(user).or_default().hear(node, local, now);
                }
            }
            Err(error) => tracing::debug!(%error, "another node tells of presence otherwise"),
        }
    }
}

async fn keep_settling(presence: Weak<Inner>) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(inner) = presence.upgrade() else { return };
        if let Err(error) = Presence(inner).settle().await {
            tracing::warn!(%error, "changes of presence wait for the store");
        }
    }
}

async fn listen(presence: Weak<Inner>, mut hints: broadcast::Receiver<store::Hint>) {
    loop {
        let hint = match hints.recv().await {
            Ok(hint) => hint,
            // What was missed is said again.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(inner) = presence.upgrade() else { return };
        if hint.topic == hints::TOPIC {
            Presence(inner).hear(&hint.payload);
        }
    }
}
