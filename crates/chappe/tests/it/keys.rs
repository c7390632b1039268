//! Keys of devices, cross-signing and signatures, as clients publish and ask for them.

use ruma_common::CanonicalJsonObject;
use ruma_common::serde::{Base64, base64::Standard};
use ruma_signatures::{Ed25519KeyPair, sign_json};
use serde_json::{Value, json};

use crate::harness::{Answer, Person, Server};

const UPLOAD: &str = "/_matrix/client/v3/keys/upload";
const QUERY: &str = "/_matrix/client/v3/keys/query";
const CLAIM: &str = "/_matrix/client/v3/keys/claim";
const SIGNING: &str = "/_matrix/client/v3/keys/device_signing/upload";
const SIGNATURES: &str = "/_matrix/client/v3/keys/signatures/upload";

/// A person's keys: their device's, and those for cross-signing.
pub(crate) struct Keys<'a> {
    person: &'a Person,
    device_id: &'a str,
    device: Ed25519KeyPair,
    master: Ed25519KeyPair,
    self_signing: Ed25519KeyPair,
    user_signing: Ed25519KeyPair,
}

impl<'a> Keys<'a> {
    pub(crate) fn of(person: &'a Person) -> Self {
        Self::of_device(person, &person.device_id)
    }

    /// Keys of a device that is not the one that the person is signed in on.
    pub(crate) fn of_device(person: &'a Person, device_id: &'a str) -> Self {
        Self {
            person,
            device_id,
            device: pair(Some(device_id)),
            master: pair(None),
            self_signing: pair(None),
            user_signing: pair(None),
        }
    }

    fn signed(&self, pair: &Ed25519KeyPair, object: Value) -> Value {
        let mut object: CanonicalJsonObject = serde_json::from_value(object).unwrap();
        sign_json(&self.person.user_id, pair, &mut object).unwrap();
        serde_json::to_value(object).unwrap()
    }

    fn identity(&self) -> Value {
        let id = self.device_id;
        json!({
            "user_id": self.person.user_id,
            "device_id": id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "keys": {
                format!("curve25519:{id}"): "s4Yu3UQKJeNGUE4Wfjp6JTjzXGqZ8YbEKBRhkJzKjTg",
                format!("ed25519:{id}"): public(&self.device),
            },
        })
    }

    pub(crate) fn one_time_key(&self, value: u8) -> Value {
        let key = Base64::<Standard, _>::new([value; 32]).encode();
        self.signed(&self.device, json!({ "key": key }))
    }

    fn cross_signing_key(&self, usage: &str, pair: &Ed25519KeyPair) -> Value {
        let public = public(pair);
        let user = &self.person.user_id;
        json!({ "user_id": user, "usage": [usage], "keys": { format!("ed25519:{public}"): public } })
    }

    fn identity_upload(&self) -> Value {
        let of = |usage, pair| self.signed(&self.master, self.cross_signing_key(usage, pair));
        json!({
            "master_key": self.cross_signing_key("master", &self.master),
            "self_signing_key": of("self_signing", &self.self_signing),
            "user_signing_key": of("user_signing", &self.user_signing),
        })
    }

    /// The device's identity with further fields, signed by it.
    pub(crate) fn signed_identity(&self, further: &Value) -> Value {
        let mut identity = self.identity();
        identity.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        self.signed(&self.device, identity)
    }

    /// Adds the signature of the person's self-signing key.
    pub(crate) fn cross_sign(&self, object: &mut Value) {
        *object = self.signed(&self.self_signing, object.take());
    }

    /// Publishes the person's first cross-signing keys.
    pub(crate) async fn publish_cross_signing(&self) {
        self.person.post(SIGNING, self.identity_upload()).await.ok();
    }

    pub(crate) async fn publish(&self) {
        let identity = self.signed(&self.device, self.identity());
        self.person.post(UPLOAD, json!({ "device_keys": identity })).await.ok();
    }
}

fn pair(name: Option<&str>) -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate();
    let own = || public(&Ed25519KeyPair::from_der(&document, "x".to_owned()).unwrap());
    let name = name.map_or_else(own, ToOwned::to_owned);
    Ed25519KeyPair::from_der(&document, name).unwrap()
}

fn public(pair: &Ed25519KeyPair) -> String {
    Base64::<Standard, _>::new(pair.public_key()).encode()
}

async fn query(asker: &Person, user: &Person) -> Value {
    asker.post(QUERY, json!({ "device_keys": { (&user.user_id): [] } })).await.ok()
}

async fn claim(asker: &Person, user: &Person) -> Value {
    let wanted = json!({ (&user.device_id): "signed_curve25519" });
    let claimed =
        asker.post(CLAIM, json!({ "one_time_keys": { (&user.user_id): wanted } })).await.ok();
    claimed["one_time_keys"][&user.user_id][&user.device_id].clone()
}

async fn two() -> (Server, Person, Person) {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    (server, alice, bob)
}

