//! Dehydrated devices (MSC3814): a device that waits on the server for its person's next session.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::keys::Keys;

const DEVICE: &str = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device";

fn data(secret: &str) -> Value {
    json!({ "algorithm": "org.matrix.msc3814.v2", "device_pickle": secret, "nonce": "n" })
}

/// A device that waits, with the keys that sign and answer for it.
struct Waiting<'a> {
    keys: Keys<'a>,
    id: &'a str,
}

impl<'a> Waiting<'a> {
    fn of(person: &'a Person, id: &'a str) -> Self {
        Self { keys: Keys::of_device(person, id), id }
    }

    fn upload(&self, secret: &str) -> Value {
        let mut identity = self.keys.signed_identity(&json!({ "dehydrated": true }));
        self.keys.cross_sign(&mut identity);
        json!({
            "device_id": self.id, "device_data": data(secret), "device_keys": identity,
            "initial_device_display_name": "Waiting",
            "one_time_keys": { "signed_curve25519:A": self.keys.one_time_key(1) },
            "fallback_keys": { "signed_curve25519:F": self.keys.one_time_key(2) },
        })
    }

    async fn is_put(&self, person: &Person, secret: &str) {
        let put = person.put(DEVICE, self.upload(secret)).await.ok();
        assert_eq!(put, json!({ "device_id": self.id }));
    }
}

async fn queried(asker: &Person, of: &Person) -> Value {
    let query = json!({ "device_keys": { (&of.user_id): [] } });
    let found = asker.post("/_matrix/client/v3/keys/query", query).await.ok();
    found["device_keys"][&of.user_id].clone()
}

async fn claims(asker: &Person, of: &Person, device: &str) -> Value {
    let claim = json!({ "one_time_keys": { (&of.user_id): { device: "signed_curve25519" } } });
    let claimed = asker.post("/_matrix/client/v3/keys/claim", claim).await.ok();
    claimed["one_time_keys"][&of.user_id][device].clone()
}

async fn sends(from: &Person, to: &Person, device: &str, word: &str) {
    let path = format!("/_matrix/client/v3/sendToDevice/m.room.encrypted/{word}");
    let messages = json!({ "messages": { (&to.user_id): { device: { "word": word } } } });
    from.put(&path, messages).await.ok();
}

