//! Administrators lock and suspend accounts, and see who is signed in.

use serde_json::{Value, json};

use crate::harness::{ADMINISTRATION, PASSWORD, Person, Server};

const LOCK: &str = "/_matrix/client/v1/admin/lock";
const SUSPEND: &str = "/_matrix/client/v1/admin/suspend";
const WHOIS: &str = "/_matrix/client/v3/admin/whois";

/// A server, its administrator, and somebody to decide about.
async fn scene() -> (Server, Person, Person) {
    let configuration = format!("{ADMINISTRATION}\n[rooms]\nencryption = \"optional\"");
    let server = Server::start_with(&configuration).await;
    let (chief, alice) =
        (server.register_administrator("root").await, server.register("alice").await);
    (server, chief, alice)
}

/// Decides about somebody.
async fn decides(chief: &Person, what: &str, of: &Person, on: bool) -> Value {
    let field = if what == LOCK { "locked" } else { "suspended" };
    let path = format!("{what}/{}", of.user_id);
    let told = chief.put(&path, json!({ field: on })).await.ok();
    assert_eq!(told, json!({ field: on }));
    assert_eq!(chief.get(&path).await.ok(), told);
    told
}

#[tokio::test]
async fn a_locked_person_can_sign_out_and_nothing_else() {
    let (server, chief, alice) = scene().await;
    decides(&chief, LOCK, &alice, true).await;
    for path in ["/_matrix/client/v3/account/whoami", "/_matrix/client/v3/sync"] {
        let refusal = alice.get(path).await.refused(401, "M_USER_LOCKED");
        assert_eq!(refusal["soft_logout"], true);
    }
    let room = alice.post("/_matrix/client/v3/createRoom", json!({})).await;
    room.refused(401, "M_USER_LOCKED");
    let login = json!({
        "type": "m.login.password", "password": PASSWORD,
        "identifier": { "type": "m.id.user", "user": "alice" },
    });
    let again = server.http.post("/_matrix/client/v3/login", login).await;
    assert_eq!(again.refused(401, "M_USER_LOCKED")["soft_logout"], true);
    decides(&chief, LOCK, &alice, false).await;
    alice.get("/_matrix/client/v3/account/whoami").await.ok();
    let second = server.sign_in("alice").await;
    decides(&chief, LOCK, &alice, true).await;
    alice.post("/_matrix/client/v3/logout", json!({})).await.ok();
    second.post("/_matrix/client/v3/logout/all", json!({})).await.ok();
    let gone = second.get("/_matrix/client/v3/account/whoami").await;
    gone.refused(401, "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn a_sync_that_waits_ends_when_its_person_is_locked() {
    let (_server, chief, alice) = scene().await;
    let since = alice.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    let path = format!("/_matrix/client/v3/sync?since={since}&timeout=600000");
    let (waited, _) = tokio::join!(alice.get(&path), decides(&chief, LOCK, &alice, true));
    waited.refused(401, "M_USER_LOCKED");
}

#[tokio::test]
async fn a_suspended_person_reads_and_does_not_write() {
    let (_server, chief, alice) = scene().await;
    let public = json!({ "preset": "public_chat" });
    let room = chief.creates_room(public.clone()).await;
    let other = chief.creates_room(public).await;
    alice.joins(&room).await;
    let said = json!({ "msgtype": "m.text", "body": "before" });
    let own = alice.sends(&room, "m.room.message", "before", said.clone()).await;
    let of_root = chief.sends(&room, "m.room.message", "root", said.clone()).await;
    decides(&chief, SUSPEND, &alice, true).await;
    let rooms = format!("/_matrix/client/v3/rooms/{room}");
    let v3 = "/_matrix/client/v3";
    let message = alice.put(&format!("{rooms}/send/m.room.message/after"), said).await;
    message.refused(403, "M_USER_SUSPENDED");
    let topic = alice.put(&format!("{rooms}/state/m.room.topic/"), json!({ "topic": "x" })).await;
    topic.refused(403, "M_USER_SUSPENDED");
    let join = alice.post(&format!("{v3}/rooms/{other}/join"), json!({})).await;
    join.refused(403, "M_USER_SUSPENDED");
    let knock = alice.post(&format!("{v3}/knock/{other}"), json!({})).await;
    knock.refused(403, "M_USER_SUSPENDED");
    let created = alice.post(&format!("{v3}/createRoom"), json!({})).await;
    created.refused(403, "M_USER_SUSPENDED");
    let invite = json!({ "user_id": "@bob:chappe.example" });
    alice.post(&format!("{rooms}/invite"), invite).await.refused(403, "M_USER_SUSPENDED");
    let name = format!("{v3}/profile/{}/displayname", alice.user_id);
    let named = alice.put(&name, json!({ "displayname": "x" })).await;
    named.refused(403, "M_USER_SUSPENDED");
    let upload = alice.post("/_matrix/media/v3/upload", json!("a file")).await;
    upload.refused(403, "M_USER_SUSPENDED");
    let foreign = alice.put(&format!("{rooms}/redact/{of_root}/1"), json!({})).await;
    foreign.refused(403, "M_USER_SUSPENDED");

    alice.syncs("").await;
    alice.get(&format!("{rooms}/messages?dir=b")).await.ok();
    alice.put(&format!("{rooms}/redact/{own}/2"), json!({})).await.ok();
    alice
        .put(&format!("{v3}/sendToDevice/m.key.verification.start/1"), json!({ "messages": {} }))
        .await
        .ok();
    alice.post(&format!("{v3}/keys/query"), json!({ "device_keys": {} })).await.ok();
    alice.post(&format!("{rooms}/leave"), json!({})).await.ok();
    decides(&chief, SUSPEND, &alice, false).await;
    alice.joins(&other).await;
}

#[tokio::test]
async fn only_an_administrator_decides_and_not_about_another() {
    let (server, chief, alice) = scene().await;
    let bob = server.register("bob").await;
    for (what, field) in [(LOCK, "locked"), (SUSPEND, "suspended")] {
        // Who is no administrator learns nothing of who has an account.
        for user in [&*bob.user_id, "@nobody:chappe.example", "@bob:elsewhere.example"] {
            let path = format!("{what}/{user}");
            alice.get(&path).await.refused(403, "M_FORBIDDEN");
            alice.put(&path, json!({ field: true })).await.refused(403, "M_FORBIDDEN");
        }
        let of_root = format!("{what}/{}", chief.user_id);
        chief.get(&of_root).await.refused(403, "M_FORBIDDEN");
        chief.put(&of_root, json!({ field: true })).await.refused(403, "M_FORBIDDEN");
        let nobody = format!("{what}/@nobody:chappe.example");
        chief.get(&nobody).await.refused(404, "M_NOT_FOUND");
        chief.put(&nobody, json!({ field: true })).await.refused(404, "M_NOT_FOUND");
        let elsewhere = format!("{what}/@bob:elsewhere.example");
        chief.get(&elsewhere).await.refused(400, "M_INVALID_PARAM");
        chief.put(&elsewhere, json!({ field: true })).await.refused(400, "M_INVALID_PARAM");
    }
    assert_eq!(
        chief.get(&format!("{LOCK}/{}", bob.user_id)).await.ok(),
        json!({ "locked": false })
    );
}

#[tokio::test]
async fn who_may_decide_is_told_so() {
    let (_server, chief, alice) = scene().await;
    for (person, may) in [(&chief, true), (&alice, false)] {
        let told = person.get("/_matrix/client/v3/capabilities").await.ok();
        let moderation = &told["capabilities"]["m.account_moderation"];
        let bit = |name: &str| moderation[name].as_bool().unwrap_or_default();
        assert_eq!((bit("lock"), bit("suspend")), (may, may), "{told}");
    }
}

#[tokio::test]
async fn sessions_are_shown_to_their_person_and_to_administrators() {
    let (server, chief, alice) = scene().await;
    let second = server.sign_in("alice").await;
    let path = format!("{WHOIS}/{}", alice.user_id);
    for person in [&alice, &chief] {
        let told = person.get(&path).await.ok();
        assert_eq!(told["user_id"], alice.user_id.as_str());
        let devices = told["devices"].as_object().unwrap();
        let mut expected = [alice.device_id.as_str(), &second.device_id];
        expected.sort_unstable();
        assert!(devices.keys().map(String::as_str).eq(expected), "{told}");
        let seen = &devices[&alice.device_id]["sessions"][0]["connections"][0]["last_seen"];
        assert!(seen.is_u64(), "{told}");
    }
    let bob = server.register("bob").await;
    bob.get(&path).await.refused(403, "M_FORBIDDEN");
    bob.get(&format!("{WHOIS}/@nobody:chappe.example")).await.refused(403, "M_FORBIDDEN");
    chief.get(&format!("{WHOIS}/@nobody:chappe.example")).await.refused(404, "M_NOT_FOUND");
}
