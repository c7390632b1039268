//! Who is there, and whom it is told.

use serde_json::{Value, json};

use crate::harness::{Person, Server};

fn status(person: &Person) -> String {
    format!("/_matrix/client/v3/presence/{}/status", person.user_id)
}

/// Alice and Bob in a room, and Eve who is in none.
async fn scene(configuration: &str) -> (Server, Person, Person, Person) {
    let server = Server::start_with(configuration).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let eve = server.register("eve").await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    (server, alice, bob, eve)
}

/// What a sync tells of somebody's presence.
fn of<'a>(sync: &'a Value, person: &Person) -> Option<&'a Value> {
    let mut events = sync["presence"]["events"].as_array()?.iter();
    let event = events.find(|event| event["sender"] == person.user_id.as_str())?;
    assert_eq!(event["type"], "m.presence");
    Some(&event["content"])
}

/// Syncs on until somebody is told to be so.
async fn told(person: &Person, since: &str, about: &Person, expected: &str) -> Value {
    let mut since = since.to_owned();
    for _ in 0..20 {
        let sync = person.syncs(&format!("?since={since}&timeout=10000")).await;
        if let Some(content) = of(&sync, about).filter(|content| content["presence"] == expected) {
            return content.clone();
        }
        sync["next_batch"].as_str().unwrap().clone_into(&mut since);
    }
    panic!("{} is not told to be {expected}", about.user_id);
}

fn token(sync: &Value) -> &str {
    sync["next_batch"].as_str().unwrap()
}

#[tokio::test]
async fn presence_is_told_to_who_shares_a_room_and_nobody_else() {
    let (_server, alice, bob, eve) = scene("").await;
    let (before, apart) = (alice.syncs("").await, eve.syncs("").await);
    let set = json!({ "presence": "unavailable", "status_msg": "in a meeting" });
    bob.put(&status(&bob), set).await.ok();
    let content = told(&alice, token(&before), &bob, "unavailable").await;
    assert_eq!(content["status_msg"], "in a meeting");
    assert!(content["last_active_ago"].is_u64());
    let asked = alice.get(&status(&bob)).await.ok();
    assert_eq!([&asked["presence"], &asked["status_msg"]], ["unavailable", "in a meeting"]);
    eve.get(&status(&bob)).await.refused(403, "M_FORBIDDEN");
    let nobody = "/_matrix/client/v3/presence/@nobody:chappe.example/status";
    eve.get(nobody).await.refused(403, "M_FORBIDDEN");
    let sync = eve.syncs(&format!("?since={}", token(&apart))).await;
    assert!(of(&sync, &bob).is_none());
    assert!(of(&eve.syncs("").await, &bob).is_none());
}

#[tokio::test]
async fn who_syncs_is_online_unless_they_say_otherwise() {
    let (_server, alice, bob, _) = scene("").await;
    for (query, expected) in [
        ("", "online"),
        ("?set_presence=unavailable", "unavailable"),
        ("?set_presence=offline", "offline"),
        ("?set_presence=online", "online"),
    ] {
        bob.syncs(query).await;
        let seen = alice.get(&status(&bob)).await.ok();
        assert_eq!(seen["presence"], expected, "{query}");
        assert_eq!(seen.get("currently_active").is_some(), expected == "online");
    }
    // A second device that is there makes up for one that is not.
    let wrong = bob.careless().get("/_matrix/client/v3/sync?set_presence=gone").await;
    wrong.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn doing_something_brings_who_was_idle_back() {
    let (_server, alice, bob, _) = scene("").await;
    bob.put(&status(&bob), json!({ "presence": "unavailable" })).await.ok();
    let room = bob.creates_room(json!({})).await;
    bob.says(&room, "hello").await;
    let seen = alice.get(&status(&bob)).await.ok();
    assert_eq!([&seen["presence"], &seen["currently_active"]], [&json!("online"), &json!(true)]);
}

#[tokio::test]
async fn a_waiting_sync_is_told_of_who_comes() {
    let (_server, alice, bob, _) = scene("").await;
    let before = alice.syncs("").await;
    let since = token(&before).to_owned();
    let (waiting, about) = (alice.clone(), bob.clone());
    let waiting = tokio::spawn(async move { told(&waiting, &since, &about, "unavailable").await });
    bob.syncs("?set_presence=unavailable").await;
    waiting.await.unwrap();
}

#[tokio::test]
async fn who_is_met_is_told_at_once() {
    let (_server, alice, bob, eve) = scene("").await;
    bob.syncs("").await;
    let before = eve.syncs("").await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    alice.brings(&eve, &room).await;
    told(&eve, token(&before), &bob, "online").await;
}

#[tokio::test]
async fn a_filter_and_ignoring_keep_presence_out() {
    let (_server, alice, bob, _) = scene("").await;
    bob.syncs("").await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(of(&alice.syncs("").await, &bob).is_some());
    let filter = "?filter=%7B%22presence%22:%7B%22not_types%22:%5B%22m.presence%22%5D%7D%7D";
    assert!(of(&alice.syncs(filter).await, &bob).is_none());
    let path =
        format!("/_matrix/client/v3/user/{}/account_data/m.ignored_user_list", alice.user_id);
    alice.put(&path, json!({ "ignored_users": { &bob.user_id: {} } })).await.ok();
    assert!(of(&alice.syncs("").await, &bob).is_none());
}

#[tokio::test]
async fn a_status_outlives_a_restart_and_is_sealed() {
    let (mut server, alice, bob, _) = scene("").await;
    let words = "away-until-noon-and-not-a-minute-longer";
    let set = json!({ "presence": "online", "status_msg": words });
    bob.put(&status(&bob), set).await.ok();
    assert!(server.files_with(words.as_bytes()).is_empty());
    server.restart().await;
    let seen = server.again(&alice).get(&status(&bob)).await.ok();
    assert_eq!([&seen["presence"], &seen["status_msg"]], ["offline", words]);
}

#[tokio::test]
async fn nobody_is_present_for_somebody_else_or_in_other_ways() {
    let (_server, alice, bob, _) = scene("").await;
    let online = json!({ "presence": "online" });
    alice.put(&status(&bob), online).await.refused(403, "M_FORBIDDEN");
    let long = json!({ "presence": "online", "status_msg": "s".repeat(513) });
    alice.put(&status(&alice), long).await.refused(413, "M_TOO_LARGE");
    let careless = alice.careless();
    let odd = json!({ "presence": "asleep" });
    careless.put(&status(&alice), odd).await.refused(400, "M_INVALID_PARAM");
    careless.put(&status(&alice), json!({})).await.refused(400, "M_BAD_JSON");
    // What she did counts, and nothing that was refused: she made the room.
    let seen = bob.get(&status(&alice)).await.ok();
    assert_eq!([seen["presence"].as_str(), seen["status_msg"].as_str()], [Some("online"), None]);
}

#[tokio::test]
async fn switched_off_nobody_is_there() {
    let (_server, alice, bob, _) = scene("[presence]\nenabled = false").await;
    let set = json!({ "presence": "online", "status_msg": "here" });
    bob.put(&status(&bob), set).await.ok();
    bob.syncs("").await;
    assert_eq!(alice.get(&status(&bob)).await.ok(), json!({ "presence": "offline" }));
    assert!(alice.syncs("").await.get("presence").is_none());
}