#[tokio::test]
async fn a_device_s_keys_are_found_with_the_name_that_the_person_gave_it() {
    let (_server, alice, bob) = two().await;
    let keys = Keys::of(&bob);
    keys.publish().await;
    let device = format!("/_matrix/client/v3/devices/{}", bob.device_id);
    bob.put(&device, json!({ "display_name": "Bob's telegraph" })).await.ok();

    let found = query(&alice, &bob).await;
    let mut found = found["device_keys"][&bob.user_id][&bob.device_id].clone();
    assert_eq!(found["unsigned"]["device_display_name"], "Bob's telegraph");
    found.as_object_mut().unwrap().remove("unsigned");
    assert_eq!(found, keys.signed(&keys.device, keys.identity()));
}

#[tokio::test]
async fn one_time_keys_are_claimed_once_then_the_fallback_and_the_next_sync_tells() {
    let (_server, alice, bob) = two().await;
    let keys = Keys::of(&bob);
    let upload = json!({
        "one_time_keys": { "signed_curve25519:AAAA": keys.one_time_key(1) },
        "fallback_keys": { "signed_curve25519:FALL": keys.one_time_key(2) },
    });
    let counts = bob.post(UPLOAD, upload.clone()).await.ok();
    assert_eq!(counts, json!({ "one_time_key_counts": { "signed_curve25519": 1 } }));
    let counts = bob.post(UPLOAD, upload).await.ok();
    assert_eq!(counts["one_time_key_counts"]["signed_curve25519"], 1, "a repeat adds nothing");
    let sync = bob.syncs("").await;
    assert_eq!(sync["device_one_time_keys_count"]["signed_curve25519"], 1);
    assert_eq!(sync["device_unused_fallback_key_types"], json!(["signed_curve25519"]));

    assert_eq!(claim(&alice, &bob).await["signed_curve25519:AAAA"], keys.one_time_key(1));
    assert_eq!(claim(&alice, &bob).await["signed_curve25519:FALL"], keys.one_time_key(2));
    assert_eq!(claim(&alice, &bob).await["signed_curve25519:FALL"], keys.one_time_key(2));
    let since = sync["next_batch"].as_str().unwrap();
    let sync = bob.syncs(&format!("?since={since}")).await;
    assert_eq!(sync["device_one_time_keys_count"]["signed_curve25519"], 0);
    assert_eq!(sync["device_unused_fallback_key_types"], json!([]));
}

#[tokio::test]
async fn what_a_device_may_not_publish_is_refused() {
    let (_server, alice, bob) = two().await;
    let keys = Keys::of(&alice);
    let first = json!({ "signed_curve25519:A": keys.one_time_key(1) });
    alice.post(UPLOAD, json!({ "one_time_keys": first })).await.ok();
    let other = json!({ "signed_curve25519:A": keys.one_time_key(2) });
    let unsigned = json!({ "signed_curve25519:B": "bare" });
    let of_another = Keys::of(&bob);
    let of_another = of_another.signed(&of_another.device, of_another.identity());
    let forged = keys.signed(&Keys::of(&alice).device, keys.identity());
    let table = [
        (json!({ "one_time_keys": other }), "M_INVALID_PARAM"),
        (json!({ "one_time_keys": unsigned }), "M_BAD_JSON"),
        (json!({ "one_time_keys": { "nonsense": {} } }), "M_BAD_JSON"),
        (json!({ "one_time_keys": [] }), "M_BAD_JSON"),
        (json!({ "device_keys": of_another }), "M_INVALID_PARAM"),
        (json!({ "device_keys": { "user_id": alice.user_id } }), "M_BAD_JSON"),
        (json!({ "device_keys": forged }), "M_INVALID_SIGNATURE"),
    ];
    for (upload, errcode) in table {
        alice.post(UPLOAD, upload).await.refused(400, errcode);
    }
}

#[tokio::test]
async fn people_of_other_servers_are_failures_and_unknown_ones_have_no_devices() {
    let (server, alice, _) = two().await;
    let asked = json!({ "@far:elsewhere.example": [], "@nobody:chappe.example": [] });
    let found = alice.post(QUERY, json!({ "device_keys": asked })).await.ok();
    assert!(found["failures"]["elsewhere.example"].is_object(), "{found}");
    assert_eq!(found["device_keys"]["@nobody:chappe.example"], json!({}));
    server.http.post(QUERY, json!({ "device_keys": {} })).await.refused(401, "M_MISSING_TOKEN");
}

/// Asks again for a confirmed upload, with the person's password.
async fn confirm(person: &Person, path: &str, mut body: Value, challenge: Answer) -> Answer {
    assert_eq!(challenge.status, 401, "{challenge:?}");
    let session = challenge.body["session"].clone();
    let user = json!({ "type": "m.id.user", "user": person.user_id });
    body["auth"] = json!({
        "type": "m.login.password", "identifier": user,
        "password": crate::harness::PASSWORD, "session": session,
    });
    person.post(path, body).await
}