fn words(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|event| event["content"]["word"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_device_that_waits_has_keys_and_no_session() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    bob.get(DEVICE).await.refused(404, "M_NOT_FOUND");
    bob.delete(DEVICE).await.refused(404, "M_NOT_FOUND");
    let waiting = Waiting::of(&bob, "WAITING");
    waiting.keys.publish_cross_signing().await;
    waiting.is_put(&bob, "pickle").await;

    let kept = bob.get(DEVICE).await.ok();
    assert_eq!(kept, json!({ "device_id": "WAITING", "device_data": data("pickle") }));
    let shown = queried(&alice, &bob).await["WAITING"].clone();
    assert_eq!(shown["dehydrated"], true);
    assert_eq!(shown["unsigned"]["device_display_name"], "Waiting");
    let signatures = shown["signatures"][&bob.user_id].as_object().unwrap();
    assert_eq!(signatures.len(), 2, "its own, and its person's");
    let devices = bob.get("/_matrix/client/v3/devices").await.ok();
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1);

    let key = |claimed: &Value, id: &str| claimed.get(id).is_some();
    assert!(key(&claims(&alice, &bob, "WAITING").await, "signed_curve25519:A"));
    assert!(key(&claims(&alice, &bob, "WAITING").await, "signed_curve25519:F"));
    assert!(server.files_with(b"Waiting").is_empty(), "its name is sealed");
    alice.get(DEVICE).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn messages_wait_until_the_device_is_given_up() {
    let mut server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    Waiting::of(&bob, "WAITING").is_put(&bob, "pickle").await;
    for number in 0..101 {
        sends(&alice, &bob, if number % 2 == 0 { "WAITING" } else { "*" }, &format!("w{number}"))
            .await;
    }
    server.restart().await;
    let (alice, bob) = (server.again(&alice), server.again(&bob));
    let events = format!("{DEVICE}/WAITING/events");

    // As deployed clients ask: until nothing comes.
    for _ in 0..2 {
        let first = bob.post(&events, json!({})).await.ok();
        assert_eq!(words(&first).len(), 100);
        assert_eq!(words(&first)[..2], ["w0", "w1"]);
        assert_eq!(first["events"][0]["sender"], json!(alice.user_id));
        assert_eq!(first["events"][0]["type"], "m.room.encrypted");
        let second = json!({ "next_batch": first["next_batch"] });
        let second = bob.post(&events, second).await.ok();
        assert_eq!(words(&second), ["w100"]);
        let third = json!({ "next_batch": second["next_batch"] });
        assert_eq!(words(&bob.post(&events, third).await.ok()), [""; 0]);
    }
    // As the proposal says now: until there is no token.
    let first = bob.get(&events).await.ok();
    let next = first["next_batch"].as_str().unwrap();
    let second = bob.get(&format!("{events}?from={next}")).await.ok();
    assert_eq!((words(&second), second.get("next_batch")), (vec!["w100"], None));

    let nonsense = json!({ "next_batch": "nonsense" });
    bob.post(&events, nonsense).await.refused(400, "M_INVALID_PARAM");
    bob.get(&format!("{events}?from=nonsense")).await.refused(400, "M_INVALID_PARAM");
    for (who, path) in [(&bob, format!("{DEVICE}/OTHER/events")), (&alice, events.clone())] {
        who.post(&path, json!({})).await.refused(403, "M_FORBIDDEN");
        who.get(&path).await.refused(403, "M_FORBIDDEN");
    }

    assert_eq!(bob.delete(DEVICE).await.ok(), json!({ "device_id": "WAITING" }));
    bob.post(&events, json!({})).await.refused(403, "M_FORBIDDEN");
    assert_eq!(queried(&alice, &bob).await.get("WAITING"), None);
    Waiting::of(&bob, "NEXT").is_put(&bob, "pickle").await;
    sends(&alice, &bob, "NEXT", "late").await;
    let events = format!("{DEVICE}/NEXT/events");
    assert_eq!(words(&bob.post(&events, json!({})).await.ok()), ["late"]);
}

#[tokio::test]
async fn a_person_has_one_at_a_time_and_it_goes_with_their_devices() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let first = Waiting::of(&bob, "FIRST");
    first.is_put(&bob, "one").await;
    sends(&alice, &bob, "FIRST", "hello").await;
    // The same again is the same: an answer may have been lost.
    first.is_put(&bob, "one").await;
    let events = format!("{DEVICE}/FIRST/events");
    assert_eq!(words(&bob.post(&events, json!({})).await.ok()), ["hello"]);

    let before = bob.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    Waiting::of(&bob, "SECOND").is_put(&bob, "two").await;
    let changed = bob.syncs(&format!("?since={before}")).await;
    assert_eq!(changed["device_lists"]["changed"], json!([bob.user_id]));
    let found = queried(&alice, &bob).await;
    assert_eq!((found.get("FIRST"), found.get("SECOND").is_some()), (None, true));
    assert_eq!(claims(&alice, &bob, "FIRST").await, Value::Null);
    bob.post(&events, json!({})).await.refused(403, "M_FORBIDDEN");

    bob.post("/_matrix/client/v3/logout/all", json!({})).await.ok();
    let bob = server.sign_in("bob").await;
    bob.get(DEVICE).await.refused(404, "M_NOT_FOUND");
    assert_eq!(queried(&alice, &bob).await, json!({}));
}

#[tokio::test]
async fn what_is_no_device_is_not_kept() {
    let server = Server::start().await;
    let bob = server.register("bob").await;
    let waiting = Waiting::of(&bob, "WAITING");
    let with = |key: &str, value: Value| {
        let mut upload = waiting.upload("pickle");
        upload[key] = value;
        upload
    };
    let own = Waiting::of(&bob, &bob.device_id);
    let mut unsigned = waiting.upload("pickle");
    unsigned["device_keys"]["signatures"] = json!({});
    let table = [
        (own.upload("pickle"), "M_INVALID_PARAM"),
        (with("device_id", json!("OTHER")), "M_INVALID_PARAM"),
        (with("device_data", json!("text")), "M_BAD_JSON"),
        (with("device_data", json!({ "device_pickle": "x" })), "M_BAD_JSON"),
        (with("device_keys", json!({})), "M_BAD_JSON"),
        (unsigned, "M_INVALID_SIGNATURE"),
        (json!({ "device_id": "WAITING", "device_data": data("x") }), "M_BAD_JSON"),
        (with("initial_device_display_name", json!("n".repeat(256))), "M_INVALID_PARAM"),
    ];
    for (upload, errcode) in table {
        bob.put(DEVICE, upload).await.refused(400, errcode);
    }
    let large = with("device_data", data(&"x".repeat(300_000)));
    bob.put(DEVICE, large).await.refused(413, "M_TOO_LARGE");
    bob.get(DEVICE).await.refused(404, "M_NOT_FOUND");
    let strangers = server.http.request(Method::PUT, DEVICE, &[], "{}").await;
    strangers.refused(401, "M_MISSING_TOKEN");
}
