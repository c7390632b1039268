//! Pushers, and what push gateways are told.

use serde_json::{Value, json};

use crate::harness::{Gateway, PASSWORD, PATIENCE, Person, Server};
use crate::rooms::at;

const PUSHERS: &str = "/_matrix/client/v3/pushers";
const SET: &str = "/_matrix/client/v3/pushers/set";

fn pusher(url: &str, key: &str) -> Value {
    json!({
        "kind": "http", "app_id": "example.app", "pushkey": key, "app_display_name": "App",
        "device_display_name": "Phone", "profile_tag": "tag", "lang": "fr",
        "data": { "url": url, "brand": "chappe" },
    })
}

fn terse(url: &str, key: &str) -> Value {
    let mut pusher = pusher(url, key);
    pusher["data"]["format"] = json!("event_id_only");
    pusher
}

async fn pushers(person: &Person) -> Vec<Value> {
    person.get(PUSHERS).await.ok()["pushers"].as_array().unwrap().clone()
}

/// A server that asks gateways on this machine; Alice and Bob in a forum of hers; Bob's pusher.
struct Scene {
    server: Server,
    alice: Person,
    bob: Person,
    room: String,
    gateway: Gateway,
}

impl Scene {
    async fn new() -> Self {
        Self::with(pusher).await
    }

    async fn with(pusher: impl Fn(&str, &str) -> Value) -> Self {
        let server = Server::start_with(Gateway::ALLOWED).await;
        let (alice, bob) = (server.register("alice").await, server.register("bob").await);
        let forum = json!({ "preset": "public_chat", "name": "Forum" });
        let room = alice.creates_room(forum).await;
        bob.joins(&room).await;
        let gateway = Gateway::start().await;
        bob.post(SET, pusher(&gateway.url(), "bob's phone")).await.ok();
        Self { server, alice, bob, room, gateway }
    }

    async fn says(&self, text: &str) -> String {
        let transaction = text.replace(|c: char| !c.is_alphanumeric(), "-");
        self.alice.sends(&self.room, "m.room.message", &transaction, message(text)).await
    }
}

fn message(text: &str) -> Value {
    json!({ "msgtype": "m.text", "body": text })
}

#[tokio::test]
async fn a_pusher_is_set_shown_changed_kept_and_removed() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    assert!(pushers(&alice).await.is_empty());
    let set = pusher("https://push.example/_matrix/push/v1/notify", "key-of-alice-s-phone");
    alice.post(SET, set.clone()).await.ok();
    assert_eq!(pushers(&alice).await, [set]);
    let changed = terse("https://push.example/_matrix/push/v1/notify", "key-of-alice-s-phone");
    alice.post(SET, changed.clone()).await.ok();

    server.restart().await;
    let alice = server.again(&alice);
    assert_eq!(pushers(&alice).await, [changed]);
    assert!(server.files_with(b"key-of-alice-s-phone").is_empty());
    let none = json!({ "kind": null, "app_id": "example.app", "pushkey": "key-of-alice-s-phone" });
    alice.post(SET, none.clone()).await.ok();
    assert!(pushers(&alice).await.is_empty());
    alice.post(SET, none).await.ok();
}

