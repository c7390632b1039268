//! Behaviour of presence, on one node and on two.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::time::Duration;

use base::clock::{ManualClock, Timestamp};
use presence::{LONGEST_STATUS, Presence, PresenceError, Seen, Settings, State};
use ruma_common::{DeviceId, UserId, device_id, user_id};
use store::{MemoryDisk, Store};
use vault::{KeyEncryptionKey, Owner, Vault};

fn alice() -> &'static UserId {
    user_id!("@alice:s")
}

fn phone() -> &'static DeviceId {
    device_id!("PHONE")
}

struct World {
    presence: Presence,
    vault: Vault,
    clock: Arc<ManualClock>,
}

impl World {
    async fn over(store: Store, keys: &MemoryDisk, enabled: bool) -> Self {
        let keyring = Store::open_memory(keys, None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let settings = Settings { enabled };
        let presence = Presence::open(store, vault.clone(), settings, clock.clone());
        Self { presence, vault, clock }
    }

    async fn on(data: &MemoryDisk, keys: &MemoryDisk) -> Self {
        Self::over(Store::open_memory(data, None).unwrap(), keys, true).await
    }

    async fn new() -> Self {
        Self::on(&MemoryDisk::new(), &MemoryDisk::new()).await
    }

    async fn sets(&self, state: State, status: Option<&str>) {
        let set = self.presence.set((alice(), phone()), state, status.map(str::to_owned));
        set.await.unwrap();
    }

    async fn alice(&self) -> Seen {
        self.presence.of(alice()).await.unwrap()
    }

    /// Who changed since a version.
    async fn changed(&self, since: u64) -> Vec<String> {
        self.presence.settle().await.unwrap();
        let changed = self.presence.changed_since(since);
        changed.into_iter().map(|(_, user)| user.localpart().to_owned()).collect()
    }

    /// Waits until this node has heard of somebody what another one said.
    async fn hears(&self, state: State) {
        loop {
            self.presence.settle().await.unwrap();
            if self.alice().await.state == state {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn somebody_is_online_while_they_sync_and_offline_a_while_after() {
    let world = World::new().await;
    assert_eq!(world.alice().await.state, State::Offline);
    let connected = world.presence.connect(alice(), phone(), State::Online);
    world.clock.advance(seconds(60));
    assert_eq!(world.alice().await.state, State::Online);
    drop(connected);
    world.clock.advance(seconds(29));
    assert_eq!(world.alice().await.state, State::Online);
    world.clock.advance(seconds(1));
    assert_eq!(world.alice().await.state, State::Offline);
}

#[tokio::test]
async fn many_changes_between_two_gatherings_are_one() {
    let world = World::new().await;
    let start = world.presence.version();
    for _ in 0..10 {
        world.sets(State::Online, None).await;
        world.sets(State::Unavailable, Some("away")).await;
    }
    assert_eq!(world.changed(start).await, ["alice"]);
    assert!(world.presence.version() > start);
    assert_eq!(world.changed(world.presence.version()).await, [""; 0]);
    world.sets(State::Online, None).await;
    // A person has one number: whoever asks for everything is told of them once.
    assert_eq!(world.changed(start).await, ["alice"]);
}

#[tokio::test]
async fn whoever_follows_is_told_of_a_change() {
    let world = World::new().await;
    let mut follower = world.presence.follow();
    let start = *follower.borrow_and_update();
    world.presence.settle().await.unwrap();
    assert!(!follower.has_changed().unwrap());
    world.sets(State::Online, None).await;
    world.presence.settle().await.unwrap();
    assert!(*follower.borrow_and_update() > start);
}

#[tokio::test]
async fn a_status_outlives_its_node_and_not_the_person_s_key() {
    let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let world = World::on(&data, &keys).await;
    world.sets(State::Online, Some("in a meeting")).await;
    let again = World::on(&data, &keys).await;
    let seen = again.alice().await;
    assert_eq!((seen.state, seen.status.as_deref()), (State::Offline, Some("in a meeting")));
    again.vault.destroy(&Owner::Person(alice().to_owned())).await.unwrap();
    assert_eq!(again.alice().await.status, None);
}

#[tokio::test]
async fn a_status_is_replaced_taken_back_and_bounded() {
    let world = World::new().await;
    world.sets(State::Online, Some("here")).await;
    world.sets(State::Online, Some("there")).await;
    assert_eq!(world.alice().await.status.as_deref(), Some("there"));
    world.sets(State::Online, Some("")).await;
    assert_eq!(world.alice().await.status, None);
    let long = "s".repeat(LONGEST_STATUS + 1);
    let refused = world.presence.set((alice(), phone()), State::Online, Some(long)).await;
    assert!(matches!(refused, Err(PresenceError::LongStatus { .. })));
    world.sets(State::Online, Some("gone")).await;
    world.presence.forget(alice()).await.unwrap();
    assert_eq!(world.alice().await, Seen::default());
}

#[tokio::test]
async fn what_one_node_knows_the_other_is_told() {
    let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let (here, there) = (World::on(&data, &keys).await, World::on(&data, &keys).await);
    // Clocks differ by minutes.
    there.clock.advance(seconds(240));
    here.sets(State::Online, Some("in the south")).await;
    here.clock.advance(seconds(5));
    let start = there.presence.version();
    here.presence.settle().await.unwrap();
    there.hears(State::Online).await;
    assert_eq!(there.changed(start).await, ["alice"]);
    let seen = there.presence.seen(alice()).unwrap();
    assert_eq!(seen.status.as_deref(), Some("in the south"));
    assert_eq!(seen.last_active_ago, Some(seconds(5)));
    here.sets(State::Online, Some("in the north")).await;
    here.presence.settle().await.unwrap();
    while there.presence.seen(alice()).unwrap().status.as_deref() != Some("in the north") {
        there.presence.settle().await.unwrap();
        tokio::task::yield_now().await;
    }
    here.sets(State::Offline, None).await;
    here.presence.settle().await.unwrap();
    there.hears(State::Offline).await;
}

#[tokio::test]
async fn a_node_that_falls_silent_is_believed_for_a_while_only() {
    let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let (here, there) = (World::on(&data, &keys).await, World::on(&data, &keys).await);
    let connected = here.presence.connect(alice(), phone(), State::Online);
    here.presence.settle().await.unwrap();
    there.hears(State::Online).await;
    there.clock.advance(seconds(149));
    assert_eq!(there.alice().await.state, State::Online);
    // It says so again before that.
    here.clock.advance(seconds(60));
    here.presence.settle().await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    there.clock.advance(seconds(149));
    assert_eq!(there.alice().await.state, State::Online);
    drop((connected, here));
    there.clock.advance(seconds(1));
    assert_eq!(there.alice().await.state, State::Offline);
}

#[tokio::test]
async fn who_went_long_ago_is_forgotten_and_that_is_known() {
    let world = World::new().await;
    let start = world.presence.version();
    world.sets(State::Online, None).await;
    world.changed(start).await;
    assert!(world.presence.reaches(start));
    world.clock.advance(seconds(30));
    assert_eq!(world.changed(start).await, ["alice"]);
    world.clock.advance(seconds(3600));
    assert_eq!(world.changed(start).await, [""; 0]);
    assert!(world.presence.seen(alice()).is_none());
    assert!(!world.presence.reaches(start) && world.presence.reaches(world.presence.version()));
}

#[tokio::test]
async fn without_presence_everybody_is_offline_and_nothing_is_kept() {
    let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let off = World::over(Store::open_memory(&data, None).unwrap(), &keys, false).await;
    off.sets(State::Online, Some("here")).await;
    let _connected = off.presence.connect(alice(), phone(), State::Online);
    off.presence.act(alice(), phone());
    assert_eq!(off.alice().await, Seen::default());
    assert_eq!(World::on(&data, &keys).await.alice().await, Seen::default());
}

#[tokio::test]
async fn a_status_is_not_readable_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let store = Store::open_redb(&path, 1 << 20).unwrap();
    let world = World::over(store, &MemoryDisk::new(), true).await;
    world.sets(State::Online, Some("an-unmistakable-status")).await;
    drop(world);
    let bytes = std::fs::read(path).unwrap();
    let marker = b"an-unmistakable-status";
    assert!(!bytes.windows(marker.len()).any(|window| window == marker));
}
