//! Cross-signing: whose keys they are, who may replace them, and whose signatures are seen by whom.

use std::collections::BTreeMap;

use base::change::Change;
use devices::{CrossSigningKeys, DeviceError, Identity as Proof, SignedObjects};
use ruma_common::CanonicalJsonObject;
use serde_json::{Value, json};

use crate::world::{
    Identity, Phone, World, cross_signing_pair, object, public, raw, raw_value, signature, user_id,
};

async fn upload(world: &World, who: &Identity, proof: Proof) -> Result<(), DeviceError> {
    world.devices.upload_cross_signing_keys(&who.user, &who.upload(), proof).await
}

fn signed(user: &str, name: &str, object: &CanonicalJsonObject) -> SignedObjects {
    let objects = BTreeMap::from([(name.to_owned(), raw_value(object))]);
    SignedObjects::from([(user_id(user), objects)])
}

/// What somebody is shown of a person's keys of one kind.
async fn shown(world: &World, asker: &str, user: &str, kind: &str) -> Value {
    let mut found = world.query(&user_id(asker), &user_id(user)).await;
    let keys = match kind {
        "master" => &mut found.master_keys,
        "self_signing" => &mut found.self_signing_keys,
        _ => &mut found.user_signing_keys,
    };
    serde_json::to_value(keys.remove(&user_id(user))).unwrap()
}

#[tokio::test]
async fn the_user_signing_key_is_its_owner_s_alone_to_see() {
    let world = World::on_disk().await;
    let alice = Identity::new("alice");
    alice.publishes(&world).await;
    let world = world.reopened().await;
    for kind in ["master", "self_signing"] {
        assert!(shown(&world, "bob", "alice", kind).await.is_object(), "{kind}");
    }
    assert!(shown(&world, "bob", "alice", "user_signing").await.is_null());
    assert!(shown(&world, "alice", "alice", "user_signing").await.is_object());
}

#[tokio::test]
async fn the_first_keys_and_the_same_again_are_free_and_others_must_be_confirmed() {
    let world = World::in_memory().await;
    let (alice, thief) = (Identity::new("alice"), Identity::new("alice"));
    upload(&world, &alice, Proof::Unconfirmed).await.unwrap();
    let end = world.store.log_end();
    upload(&world, &alice, Proof::Unconfirmed).await.unwrap();
    assert_eq!(world.store.log_end(), end);

    let refused = upload(&world, &thief, Proof::Unconfirmed).await;
    assert!(matches!(refused, Err(DeviceError::Unconfirmed)), "{refused:?}");
    let other = Identity { user_signing: cross_signing_pair(), ..alice };
    let refused = upload(&world, &other, Proof::Unconfirmed).await;
    assert!(matches!(refused, Err(DeviceError::Unconfirmed)), "{refused:?}");
    upload(&world, &other, Proof::Confirmed).await.unwrap();
    let key = shown(&world, "alice", "alice", "user_signing").await;
    assert_eq!(key["keys"], json!(other.key("user_signing", &other.user_signing)["keys"]));
}

#[tokio::test]
async fn only_one_of_two_first_uploads_at_once_is_free() {
    let world = World::in_memory().await;
    let (one, two) = (Identity::new("alice"), Identity::new("alice"));
    let done = tokio::join!(
        upload(&world, &one, Proof::Unconfirmed),
        upload(&world, &two, Proof::Unconfirmed)
    );
    let free = [done.0.is_ok(), done.1.is_ok()];
    assert_eq!(free.iter().filter(|free| **free).count(), 1, "{free:?}");
}

