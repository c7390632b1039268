//! The list of what notified somebody.

use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::rooms::at;

async fn listed(person: &Person, query: &str) -> Value {
    person.get(&format!("/_matrix/client/v3/notifications{query}")).await.ok()
}

fn events(page: &Value) -> Vec<&str> {
    let notifications = page["notifications"].as_array().unwrap().iter();
    notifications.map(|told| told["event"]["event_id"].as_str().unwrap()).collect()
}

async fn says(person: &Person, room: &str, text: &str, mentioned: &[&Person]) -> String {
    let people: Vec<_> = mentioned.iter().map(|person| &person.user_id).collect();
    let mut content = json!({ "msgtype": "m.text", "body": text });
    if !people.is_empty() {
        content["m.mentions"] = json!({ "user_ids": people });
    }
    let transaction = text.replace(' ', "-");
    person.sends(room, "m.room.message", &transaction, content).await
}

#[tokio::test]
async fn what_notified_is_listed_newest_first_over_all_rooms_page_by_page() {
    let mut server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let mut rooms = Vec::new();
    for _ in 0..3 {
        let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
        says(&alice, &room, "before Bob came", &[]).await;
        bob.joins(&room).await;
        rooms.push(room);
    }
    let mut said = Vec::new();
    for number in 0..7 {
        let mentioned = [&bob];
        let mentioned = if number % 3 == 0 { &mentioned[..] } else { &[] };
        said.push(says(&alice, &rooms[number % 3], &number.to_string(), mentioned).await);
    }
    says(&bob, &rooms[0], "his own", &[]).await;
    said.reverse();

    server.restart().await;
    let bob = server.again(&bob);
    assert_eq!(events(&listed(&bob, "").await), said);
    let mut found = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = listed(&bob, &query).await;
        assert!(events(&page).len() <= 3);
        found.extend(events(&page).into_iter().map(ToOwned::to_owned));
        let Some(next) = page["next_token"].as_str() else { break };
        query = format!("?limit=3&from={next}");
    }
    assert_eq!(found, said);
    let highlights = listed(&bob, "?only=highlight").await;
    assert_eq!(events(&highlights), [&*said[0], &*said[3], &*said[6]]);
}

#[tokio::test]
async fn a_notification_says_what_it_does_and_whether_it_was_read() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&room).await;
    let read = says(&alice, &room, "read", &[&bob]).await;
    bob.post(&at(&room, &format!("receipt/m.read/{read}")), json!({})).await.ok();
    let redacted = says(&alice, &room, "redacted", &[]).await;
    alice.put(&at(&room, &format!("redact/{redacted}/r")), json!({})).await.ok();
    let unread = says(&alice, &room, "unread", &[]).await;

    let page = listed(&bob, "").await;
    assert_eq!(events(&page), [&*unread, &*read]);
    let [first, second] = [&page["notifications"][0], &page["notifications"][1]];
    assert_eq!((&first["read"], &second["read"]), (&json!(false), &json!(true)));
    assert_eq!(first["room_id"], json!(room));
    assert_eq!(first["event"]["content"]["body"], "unread");
    assert_eq!(first["ts"], first["event"]["origin_server_ts"]);
    assert_eq!(first["actions"], json!(["notify", { "set_tweak": "sound", "value": "default" }]));
    assert_eq!(
        second["actions"],
        json!([
            "notify", { "set_tweak": "sound", "value": "default" }, { "set_tweak": "highlight" },
        ])
    );
}

#[tokio::test]
async fn an_invitation_is_among_them_and_what_is_left_is_not() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let forum = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&forum).await;
    says(&alice, &forum, "gone", &[]).await;
    bob.post(&at(&forum, "leave"), json!({})).await.ok();
    let room = alice.creates_room(json!({})).await;
    alice.post(&at(&room, "invite"), json!({ "user_id": bob.user_id })).await.ok();
    let page = listed(&bob, "").await;
    assert_eq!(page["notifications"].as_array().unwrap().len(), 1);
    let told = &page["notifications"][0];
    assert_eq!((&told["room_id"], &told["event"]["type"]), (&json!(room), &json!("m.room.member")));
    assert!(events(&listed(&alice, "").await).is_empty());
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for from in ["nonsense", "-1", "1.5", "99999999999999999999999"] {
        let path = format!("/_matrix/client/v3/notifications?from={from}");
        alice.get(&path).await.refused(400, "M_INVALID_PARAM");
    }
    alice.get("/_matrix/client/v3/notifications?limit=many").await.refused(400, "M_INVALID_PARAM");
    for query in ["?limit=0", "?limit=9007199254740991", "?from=18446744073709551615", "?only=x"] {
        assert!(events(&listed(&alice, query).await).is_empty());
    }
}