#[tokio::test]
async fn what_is_no_pusher_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let right = pusher("https://push.example/_matrix/push/v1/notify", "key");
    let table = [
        ("/data/url", json!("http://push.example/_matrix/push/v1/notify")),
        ("/data/url", json!("http://127.0.0.1:1/_matrix/push/v1/notify")),
        ("/data/url", json!("https://127.0.0.1/_matrix/push/v1/notify")),
        ("/data/url", json!("https://[::1]/_matrix/push/v1/notify")),
        ("/data/url", json!("https://push.example/elsewhere")),
        ("/data/url", json!("https://a:b@push.example/_matrix/push/v1/notify")),
        ("/data/url", json!("nonsense")),
        ("/data/format", json!("everything")),
        ("/data/brand", json!("x".repeat(10_000))),
        ("/kind", json!("email")),
        ("/kind", json!("pigeon")),
        ("/pushkey", json!("x".repeat(513))),
        ("/pushkey", json!("")),
        ("/app_id", json!("x".repeat(65))),
        ("/lang", json!("x".repeat(300))),
    ];
    for (place, wrong) in table {
        let mut pusher = right.clone();
        let (parent, field) = place.rsplit_once('/').unwrap();
        pusher.pointer_mut(parent).unwrap()[field] = wrong;
        alice.post(SET, pusher).await.refused(400, "M_INVALID_PARAM");
    }
    for missing in ["kind", "app_id", "pushkey", "app_display_name", "lang", "data"] {
        let mut pusher = right.clone();
        pusher.as_object_mut().unwrap().remove(missing);
        alice.post(SET, pusher).await.refused(400, "M_BAD_JSON");
    }
    for number in 0..50 {
        let mut pusher = right.clone();
        pusher["pushkey"] = json!(number.to_string());
        alice.post(SET, pusher).await.ok();
    }
    alice.post(SET, right).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_message_in_a_forum_is_told_in_full() {
    let mut scene = Scene::new().await;
    let name = format!("/_matrix/client/v3/profile/{}/displayname", scene.alice.user_id);
    scene.alice.put(&name, json!({ "displayname": "Alice" })).await.ok();
    let event = scene.says("hello").await;
    let told = scene.gateway.next().await;
    assert_eq!(told["event_id"], json!(event));
    let device = &told["devices"][0];
    assert!(device["pushkey_ts"].as_u64().unwrap() > 1_600_000_000);
    let mut expected = json!({
        "event_id": event, "room_id": scene.room, "type": "m.room.message",
        "sender": scene.alice.user_id, "sender_display_name": "Alice", "room_name": "Forum",
        "prio": "high", "content": message("hello"), "counts": { "unread": 1 },
        "devices": [{
            "app_id": "example.app", "pushkey": "bob's phone", "data": { "brand": "chappe" },
            "tweaks": { "sound": "default" },
        }],
    });
    expected["devices"][0]["pushkey_ts"] = device["pushkey_ts"].clone();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_client_that_wants_to_be_told_which_event_it_is_is_told_no_more() {
    let mut scene = Scene::with(terse).await;
    let event = scene.says("hello").await;
    let told = scene.gateway.next().await;
    let keys: Vec<_> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["counts", "devices", "event_id", "prio", "room_id"]);
    let keys: Vec<_> = told["devices"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["app_id", "data", "pushkey", "pushkey_ts"]);
    assert_eq!(told["event_id"], json!(event));
    assert_eq!(told["devices"][0]["data"], json!({ "brand": "chappe", "format": "event_id_only" }));
}

#[tokio::test]
async fn of_an_encrypted_room_no_content_is_told() {
    let mut scene = Scene::new().await;
    let room = scene.alice.creates_room(json!({})).await;
    scene.alice.brings(&scene.bob, &room).await;
    let event = scene.alice.says(&room, "ciphertext").await;
    let mut told = scene.gateway.next().await;
    if told["type"] == "m.room.member" {
        // The invitation, where it was told before Bob came.
        told = scene.gateway.next().await;
    }
    assert_eq!((&told["event_id"], &told["prio"]), (&json!(event), &json!("high")));
    assert_eq!(told["type"], "m.room.encrypted");
    assert_eq!(told.get("content"), None);
}

#[tokio::test]
async fn an_invitation_is_told_to_whom_it_asks() {
    let mut scene = Scene::new().await;
    let room = scene.alice.creates_room(json!({ "preset": "public_chat" })).await;
    let invite = json!({ "user_id": scene.bob.user_id });
    scene.alice.post(&at(&room, "invite"), invite).await.ok();
    let told = scene.gateway.next().await;
    assert_eq!((&told["room_id"], &told["type"]), (&json!(room), &json!("m.room.member")));
    assert_eq!(told["user_is_target"], true);
    assert_eq!(told["devices"][0]["tweaks"], json!({ "sound": "default" }));
}

#[tokio::test]
async fn rules_say_what_is_told_and_how() {
    let mut scene = Scene::new().await;
    scene.server.register("carol").await.joins(&scene.room).await;
    let quiet = scene.says("in a group: no sound").await;
    let told = scene.gateway.next().await;
    assert_eq!((&told["event_id"], &told["prio"]), (&json!(quiet), &json!("low")));
    assert_eq!(told["devices"][0]["tweaks"], json!({}));
    let notice = json!({ "msgtype": "m.notice", "body": "never told" });
    scene.alice.sends(&scene.room, "m.room.message", "notice", notice).await;
    scene.bob.sends(&scene.room, "m.room.message", "own", message("one's own")).await;
    let mut mention = message("you");
    mention["m.mentions"] = json!({ "user_ids": [scene.bob.user_id] });
    let event = scene.alice.sends(&scene.room, "m.room.message", "mention", mention).await;
    let told = scene.gateway.next().await;
    assert_eq!((&told["event_id"], &told["prio"]), (&json!(event), &json!("high")));
    assert_eq!(told["devices"][0]["tweaks"], json!({ "sound": "default", "highlight": true }));

    let rule = format!("/_matrix/client/v3/pushrules/global/room/{}", scene.room);
    scene.bob.put(&rule, json!({ "actions": [] })).await.ok();
    scene.says("muted").await;
    scene.bob.delete(&rule).await.ok();
    let loud = scene.says("loud").await;
    assert_eq!(scene.gateway.next().await["event_id"], json!(loud));
}

