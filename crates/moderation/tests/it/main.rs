//! Behaviour of the inbox of reports.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use base::clock::{ManualClock, Timestamp};
use moderation::{
    Kind, LONGEST_REASON, MOST_OF_ONE, Moderation, ModerationError, Order, Query, Subject,
};
use ruma_common::{OwnedUserId, UserId, owned_event_id, owned_room_id};
use sha2::{Digest, Sha256};
use store::{MemoryDisk, Store};
use vault::{KeyEncryptionKey, Owner, Vault};

struct World {
    moderation: Moderation,
    vault: Vault,
}

impl World {
    async fn on(data: &MemoryDisk, keys: &MemoryDisk) -> Self {
        Self::over(Store::open_memory(data, None).unwrap(), keys).await
    }

    async fn over(store: Store, keys: &MemoryDisk) -> Self {
        let keyring = Store::open_memory(keys, None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_000)));
        Self { moderation: Moderation::open(store, vault.clone(), clock), vault }
    }

    async fn new() -> Self {
        Self::on(&MemoryDisk::new(), &MemoryDisk::new()).await
    }

    async fn reports(&self, by: &str, subject: Subject, reason: &str) -> u64 {
        self.moderation.add(&user(by), subject, Some(reason.to_owned())).await.unwrap()
    }

    async fn listed(&self, query: Query) -> Vec<u64> {
        let listing = self.moderation.list(&Query { limit: 100, ..query }).await.unwrap();
        listing.reports.iter().map(|report| report.no).collect()
    }
}

fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:s")).unwrap()
}

fn event() -> Subject {
    Subject::Event { room: owned_room_id!("!room:s"), event: owned_event_id!("$event") }
}

fn room(name: &str) -> Subject {
    Subject::Room(format!("!{name}:s").try_into().unwrap())
}

#[tokio::test]
async fn a_report_reads_back_as_it_was_made() {
    let world = World::new().await;
    let no = world.reports("alice", event(), "rude").await;
    let report = world.moderation.report(no).await.unwrap().unwrap();
    assert_eq!((report.reporter, report.subject), (user("alice"), event()));
    assert_eq!((report.reason.as_deref(), report.at), (Some("rude"), Timestamp(1_000)));
    let bare = world.moderation.add(&user("bob"), room("room"), Some(String::new())).await.unwrap();
    assert_eq!(world.moderation.report(bare).await.unwrap().unwrap().reason, None);
    assert_eq!(world.moderation.report(99).await.unwrap(), None);
}

#[tokio::test]
async fn lists_are_by_kind_person_and_room_and_in_pages() {
    let world = World::new().await;
    let first = world.reports("alice", event(), "").await;
    let second = world.reports("bob", room("room"), "").await;
    let third = world.reports("alice", Subject::Person(user("eve")), "").await;
    assert_eq!(world.listed(Query::default()).await, [third, second, first]);
    let oldest = Query { order: Order::OldestFirst, ..Query::default() };
    assert_eq!(world.listed(oldest).await, [first, second, third]);
    let events = Query { kind: Some(Kind::Event), ..Query::default() };
    assert_eq!(world.listed(events).await, [first]);
    let alices = Query { reporter: Some(user("alice")), ..Query::default() };
    assert_eq!(world.listed(alices).await, [third, first]);
    let of_room = Query { room: Some(owned_room_id!("!room:s")), ..Query::default() };
    assert_eq!(world.listed(of_room).await, [second, first]);
    let page = Query { skip: 1, limit: 1, ..Query::default() };
    let page = world.moderation.list(&page).await.unwrap();
    assert_eq!((page.reports[0].no, page.reports.len(), page.total), (second, 1, 3));
}

#[tokio::test]
async fn a_second_report_of_the_same_takes_the_place_of_the_first() {
    let world = World::new().await;
    let first = world.reports("alice", event(), "rude").await;
    let others = world.reports("bob", event(), "also").await;
    let again = world.reports("alice", event(), "very rude").await;
    assert_eq!(world.listed(Query::default()).await, [again, others]);
    assert_eq!(world.moderation.report(first).await.unwrap(), None);
    assert_eq!(world.moderation.count().await.unwrap(), 2);
}