#[tokio::test]
async fn keys_that_are_not_what_they_say_are_refused() {
    let world = World::in_memory().await;
    let alice = Identity::new("alice");
    let stranger = Identity::new("alice");
    let phone = Phone::new("alice", "PHONE");
    phone.publishes(&world).await;
    let master = |key: CanonicalJsonObject| CrossSigningKeys {
        master: Some(raw(&key)),
        ..CrossSigningKeys::default()
    };
    let two = json!({ "ed25519:a": "a", "ed25519:b": "b" });
    let with = |field: &str, value: Value| {
        let mut key = serde_json::to_value(alice.master_key()).unwrap();
        key[field] = value;
        master(object(key))
    };
    let unsigned = CrossSigningKeys {
        self_signing: Some(raw(&alice.key("self_signing", &alice.self_signing))),
        ..alice.upload()
    };
    let badly = CrossSigningKeys { self_signing: stranger.upload().self_signing, ..alice.upload() };
    let forged = phone.signed(alice.master_key());
    let mut forged = serde_json::to_value(forged).unwrap();
    forged["signatures"]["@alice:s.example"]["ed25519:PHONE"] = json!("Zm9yZ2Vk");
    let table = [
        ("another's", with("user_id", json!("@bob:s.example")), "invalid"),
        ("another usage", with("usage", json!(["self_signing"])), "invalid"),
        ("two keys", with("keys", two), "invalid"),
        ("no key", with("keys", json!({})), "invalid"),
        ("a name not its own", with("keys", json!({ "ed25519:x": "y" })), "invalid"),
        ("unsigned", unsigned, "signature"),
        ("signed by another master key", badly, "signature"),
        ("a forged signature by a device", master(object(forged)), "signature"),
        ("no master key", CrossSigningKeys { master: None, ..alice.upload() }, "missing"),
    ];
    for (what, keys, expected) in table {
        let proof = Proof::Confirmed;
        let refused = world.devices.upload_cross_signing_keys(&alice.user, &keys, proof).await;
        let kind = match refused {
            Err(DeviceError::Invalid(_)) => "invalid",
            Err(DeviceError::InvalidSignature(_)) => "signature",
            Err(DeviceError::MissingKey(_)) => "missing",
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(kind, expected, "{what}");
    }
    assert!(!world.devices.has_cross_signing_keys(&alice.user).await.unwrap());
}

#[tokio::test]
async fn a_device_and_a_key_are_never_called_the_same() {
    let world = World::in_memory().await;
    let alice = Identity::new("alice");
    let phone = Phone::new("alice", &public(&alice.master));
    phone.publishes(&world).await;
    let refused = upload(&world, &alice, Proof::Unconfirmed).await;
    assert!(matches!(refused, Err(DeviceError::Forbidden(_))), "{refused:?}");

    let bob = Identity::new("bob");
    bob.publishes(&world).await;
    let phone = Phone::new("bob", &public(&bob.self_signing));
    let upload = devices::KeyUpload { device_keys: Some(phone.identity()), ..Default::default() };
    let refused = world.devices.upload_keys(&phone.user, &phone.device, &upload).await;
    assert!(matches!(refused, Err(DeviceError::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn a_person_s_signatures_on_their_own_keys_are_seen_by_all() {
    let world = World::on_disk().await;
    let (alice, phone) = (Identity::new("alice"), Phone::new("alice", "PHONE"));
    phone.publishes(&world).await;
    alice.publishes(&world).await;
    let end = world.store.log_end();
    let device = alice.signed_by(&alice.self_signing, phone.unsigned_identity());
    let master = phone.signed(alice.master_key());
    let mut objects = signed("alice", "PHONE", &device);
    let name = public(&alice.master);
    objects.get_mut(&alice.user).unwrap().insert(name, raw_value(&master));
    assert!(world.devices.add_signatures(&alice.user, &objects).await.unwrap().is_empty());
    let told = Change::DeviceList { user: alice.user.clone() };
    assert_eq!(world.changes_since(end).await, vec![told; 2]);

    let world = world.reopened().await;
    let found = world.query(&user_id("bob"), &alice.user).await;
    let device = serde_json::to_value(&found.device_keys[&alice.user][&phone.device]).unwrap();
    let by = format!("ed25519:{}", public(&alice.self_signing));
    assert!(signature(&device, &alice.user, &by).is_some(), "{device}");
    assert!(signature(&device, &alice.user, "ed25519:PHONE").is_some());
    let master = serde_json::to_value(&found.master_keys[&alice.user]).unwrap();
    assert!(signature(&master, &alice.user, "ed25519:PHONE").is_some());
}

#[tokio::test]
async fn a_signature_on_another_person_is_seen_by_the_signer_alone() {
    let world = World::in_memory().await;
    let (alice, bob) = (Identity::new("alice"), Identity::new("bob"));
    alice.publishes(&world).await;
    bob.publishes(&world).await;
    let end = world.store.log_end();
    let object = alice.signed_by(&alice.user_signing, bob.master_key());
    let objects = signed("bob", &public(&bob.master), &object);
    assert!(world.devices.add_signatures(&alice.user, &objects).await.unwrap().is_empty());
    let told = Change::Signed { user: alice.user.clone(), of: bob.user.clone() };
    assert_eq!(world.changes_since(end).await, [told]);

    let by = format!("ed25519:{}", public(&alice.user_signing));
    for (asker, sees) in [("alice", true), ("bob", false), ("carol", false)] {
        let master = shown(&world, asker, "bob", "master").await;
        assert_eq!(signature(&master, &alice.user, &by).is_some(), sees, "{asker}");
    }
}

#[tokio::test]
async fn each_signature_that_does_not_hold_is_told_and_the_others_count() {
    let world = World::in_memory().await;
    let (alice, bob) = (Identity::new("alice"), Identity::new("bob"));
    let (phone, other) = (Phone::new("alice", "PHONE"), Phone::new("bob", "OTHER"));
    for phone in [&phone, &other] {
        phone.publishes(&world).await;
    }
    alice.publishes(&world).await;
    bob.publishes(&world).await;
    let good = alice.signed_by(&alice.self_signing, phone.unsigned_identity());
    let mut changed = phone.unsigned_identity();
    changed.remove("algorithms");
    let mut forged = serde_json::to_value(&good).unwrap();
    let by = format!("ed25519:{}", public(&alice.self_signing));
    forged["signatures"]["@alice:s.example"][&by] = json!("Zm9yZ2Vk");
    let wrong_key = alice.signed_by(&alice.self_signing, bob.master_key());
    let table = [
        ("forged", signed("alice", "PHONE", &object(forged)), "signature"),
        (
            "another content",
            signed("alice", "PHONE", &alice.signed_by(&alice.self_signing, changed)),
            "signature",
        ),
        ("unsigned", signed("alice", "PHONE", &phone.unsigned_identity()), "signature"),
        (
            "by a key that may not",
            signed("alice", "PHONE", &alice.signed_by(&alice.master, phone.unsigned_identity())),
            "signature",
        ),
        ("by the wrong key", signed("bob", &public(&bob.master), &wrong_key), "signature"),
        ("unknown", signed("alice", "NOWHERE", &good), "missing"),
        (
            "another's device",
            signed(
                "bob",
                "OTHER",
                &alice.signed_by(&alice.user_signing, other.unsigned_identity()),
            ),
            "missing",
        ),
    ];
    for (what, mut objects, expected) in table {
        let own = objects.entry(alice.user.clone()).or_default();
        let bad_is_own_phone = own.contains_key("PHONE");
        if !bad_is_own_phone {
            own.insert("PHONE".to_owned(), raw_value(&good));
        }
        let failures = world.devices.add_signatures(&alice.user, &objects).await.unwrap();
        let told: Vec<_> = failures.values().flat_map(BTreeMap::values).collect();
        let [error] = told.as_slice() else { panic!("{what}: {failures:?}") };
        let kind = match error {
            DeviceError::InvalidSignature(_) => "signature",
            DeviceError::NotFound(_) => "missing",
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(kind, expected, "{what}");
    }
    let found = world.query(&alice.user, &alice.user).await;
    let device = serde_json::to_value(&found.device_keys[&alice.user][&phone.device]).unwrap();
    assert!(signature(&device, &alice.user, &by).is_some_and(|it| it != "Zm9yZ2Vk"));
}

#[tokio::test]
async fn a_signature_goes_when_the_device_says_something_else() {
    let world = World::in_memory().await;
    let (alice, phone) = (Identity::new("alice"), Phone::new("alice", "PHONE"));
    phone.publishes(&world).await;
    alice.publishes(&world).await;
    let device = alice.signed_by(&alice.self_signing, phone.unsigned_identity());
    world.devices.add_signatures(&alice.user, &signed("alice", "PHONE", &device)).await.unwrap();
    let mut other = phone.unsigned_identity();
    other.insert("algorithms".to_owned(), serde_json::from_value(json!(["m.new"])).unwrap());
    let device_keys = Some(raw(&phone.signed(other)));
    let upload = devices::KeyUpload { device_keys, ..Default::default() };
    world.devices.upload_keys(&phone.user, &phone.device, &upload).await.unwrap();

    let found = world.query(&alice.user, &alice.user).await;
    let device = serde_json::to_value(&found.device_keys[&alice.user][&phone.device]).unwrap();
    let by = format!("ed25519:{}", public(&alice.self_signing));
    assert!(signature(&device, &alice.user, &by).is_none(), "{device}");
    assert!(signature(&device, &alice.user, "ed25519:PHONE").is_some());
}

#[tokio::test]
async fn a_new_identity_takes_the_old_one_s_keys_and_signatures_with_it() {
    let world = World::in_memory().await;
    let (old, new) = (Identity::new("alice"), Identity::new("alice"));
    let phone = Phone::new("alice", "PHONE");
    phone.publishes(&world).await;
    old.publishes(&world).await;
    let device = old.signed_by(&old.self_signing, phone.unsigned_identity());
    world.devices.add_signatures(&old.user, &signed("alice", "PHONE", &device)).await.unwrap();
    let master = CrossSigningKeys { master: new.upload().master, ..CrossSigningKeys::default() };
    let proof = Proof::Confirmed;
    world.devices.upload_cross_signing_keys(&new.user, &master, proof).await.unwrap();

    assert!(shown(&world, "alice", "alice", "self_signing").await.is_null());
    assert!(shown(&world, "alice", "alice", "user_signing").await.is_null());
    let found = world.query(&new.user, &new.user).await;
    let device = serde_json::to_value(&found.device_keys[&new.user][&phone.device]).unwrap();
    let by = format!("ed25519:{}", public(&old.self_signing));
    assert!(signature(&device, &new.user, &by).is_none(), "{device}");
}
