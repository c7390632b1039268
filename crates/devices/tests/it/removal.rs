//! What goes with a device, and with a person.

use std::collections::BTreeMap;

use base::change::Change;
use base::number::LogPosition;
use devices::{BackupPart, Sending};
use ruma_common::room_id;
use serde_json::json;

use crate::world::{Identity, Phone, World, public, raw_value, signature, user_id};

#[tokio::test]
async fn a_device_goes_with_its_keys_its_signatures_and_what_waited_for_it() {
    let world = World::on_disk().await;
    let (alice, bob) = (Identity::new("alice"), Phone::new("bob", "B"));
    let (gone, stays) = (Phone::new("alice", "PHONE"), Phone::new("alice", "PHONE2"));
    for phone in [&gone, &stays] {
        phone.publishes(&world).await;
        phone.offers(&world, &[("a", 1)]).await.unwrap();
        phone.falls_back_on(&world, "f").await;
        let from = Sending {
            user: &bob.user,
            device: &bob.device,
            transaction: phone.device.as_str().into(),
        };
        world
            .devices
            .send_to_devices(from, "m.x", &phone.letter("hello"), &phone.known())
            .await
            .unwrap();
    }
    alice.publishes(&world).await;
    for phone in [&gone, &stays] {
        let master = phone.signed(alice.master_key());
        let objects = BTreeMap::from([(public(&alice.master), raw_value(&master))]);
        let objects = BTreeMap::from([(alice.user.clone(), objects)]);
        assert!(world.devices.add_signatures(&alice.user, &objects).await.unwrap().is_empty());
    }
    let end = world.store.log_end();
    world.devices.remove(&gone.user, &gone.device).await.unwrap();
    let told = Change::DeviceList { user: alice.user.clone() };
    assert_eq!(world.changes_since(end).await, [told]);

    let world = world.reopened().await;
    let found = world.query(&bob.user, &alice.user).await;
    assert_eq!(found.device_keys[&alice.user].keys().collect::<Vec<_>>(), ["PHONE2"]);
    let master = serde_json::to_value(&found.master_keys[&alice.user]).unwrap();
    assert!(signature(&master, &alice.user, "ed25519:PHONE").is_none());
    assert!(signature(&master, &alice.user, "ed25519:PHONE2").is_some());
    assert!(world.inbox(&gone).await.is_empty() && world.inbox(&stays).await.len() == 1);
    assert_eq!((world.left(&gone).await, world.left(&stays).await), (0, 1));
    assert_eq!(world.claim(&gone).await, None);
    assert_eq!(world.claim(&stays).await.unwrap(), "signed_curve25519:a");
    // The id is free again: another device may bear it, with keys of its own.
    Phone::new("alice", "PHONE").publishes(&world).await;
}

#[tokio::test]
async fn a_device_without_keys_goes_silently() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    world.devices.remove(&phone.user, &phone.device).await.unwrap();
    assert_eq!(world.store.log_end(), LogPosition(0));
}

#[tokio::test]
async fn nothing_of_a_person_who_leaves_stays() {
    let world = World::on_disk().await;
    let (alice, bob) = (Identity::new("alice"), Identity::new("bob"));
    let phone = Phone::new("alice", "PHONE");
    phone.publishes(&world).await;
    phone.offers(&world, &[("a", 1)]).await.unwrap();
    alice.publishes(&world).await;
    bob.publishes(&world).await;
    for (signer, signed) in [(&alice, &bob), (&bob, &alice)] {
        let object = signer.signed_by(&signer.user_signing, signed.master_key());
        let objects = BTreeMap::from([(public(&signed.master), raw_value(&object))]);
        let objects = BTreeMap::from([(signed.user.clone(), objects)]);
        assert!(world.devices.add_signatures(&signer.user, &objects).await.unwrap().is_empty());
    }
    let data = raw_value(&json!({ "x": 1 }));
    let devices = &world.devices;
    devices.set_account_data(&alice.user, None, "org.x", &data).await.unwrap();
    let room = room_id!("!room:s.example");
    devices.set_account_data(&alice.user, Some(room), "org.x", &data).await.unwrap();
    let filter = devices.add_filter(&alice.user, &data).await.unwrap();
    let version = devices.create_backup(&alice.user, "org.x", &data).await.unwrap();
    devices.remove_all(&alice.user).await.unwrap();

    let world = world.reopened().await;
    let devices = &world.devices;
    let found = world.query(&alice.user, &alice.user).await;
    assert!(found.device_keys[&alice.user].is_empty() && found.master_keys.is_empty());
    assert_eq!(world.claim(&phone).await, None);
    assert!(devices.account_datum(&alice.user, None, "org.x").await.unwrap().is_none());
    assert!(devices.account_data_in(&alice.user, room).await.unwrap().is_empty());
    assert!(devices.filter(&alice.user, &filter).await.unwrap().is_none());
    assert!(devices.backup_keys(&alice.user, &version, BackupPart::All).await.is_err());
    let theirs = world.query(&alice.user, &bob.user).await;
    let theirs = serde_json::to_value(&theirs.master_keys[&bob.user]).unwrap();
    let by = format!("ed25519:{}", public(&alice.user_signing));
    assert!(signature(&theirs, &user_id("alice"), &by).is_none());
}