#[tokio::test]
async fn what_was_dealt_with_is_gone_and_its_number_is_not_given_again() {
    let world = World::new().await;
    let no = world.reports("alice", event(), "rude").await;
    assert!(world.moderation.delete(no).await.unwrap());
    assert!(!world.moderation.delete(no).await.unwrap());
    assert_eq!(world.moderation.report(no).await.unwrap(), None);
    assert_eq!(world.moderation.count().await.unwrap(), 0);
    assert!(world.reports("alice", event(), "again").await > no);
}

#[tokio::test]
async fn one_person_cannot_fill_the_inbox() {
    let world = World::new().await;
    for n in 0..MOST_OF_ONE {
        world.reports("alice", room(&n.to_string()), "").await;
    }
    let more = world.moderation.add(&user("alice"), room("more"), None).await;
    assert!(matches!(more, Err(ModerationError::TooMany)));
    // What is in it already may be said anew, and others are heard.
    let again = world.reports("alice", room("7"), "").await;
    world.reports("bob", room("7"), "").await;
    world.moderation.delete(again).await.unwrap();
    world.reports("alice", room("more"), "").await;
}

#[tokio::test]
async fn a_reason_has_its_bounds() {
    let world = World::new().await;
    let reason = |bytes| Some("r".repeat(bytes));
    let long = world.moderation.add(&user("alice"), event(), reason(LONGEST_REASON + 1)).await;
    assert!(matches!(long, Err(ModerationError::LongReason { .. })));
    world.moderation.add(&user("alice"), event(), reason(LONGEST_REASON)).await.unwrap();
}

#[tokio::test]
async fn a_reason_goes_with_the_key_of_who_wrote_it() {
    let world = World::new().await;
    let no = world.reports("alice", event(), "rude").await;
    world.vault.destroy(&Owner::Person(user("alice"))).await.unwrap();
    let report = world.moderation.report(no).await.unwrap().unwrap();
    assert_eq!((report.subject, report.reason), (event(), None));
}

#[tokio::test]
async fn two_nodes_number_reports_as_one() {
    let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let (one, other) = (World::on(&data, &keys).await, World::on(&data, &keys).await);
    let both = async |world: &World, name: &str| {
        let mut numbers = Vec::new();
        for n in 0..20 {
            numbers.push(world.reports(name, room(&n.to_string()), "").await);
        }
        numbers
    };
    let (mut numbers, others) = tokio::join!(both(&one, "alice"), both(&other, "bob"));
    numbers.extend(others);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 40);
    assert_eq!(other.moderation.count().await.unwrap(), 40);
    assert_eq!(
        other.listed(Query { reporter: Some(user("alice")), ..Query::default() }).await.len(),
        20
    );
}

#[tokio::test]
async fn nothing_of_a_report_is_readable_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_redb(&folder.path().join("data"), 1 << 20).unwrap();
    let world = World::over(store, &MemoryDisk::new()).await;
    let subject = Subject::Person(user("accused"));
    world.reports("complainant", subject, "an-unmistakable-reason").await;
    drop(world);
    let bytes = std::fs::read(folder.path().join("data")).unwrap();
    for marker in ["complainant", "accused", "an-unmistakable-reason"] {
        let found = bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
        assert!(!found, "{marker}");
    }
}

#[tokio::test]
async fn no_mark_is_found_by_who_knows_everybody_and_not_the_key() {
    let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let store = Store::open_memory(&data, None).unwrap();
    World::over(store.clone(), &keys).await.reports("alice", room("room"), "rude").await;
    let parts = [&["person", "@alice:s"][..], &["subject", "@alice:s", "!room:s", ""]];
    let view = store.snapshot().await.unwrap();
    for (table, parts) in ["reports_of_person", "reports_by_subject"].into_iter().zip(parts) {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update([part.as_bytes(), &[0]].concat());
        }
        let rows = view.rows(table, None, 10).await.unwrap();
        assert_eq!(rows.len(), 1, "{table}");
        assert!(!hash.finalize().starts_with(&rows[0].0), "{table}");
    }
}
