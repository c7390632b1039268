//! A device's identity: its own, signed by itself, and for ever the same.

use base::change::Change;
use base::number::LogPosition;
use devices::{DeviceError, KeyUpload};
use ruma_common::{CanonicalJsonObject, CanonicalJsonValue, device_id, user_id};
use serde_json::{Value, json};

use crate::world::{Phone, World, object, raw};

async fn upload(
    world: &World,
    phone: &Phone,
    identity: &CanonicalJsonObject,
) -> Result<(), DeviceError> {
    let upload = KeyUpload { device_keys: Some(raw(identity)), ..KeyUpload::default() };
    world.devices.upload_keys(&phone.user, &phone.device, &upload).await.map(drop)
}

fn with(mut identity: CanonicalJsonObject, field: &str, value: Value) -> CanonicalJsonObject {
    identity.insert(field.to_owned(), CanonicalJsonValue::try_from(value).unwrap());
    identity
}

#[tokio::test]
async fn an_identity_is_answered_as_it_was_uploaded() {
    let world = World::on_disk().await;
    let phone = Phone::new("alice", "PHONE");
    let extra = with(phone.unsigned_identity(), "org.example.more", json!({ "kept": 1 }));
    let identity = phone.signed(extra);
    upload(&world, &phone, &identity).await.unwrap();
    let world = world.reopened().await;

    let found = world.query(user_id!("@bob:s.example"), &phone.user).await;
    assert_eq!(found.device_keys[&phone.user][&phone.device], identity);
}

#[tokio::test]
async fn what_is_not_the_device_s_own_is_refused() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    let other = Phone::new("alice", "LAPTOP");
    let of = |field: &str, value| phone.signed(with(phone.unsigned_identity(), field, value));
    let stranger = format!("ed25519:{}", other.device);
    let keys = json!({ "ed25519:PHONE": phone.public(), (stranger): other.public() });
    let short = json!({ "ed25519:PHONE": "c2hvcnQ" });
    let table = [
        ("another person", of("user_id", json!("@bob:s.example"))),
        ("another device", of("device_id", json!("LAPTOP"))),
        ("a key of another device", of("keys", keys)),
        ("no ed25519 key", of("keys", json!({ "curve25519:PHONE": "x" }))),
        ("a key that is none", of("keys", short)),
        ("no signature", with(phone.unsigned_identity(), "signatures", json!({}))),
        ("another's signature", other.signed(phone.unsigned_identity())),
        ("changed after signing", with(of("algorithms", json!([])), "algorithms", json!(["m.x"]))),
    ];
    for (what, identity) in table {
        let refused = upload(&world, &phone, &identity).await;
        let named =
            matches!(refused, Err(DeviceError::Invalid(_) | DeviceError::InvalidSignature(_)));
        assert!(named, "{what}: {refused:?}");
    }
    let found = world.query(&phone.user, &phone.user).await;
    assert!(found.device_keys[&phone.user].is_empty());
}

#[tokio::test]
async fn the_identity_keys_of_a_device_never_change() {
    let world = World::in_memory().await;
    let (phone, thief) = (Phone::new("alice", "PHONE"), Phone::new("alice", "PHONE"));
    phone.publishes(&world).await;
    let identity = thief.signed(thief.unsigned_identity());
    assert!(matches!(upload(&world, &phone, &identity).await, Err(DeviceError::Invalid(_))));

    let more = with(phone.unsigned_identity(), "algorithms", json!(["m.new"]));
    upload(&world, &phone, &phone.signed(more)).await.unwrap();
    let found = world.query(&phone.user, &phone.user).await;
    let keys = serde_json::to_value(&found.device_keys[&phone.user][&phone.device]).unwrap();
    assert_eq!(keys["algorithms"], json!(["m.new"]));
    assert_eq!(keys["keys"]["ed25519:PHONE"], json!(phone.public()));
}

#[tokio::test]
async fn a_new_identity_is_told_once_and_a_repeated_one_is_not() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    phone.publishes(&world).await;
    phone.publishes(&world).await;
    let told = Change::DeviceList { user: phone.user.clone() };
    assert_eq!(world.changes_since(LogPosition(0)).await, [told]);
}

#[tokio::test]
async fn only_the_devices_asked_for_are_answered() {
    let world = World::in_memory().await;
    let (phone, laptop) = (Phone::new("alice", "PHONE"), Phone::new("alice", "LAPTOP"));
    phone.publishes(&world).await;
    laptop.publishes(&world).await;
    let query = [(phone.user.clone(), vec![device_id!("LAPTOP").to_owned()])].into();
    let found = world.devices.query_keys(&phone.user, &query).await.unwrap();
    assert_eq!(found.device_keys[&phone.user].keys().collect::<Vec<_>>(), ["LAPTOP"]);
}

#[tokio::test]
async fn numbers_without_a_canonical_form_are_refused() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    let mut identity = serde_json::to_value(object(json!({}))).unwrap();
    let own = serde_json::to_value(phone.signed(phone.unsigned_identity())).unwrap();
    identity.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    identity["weight"] = json!(1.5);
    let device_keys = ruma_common::serde::Raw::from_json(crate::world::raw_value(&identity));
    let upload = KeyUpload { device_keys: Some(device_keys), ..KeyUpload::default() };
    let refused = world.devices.upload_keys(&phone.user, &phone.device, &upload).await;
    assert!(matches!(refused, Err(DeviceError::Malformed(_))), "{refused:?}");
}
