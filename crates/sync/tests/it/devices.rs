//! Messages to devices, their keys, and whose devices changed.

use std::collections::{BTreeMap, BTreeSet};

use devices::{Claim, KeyUpload, Sending};
use ruma_common::serde::{Base64, Raw, base64::Standard};
use ruma_common::{OneTimeKeyAlgorithm, OwnedRoomId, TransactionId};
use ruma_signatures::{Ed25519KeyPair, sign_json};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::world::{Person, Told, World};

fn raw<T>(value: &Value) -> Raw<T> {
    Raw::from_json(to_raw_value(value).unwrap())
}

/// Sends a message to every device named.
pub(crate) async fn sends(from: &Person, to: &Person, text: &str) {
    let content: Box<RawValue> = to_raw_value(&json!({ "text": text })).unwrap();
    let device = to.device.as_str().try_into().unwrap();
    let messages =
        BTreeMap::from([(to.id.clone(), BTreeMap::from([(device, Raw::from_json(content))]))]);
    let known = BTreeMap::from([(to.id.clone(), BTreeSet::from([to.device.clone()]))]);
    let transaction = TransactionId::new();
    let from_device = Sending { user: &from.id, device: &from.device, transaction: &transaction };
    let devices = &from.world.devices;
    devices.send_to_devices(from_device, "m.test", &messages, &known).await.unwrap();
}

pub(crate) fn received(told: &Told) -> Vec<String> {
    let events = told.0["to_device"]["events"].as_array().cloned().unwrap_or_default();
    let text = |event: &Value| event["content"]["text"].as_str().unwrap().to_owned();
    events.iter().map(text).collect()
}

pub(crate) fn changed(told: &Told) -> Vec<String> {
    people(&told.0["device_lists"]["changed"])
}

fn left(told: &Told) -> Vec<String> {
    people(&told.0["device_lists"]["left"])
}

fn people(list: &Value) -> Vec<String> {
    let people = list.as_array().cloned().unwrap_or_default();
    people.iter().map(|user| user.as_str().unwrap().to_owned()).collect()
}

/// Publishes the identity of a person's device.
pub(crate) async fn publishes(person: &Person) {
    let (user, device) = (&person.id, &person.device);
    let document = Ed25519KeyPair::generate();
    let pair = Ed25519KeyPair::from_der(&document, device.to_string()).unwrap();
    let public = Base64::<Standard, _>::new(pair.public_key()).encode();
    let identity = json!({
        "user_id": user,
        "device_id": device,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
        "keys": {
            format!("curve25519:{device}"): "s4Yu3UQKJeNGUE4Wfjp6JTjzXGqZ8YbEKBRhkJzKjTg",
            format!("ed25519:{device}"): public,
        },
    });
    let mut identity = rules::json::canonical_object(identity).unwrap();
    sign_json(user.as_str(), &pair, &mut identity).unwrap();
    let identity = Raw::from_json(to_raw_value(&identity).unwrap());
    let upload = KeyUpload { device_keys: Some(identity), ..KeyUpload::default() };
    person.world.devices.upload_keys(user, device, &upload).await.unwrap();
}

fn key(name: &str) -> (ruma_common::OwnedOneTimeKeyId, Raw<ruma_common::encryption::OneTimeKey>) {
    let key = json!({ "key": "s4Yu3UQKJeNGUE4Wfjp6JTjzXGqZ8YbEKBRhkJzKjTg", "signatures": {} });
    (format!("signed_curve25519:{name}").try_into().unwrap(), raw(&key))
}

async fn claims(world: &World, of: &Person) {
    let devices = BTreeMap::from([(of.device.clone(), OneTimeKeyAlgorithm::SignedCurve25519)]);
    let claim = Claim::from([(of.id.clone(), devices)]);
    assert!(!world.devices.claim_keys(&claim).await.unwrap().keys.is_empty());
}

async fn encrypted_room(people: &[&Person]) -> OwnedRoomId {
    let room = people[0].creates().await;
    people[0].encrypts(&room).await;
    for person in &people[1..] {
        person.joins(&room).await;
    }
    room
}