#[tokio::test]
async fn a_first_identity_is_free_and_another_needs_the_password() {
    let (_server, alice, bob) = two().await;
    let (first, second) = (Keys::of(&alice), Keys::of(&alice));
    alice.post(SIGNING, first.identity_upload()).await.ok();
    alice.post(SIGNING, first.identity_upload()).await.ok();
    let challenge = alice.post(SIGNING, second.identity_upload()).await;
    assert_eq!(
        query(&bob, &alice).await["master_keys"][&alice.user_id]["keys"],
        first.identity_upload()["master_key"]["keys"]
    );
    confirm(&alice, SIGNING, second.identity_upload(), challenge).await.ok();

    let own = query(&alice, &alice).await;
    let theirs = query(&bob, &alice).await;
    let keys = second.identity_upload();
    assert_eq!(own["master_keys"][&alice.user_id], keys["master_key"]);
    assert_eq!(own["user_signing_keys"][&alice.user_id], keys["user_signing_key"]);
    assert_eq!(theirs["self_signing_keys"][&alice.user_id], keys["self_signing_key"]);
    assert!(theirs["user_signing_keys"][&alice.user_id].is_null(), "{theirs}");
}

#[tokio::test]
async fn an_identity_whose_signatures_do_not_hold_is_refused() {
    let (_server, alice, _) = two().await;
    let (keys, other) = (Keys::of(&alice), Keys::of(&alice));
    let mut badly = keys.identity_upload();
    badly["self_signing_key"] = other.identity_upload()["self_signing_key"].clone();
    alice.post(SIGNING, badly).await.refused(400, "M_INVALID_SIGNATURE");
    let mut without = keys.identity_upload();
    without.as_object_mut().unwrap().remove("master_key");
    alice.post(SIGNING, without).await.refused(400, "M_MISSING_PARAM");
}

#[tokio::test]
async fn signatures_are_added_and_each_bad_one_is_told() {
    let (_server, alice, bob) = two().await;
    let (keys, theirs) = (Keys::of(&alice), Keys::of(&bob));
    keys.publish().await;
    alice.post(SIGNING, keys.identity_upload()).await.ok();
    bob.post(SIGNING, theirs.identity_upload()).await.ok();
    let master = theirs.cross_signing_key("master", &theirs.master);
    let signed = json!({
        (&alice.user_id): {
            (&alice.device_id): keys.signed(&keys.self_signing, keys.identity()),
            "NOWHERE": keys.signed(&keys.self_signing, keys.identity()),
        },
        (&bob.user_id): { public(&theirs.master): keys.signed(&keys.self_signing, master.clone()) },
    });
    let told = alice.post(SIGNATURES, signed).await.ok();
    let failures = &told["failures"];
    assert_eq!(failures[&alice.user_id]["NOWHERE"]["errcode"], "M_NOT_FOUND");
    assert!(failures[&alice.user_id][&alice.device_id].is_null(), "{told}");
    let bad = &failures[&bob.user_id][public(&theirs.master)];
    assert_eq!(bad["errcode"], "M_INVALID_SIGNATURE");

    let well = json!({ (&bob.user_id): { public(&theirs.master): keys.signed(&keys.user_signing, master) } });
    assert_eq!(alice.post(SIGNATURES, well).await.ok(), json!({}));
    let by = format!("ed25519:{}", public(&keys.user_signing));
    let signature = |found: &Value| {
        found["master_keys"][&bob.user_id]["signatures"][&alice.user_id][&by].clone()
    };
    assert!(signature(&query(&alice, &bob).await).is_string());
    assert!(signature(&query(&bob, &bob).await).is_null());
    let device = query(&bob, &alice).await["device_keys"][&alice.user_id][&alice.device_id].clone();
    let by = format!("ed25519:{}", public(&keys.self_signing));
    assert!(device["signatures"][&alice.user_id][&by].is_string(), "{device}");
}

#[tokio::test]
async fn who_shares_an_encrypted_room_is_told_of_new_keys_and_of_a_device_that_went() {
    let (server, alice, bob) = two().await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    let changed = async |since: &str| {
        let sync = alice.syncs(&format!("?since={since}")).await;
        (sync["device_lists"]["changed"].clone(), sync["next_batch"].as_str().unwrap().to_owned())
    };
    let since = alice.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    Keys::of(&bob).publish().await;
    let (who, after) = changed(&since).await;
    assert_eq!(who, json!([bob.user_id]));
    let path = format!("/_matrix/client/v3/keys/changes?from={since}&to={after}");
    assert_eq!(alice.get(&path).await.ok()["changed"], json!([bob.user_id]));

    let laptop = server.sign_in("bob").await;
    Keys::of(&laptop).publish().await;
    let (_, after) = changed(&after).await;
    laptop.post("/_matrix/client/v3/logout", json!({})).await.ok();
    assert_eq!(changed(&after).await.0, json!([bob.user_id]));
    let devices = query(&alice, &bob).await["device_keys"][&bob.user_id].clone();
    assert!(devices[&laptop.device_id].is_null() && devices[&bob.device_id].is_object());
}