#[tokio::test]
async fn who_reads_has_the_count_go_down() {
    let mut scene = Scene::new().await;
    scene.says("one").await;
    let two = scene.says("two").await;
    loop {
        let told = scene.gateway.next().await;
        if told["event_id"] == json!(two) {
            assert_eq!(told["counts"], json!({ "unread": 2 }));
            break;
        }
    }
    let receipt = at(&scene.room, &format!("receipt/m.read.private/{two}"));
    scene.bob.post(&receipt, json!({})).await.ok();
    while scene.gateway.count().await != json!(0) {}
}

#[tokio::test]
async fn a_gateway_that_fails_is_asked_again_also_after_a_restart() {
    let mut scene = Scene::new().await;
    scene.gateway.answers(500, json!({}));
    scene.gateway.answers(404, json!({ "errcode": "M_UNRECOGNIZED" }));
    let event = scene.says("urgent").await;
    for _ in 0..3 {
        assert_eq!(scene.gateway.next().await["event_id"], json!(event));
    }
    scene.gateway.answers(502, json!({}));
    let event = scene.says("more urgent").await;
    assert_eq!(scene.gateway.next().await["event_id"], json!(event));
    scene.server.kill().await;
    scene.server.start_again().await;
    assert_eq!(scene.gateway.next().await["event_id"], json!(event));

    // What was written when the server stopped in order.
    let alice = scene.server.again(&scene.alice);
    scene.gateway.answers(502, json!({}));
    let event = alice.sends(&scene.room, "m.room.message", "last", message("last")).await;
    assert_eq!(scene.gateway.next().await["event_id"], json!(event));
    scene.server.restart().await;
    assert_eq!(scene.gateway.next().await["event_id"], json!(event));
}

#[tokio::test]
async fn a_gateway_that_never_answers_holds_up_no_other() {
    let mut scene = Scene::new().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/_matrix/push/v1/notify");
    scene.bob.post(SET, pusher(&url, "silent")).await.ok();
    let carol = scene.server.register("carol").await;
    carol.post(SET, pusher(&url, "carol's")).await.ok();
    carol.joins(&scene.room).await;
    for text in ["one", "two", "three"] {
        let event = scene.says(text).await;
        assert_eq!(scene.gateway.next().await["event_id"], json!(event));
    }
}

#[tokio::test]
async fn a_pusher_that_its_gateway_rejects_is_removed() {
    let mut scene = Scene::new().await;
    scene.gateway.answers(200, json!({ "rejected": ["another's"] }));
    scene.says("one").await;
    scene.gateway.next().await;
    scene.gateway.answers(200, json!({ "rejected": ["bob's phone"] }));
    scene.says("two").await;
    scene.gateway.next().await;
    let gone = async {
        while !pushers(&scene.bob).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the pusher goes");
}

#[tokio::test]
async fn a_pusher_goes_with_its_session() {
    let mut scene = Scene::new().await;
    let other = scene.server.sign_in("bob").await;
    let url = scene.gateway.url();
    other.post(SET, pusher(&url, "bob's tablet")).await.ok();
    assert_eq!(pushers(&scene.bob).await.len(), 2);
    other.post("/_matrix/client/v3/logout", json!({})).await.ok();
    assert_eq!(pushers(&scene.bob).await.len(), 1);

    let other = scene.server.sign_in("bob").await;
    other.post(SET, pusher(&url, "bob's tablet")).await.ok();
    let change = json!({
        "new_password": "an entirely different one", "logout_devices": false,
        "auth": {
            "type": "m.login.password", "password": PASSWORD,
            "identifier": { "type": "m.id.user", "user": "bob" },
        },
    });
    scene.bob.post("/_matrix/client/v3/account/password", change).await.ok();
    let left = pushers(&scene.bob).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["pushkey"], "bob's phone");
    other.get(PUSHERS).await.ok();

    scene.says("to the phone alone").await;
    assert_eq!(scene.gateway.next().await["devices"][0]["pushkey"], "bob's phone");
}

#[tokio::test]
async fn a_device_is_one_person_s_unless_they_share_it() {
    let mut scene = Scene::new().await;
    let (url, carol) = (scene.gateway.url(), scene.server.register("carol").await);
    let mut shared = pusher(&url, "bob's phone");
    shared["append"] = json!(true);
    carol.post(SET, shared).await.ok();
    assert_eq!(pushers(&scene.bob).await.len(), 1);
    carol.post(SET, pusher(&url, "bob's phone")).await.ok();
    assert!(pushers(&scene.bob).await.is_empty());
    assert_eq!(pushers(&carol).await.len(), 1);
    carol.joins(&scene.room).await;
    let event = scene.says("to Carol").await;
    assert_eq!(scene.gateway.next().await["event_id"], json!(event));
}