#[tokio::test]
async fn messages_to_a_device_come_until_they_are_acknowledged() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut client = bob.client();
    client.syncs().await;
    sends(&alice, &bob, "one").await;
    sends(&alice, &bob, "two").await;
    // The answer is lost: the same token gives the same messages.
    for _ in 0..2 {
        assert_eq!(received(&client.clone().syncs().await), ["one", "two"]);
    }
    assert_eq!(received(&client.syncs().await), ["one", "two"]);
    sends(&alice, &bob, "three").await;
    assert_eq!(received(&client.syncs().await), ["three"]);
    assert!(client.syncs().await.is_silent());
    let span = journal::Span { after: base::number::LogPosition(0), upto: world.store.log_end() };
    assert!(world.devices.inbox(&bob.id, &bob.device, span, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn messages_wait_over_a_restart_and_for_a_device_that_begins() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut client = bob.client();
    client.syncs().await;
    sends(&alice, &bob, "waits").await;
    let bob = bob.at(&world.forgetting());
    client.person = bob.clone();
    assert_eq!(received(&bob.client().syncs().await), ["waits"]);
    assert_eq!(received(&client.syncs().await), ["waits"]);
    assert!(client.syncs().await.is_silent());
    client.person = bob.at(&world.forgetting());
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn more_messages_than_fit_come_in_parts_and_none_is_lost() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut client = bob.client();
    client.syncs().await;
    for n in 0..250 {
        sends(&alice, &bob, &n.to_string()).await;
    }
    let mut all = Vec::new();
    for expected in [100, 100, 50] {
        let part = received(&client.waits().await);
        assert_eq!(part.len(), expected);
        all.extend(part);
    }
    assert_eq!(all, (0..250).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn a_message_wakes_its_device_and_no_other() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (mut here, mut there) = (bob.client(), bob.on("OTHER").client());
    here.syncs().await;
    there.syncs().await;
    let waiting = tokio::spawn(async move { here.waits().await });
    sends(&alice, &bob, "hello").await;
    assert_eq!(received(&waiting.await.unwrap()), ["hello"]);
    assert!(there.syncs().await.is_silent());
}

#[tokio::test]
async fn key_counts_are_told_as_keys_are_claimed() {
    let world = World::new().await;
    let bob = world.person("bob");
    let counts = |told: &Told| told.0["device_one_time_keys_count"].clone();
    let mut client = bob.client();
    assert_eq!(counts(&client.syncs().await), json!({ "signed_curve25519": 0 }));
    let upload = KeyUpload {
        one_time_keys: [key("A"), key("B")].into(),
        fallback_keys: [key("F")].into(),
        ..KeyUpload::default()
    };
    world.devices.upload_keys(&bob.id, &bob.device, &upload).await.unwrap();
    let told = client.waits().await;
    assert_eq!(counts(&told), json!({ "signed_curve25519": 2 }));
    assert_eq!(told.0["device_unused_fallback_key_types"], json!(["signed_curve25519"]));
    for left in [1, 0] {
        claims(&world, &bob).await;
        assert_eq!(counts(&client.waits().await), json!({ "signed_curve25519": left }));
    }
    claims(&world, &bob).await;
    assert_eq!(client.waits().await.0["device_unused_fallback_key_types"], json!([]));
}

#[tokio::test]
async fn who_shares_a_room_learns_of_new_devices() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice"), world.person("bob"), world.person("carol"));
    encrypted_room(&[&alice, &bob]).await;
    let (mut alices, mut bobs, mut carols) = (alice.client(), bob.client(), carol.client());
    for client in [&mut alices, &mut bobs, &mut carols] {
        client.syncs().await;
    }
    publishes(&bob.on("NEW")).await;
    assert_eq!(changed(&alices.syncs().await), ["@bob:s"]);
    assert_eq!(changed(&bobs.syncs().await), ["@bob:s"]);
    assert!(carols.syncs().await.is_silent());

    publishes(&bob.on("NEWER")).await;
    alices.person = alice.at(&world.forgetting());
    assert_eq!(changed(&alices.syncs().await), ["@bob:s"]);
}

#[tokio::test]
async fn coming_and_going_changes_whose_devices_matter() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = encrypted_room(&[&alice]).await;
    let (mut alices, mut bobs) = (alice.client(), bob.client());
    alices.syncs().await;
    bobs.syncs().await;
    bob.joins(&room).await;
    assert_eq!(changed(&alices.syncs().await), ["@bob:s"]);
    assert_eq!(changed(&bobs.syncs().await), ["@alice:s"]);

    bob.leaves(&room).await;
    assert_eq!(left(&alices.syncs().await), ["@bob:s"]);
    assert_eq!(left(&bobs.syncs().await), ["@alice:s"]);
}

#[tokio::test]
async fn whoever_shares_another_encrypted_room_is_not_left() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = encrypted_room(&[&alice, &bob]).await;
    let other = encrypted_room(&[&alice, &bob]).await;
    let plain = alice.creates().await;
    bob.joins(&plain).await;
    let (mut alices, mut bobs) = (alice.client(), bob.client());
    alices.syncs().await;
    bobs.syncs().await;
    bob.leaves(&room).await;
    assert_eq!(left(&alices.syncs().await), [""; 0]);
    assert_eq!(left(&bobs.syncs().await), [""; 0]);
    alice.kicks(&other, &bob).await;
    assert_eq!(left(&alices.syncs().await), ["@bob:s"]);
    assert_eq!(left(&bobs.syncs().await), ["@alice:s"]);
}

#[tokio::test]
async fn a_room_that_becomes_encrypted_makes_its_members_devices_matter() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = alice.client();
    client.syncs().await;
    alice.encrypts(&room).await;
    assert_eq!(changed(&client.syncs().await), ["@bob:s"]);
}

#[tokio::test]
async fn changes_between_two_tokens_are_told_without_a_sync() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice"), world.person("bob"), world.person("carol"));
    let room = encrypted_room(&[&alice, &bob, &carol]).await;
    let mut client = alice.client();
    client.syncs().await;
    let from = client.since.clone().unwrap().parse().unwrap();
    publishes(&bob).await;
    carol.leaves(&room).await;
    client.syncs().await;
    let to = client.since.clone().unwrap().parse().unwrap();
    publishes(&bob.on("LATER")).await;
    let device = alice.device.clone();
    let lists = world.sync.device_changes(&alice.id, device.clone(), (from, to)).await.unwrap();
    assert_eq!((lists.changed, lists.left), (vec![bob.id.clone()], vec![carol.id.clone()]));
    let lists = world.sync.device_changes(&alice.id, device, (to, to)).await.unwrap();
    assert_eq!(lists, sync::DeviceLists::default());
}
