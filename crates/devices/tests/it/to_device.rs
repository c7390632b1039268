//! Messages to devices: once for each transaction, in order, until they are acknowledged.

use std::time::Duration;

use base::change::Change;
use base::number::LogPosition;
use devices::{DeviceError, KnownDevices, Messages, Sending};
use journal::Span;
use ruma_common::{OwnedDeviceId, TransactionId};

use crate::world::{Phone, World, letter, user_id};

async fn send(
    world: &World,
    from: &Phone,
    transaction: &str,
    (messages, known): (&Messages, &KnownDevices),
) {
    let transaction: &TransactionId = transaction.into();
    let from = Sending { user: &from.user, device: &from.device, transaction };
    world.devices.send_to_devices(from, "m.test", messages, known).await.unwrap();
}

async fn texts(world: &World, phone: &Phone) -> Vec<String> {
    let waiting = world.inbox(phone).await;
    let events = waiting.iter().map(|waiting| serde_json::from_str(waiting.event.get()).unwrap());
    events
        .map(|event: serde_json::Value| event["content"]["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn messages_wait_in_order_until_they_are_acknowledged() {
    let world = World::on_disk().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    for text in ["one", "two", "three"] {
        send(&world, &alice, text, (&bob.letter(text), &bob.known())).await;
    }
    let world = world.reopened().await;
    let waiting = world.inbox(&bob).await;
    let event: serde_json::Value = serde_json::from_str(waiting[0].event.get()).unwrap();
    let expected = serde_json::json!({
        "type": "m.test", "sender": "@alice:s.example", "content": { "text": "one" },
    });
    assert_eq!(event, expected);

    world.devices.acknowledge(&bob.user, &bob.device, waiting[1].position).await.unwrap();
    assert_eq!(texts(&world, &bob).await, ["three"]);
    world.devices.acknowledge(&bob.user, &bob.device, world.store.log_end()).await.unwrap();
    assert!(texts(&world, &bob).await.is_empty());
}

#[tokio::test]
async fn a_page_of_the_inbox_ends_at_its_limit_and_at_the_span() {
    let world = World::in_memory().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    for text in ["1", "2", "3", "4"] {
        send(&world, &alice, text, (&bob.letter(text), &bob.known())).await;
    }
    let all: Vec<_> = world.inbox(&bob).await.iter().map(|waiting| waiting.position).collect();
    let page = |after, upto, limit| {
        let span = Span { after, upto };
        world.devices.inbox(&bob.user, &bob.device, span, limit)
    };
    let count = async |after, upto, limit| page(after, upto, limit).await.unwrap().len();
    assert_eq!(count(LogPosition(0), all[3], 2).await, 2);
    assert_eq!(count(all[1], all[3], 100).await, 2);
    assert_eq!(count(all[1], all[2], 100).await, 1);
    assert_eq!(count(all[3], all[3], 100).await, 0);
}

#[tokio::test]
async fn a_repeated_request_sends_nothing_again_even_after_a_restart() {
    let world = World::on_disk().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    send(&world, &alice, "txn", (&bob.letter("once"), &bob.known())).await;
    send(&world, &alice, "txn", (&bob.letter("once"), &bob.known())).await;
    let world = world.reopened().await;
    send(&world, &alice, "txn", (&bob.letter("once"), &bob.known())).await;
    assert_eq!(texts(&world, &bob).await, ["once"]);

    let laptop = Phone::new("alice", "A2");
    send(&world, &laptop, "txn", (&bob.letter("another device"), &bob.known())).await;
    assert_eq!(texts(&world, &bob).await, ["once", "another device"]);
}

#[tokio::test]
async fn the_same_request_twice_at_once_is_sent_once() {
    let world = World::in_memory().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    let (message, known) = (bob.letter("once"), bob.known());
    let sends = (0..8).map(|_| send(&world, &alice, "txn", (&message, &known)));
    futures_util::future::join_all(sends).await;
    assert_eq!(texts(&world, &bob).await, ["once"]);
}

#[tokio::test]
async fn a_star_is_every_device_that_the_person_has_and_unknown_ones_are_passed_over() {
    let world = World::in_memory().await;
    let alice = Phone::new("alice", "A");
    let (one, two) = (Phone::new("bob", "ONE"), Phone::new("bob", "TWO"));
    let known =
        KnownDevices::from([(one.user.clone(), [one.device.clone(), two.device.clone()].into())]);
    let mut messages = letter(&one.user, "*", "all");
    messages.extend(letter(&user_id("carol"), "*", "nobody"));
    messages
        .get_mut(&one.user)
        .unwrap()
        .extend(letter(&one.user, "TWO", "named").remove(&one.user).unwrap());
    messages
        .get_mut(&one.user)
        .unwrap()
        .extend(letter(&one.user, "NONE", "lost").remove(&one.user).unwrap());
    send(&world, &alice, "t", (&messages, &known)).await;
    assert_eq!(texts(&world, &one).await, ["all"]);
    assert_eq!(texts(&world, &two).await, ["named"]);
    let told = world.changes_since(LogPosition(0)).await;
    let one = Change::ToDevice { user: one.user.clone(), device: one.device.clone() };
    assert!(told.len() == 2 && told.contains(&one), "{told:?}");
    let later = Phone::new("bob", "LATER");
    assert!(texts(&world, &later).await.is_empty());
}

#[tokio::test]
async fn acknowledging_nothing_writes_nothing() {
    let world = World::in_memory().await;
    let bob = Phone::new("bob", "B");
    world.devices.acknowledge(&bob.user, &bob.device, LogPosition(99)).await.unwrap();
    world.devices.acknowledge(&bob.user, &bob.device, LogPosition(u64::MAX)).await.unwrap();
    assert_eq!(world.store.log_end(), LogPosition(0));
}

#[tokio::test]
async fn what_is_sent_to_a_person_who_left_is_dropped() {
    let world = World::in_memory().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    send(&world, &alice, "1", (&bob.letter("before"), &bob.known())).await;
    world.vault.destroy(&vault::Owner::Person(bob.user.clone())).await.unwrap();
    send(&world, &alice, "2", (&bob.letter("after"), &bob.known())).await;
    assert!(texts(&world, &bob).await.is_empty());
}

#[tokio::test]
async fn old_transactions_are_forgotten_in_time() {
    let world = World::in_memory().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    send(&world, &alice, "old", (&bob.letter("1"), &bob.known())).await;
    world.clock.advance(Duration::from_hours(6 * 24));
    send(&world, &alice, "new", (&bob.letter("2"), &bob.known())).await;
    send(&world, &alice, "old", (&bob.letter("1"), &bob.known())).await;
    assert_eq!(texts(&world, &bob).await, ["1", "2"]);
    world.clock.advance(Duration::from_hours(2 * 24));
    send(&world, &alice, "newer", (&bob.letter("3"), &bob.known())).await;
    send(&world, &alice, "new", (&bob.letter("2"), &bob.known())).await;
    assert_eq!(texts(&world, &bob).await, ["1", "2", "3"]);
    send(&world, &alice, "old", (&bob.letter("again"), &bob.known())).await;
    assert_eq!(texts(&world, &bob).await, ["1", "2", "3", "again"]);
}

#[tokio::test]
async fn a_small_request_does_not_become_enormous() {
    let world = World::in_memory().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    let everywhere = |text: &str| letter(&bob.user, "*", text);
    let devices = |count: usize| {
        let names = (0..count).map(|number| OwnedDeviceId::from(format!("D{number}")));
        KnownDevices::from([(bob.user.clone(), names.collect())])
    };
    let send = async |transaction: &str, messages: &Messages, known: &KnownDevices| {
        let transaction: &TransactionId = transaction.into();
        let from = Sending { user: &alice.user, device: &alice.device, transaction };
        world.devices.send_to_devices(from, "m.test", messages, known).await
    };
    let large = everywhere(&"x".repeat(500_000));
    send("few", &large, &devices(10)).await.unwrap();
    let before = world.store.log_end();
    let refused = send("many", &large, &devices(100)).await;
    assert!(matches!(refused, Err(DeviceError::TooLarge(_))));
    assert_eq!(world.store.log_end(), before);
    send("small", &everywhere("hello"), &devices(500)).await.unwrap();
}
