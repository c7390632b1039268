//! What relates to what: edits, reactions, references, found and summed up wherever events are.

use serde_json::{Value, json};

use crate::harness::{Answer, Person, Server};
use crate::rooms::at;

pub(crate) const OPEN: &str = "public_chat";

pub(crate) async fn two_in_a_room() -> (Server, Person, Person, String) {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": OPEN })).await;
    bob.joins(&room).await;
    (server, alice, bob, room)
}

pub(crate) async fn writes(person: &Person, room: &str, text: &str) -> String {
    let content = json!({ "msgtype": "m.text", "body": text });
    person.sends(room, "m.room.message", &text.replace(' ', "-"), content).await
}

/// Sends a message that relates to an event.
pub(crate) async fn relates(
    person: &Person,
    room: &str,
    (rel_type, parent): (&str, &str),
    text: &str,
) -> String {
    let content = json!({
        "msgtype": "m.text", "body": text, "m.new_content": { "msgtype": "m.text", "body": text },
        "m.relates_to": { "rel_type": rel_type, "event_id": parent },
    });
    person.sends(room, "m.room.message", &text.replace(' ', "-"), content).await
}

/// Reacts, as request `transaction`.
async fn reacts(
    person: &Person,
    room: &str,
    (parent, key): (&str, &str),
    transaction: &str,
) -> Answer {
    let relation = json!({ "rel_type": "m.annotation", "event_id": parent, "key": key });
    let path = at(room, &format!("send/m.reaction/{transaction}"));
    person.put(&path, json!({ "m.relates_to": relation })).await
}

/// The path of an event's relations.
fn of(room: &str, event: &str, rest: &str) -> String {
    format!("/_matrix/client/v1/rooms/{room}/relations/{event}{rest}")
}

/// Ids of events; a list that is left out has none.
pub(crate) fn ids(events: &Value) -> Vec<String> {
    let events = events.as_array().into_iter().flatten();
    events.map(|event| event["event_id"].as_str().unwrap().to_owned()).collect()
}

async fn ids_of(person: &Person, path: &str) -> Vec<String> {
    ids(&person.get(path).await.ok()["chunk"])
}

/// What stands beside an event in a list of events.
pub(crate) fn beside(events: &Value, id: &str) -> Value {
    let events = events.as_array().unwrap();
    let event = events.iter().find(|event| event["event_id"] == id).unwrap();
    event["unsigned"]["m.relations"].clone()
}

pub(crate) async fn ignores(person: &Person, other: &Person) {
    let path =
        format!("/_matrix/client/v3/user/{}/account_data/m.ignored_user_list", person.user_id);
    person.put(&path, json!({ "ignored_users": { &other.user_id: {} } })).await.ok();
}

#[tokio::test]
async fn relations_are_asked_for_by_type_and_by_type_of_event() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    let edit = relates(&alice, &room, ("m.replace", &said), "hello!").await;
    let reaction = reacts(&bob, &room, (&said, "👍"), "1").await.ok();
    let reaction = reaction["event_id"].as_str().unwrap().to_owned();
    let vote =
        json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": said, "key": "y" } });
    let vote = bob.sends(&room, "org.example.vote", "2", vote).await;

    let everything = alice.get(&of(&room, &said, "")).await.ok();
    assert_eq!(ids(&everything["chunk"]), [vote.clone(), reaction.clone(), edit.clone()]);
    assert!(everything.get("recursion_depth").is_none());
    assert!(everything.get("next_batch").is_none() && everything.get("prev_batch").is_none());
    let table = [
        ("?dir=f", vec![&edit, &reaction, &vote]),
        ("/m.annotation", vec![&vote, &reaction]),
        ("/m.annotation/m.reaction", vec![&reaction]),
        ("/m.annotation/org.example.vote", vec![&vote]),
        ("/m.annotation/m.room.message", vec![]),
        ("/m.replace", vec![&edit]),
        ("/m.thread", vec![]),
    ];
    for (rest, expected) in table {
        let found = ids_of(&bob, &of(&room, &said, rest)).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{rest}");
    }
}

#[tokio::test]
async fn relations_come_in_pages_either_way() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    let mut all = Vec::new();
    for number in 0..7 {
        all.push(relates(&bob, &room, ("m.reference", &said), &number.to_string()).await);
    }
    for (way, rest) in [("f", ""), ("f", "/m.reference"), ("b", "/m.reference/m.room.message")] {
        let mut found = Vec::new();
        let (mut from, mut before) = (String::new(), None);
        loop {
            let path = of(&room, &said, &format!("{rest}?dir={way}&limit=3{from}"));
            let page = alice.get(&path).await.ok();
            assert_eq!(page["prev_batch"].as_str(), before.as_deref());
            found.extend(ids(&page["chunk"]));
            let Some(next) = page["next_batch"].as_str() else { break };
            from = format!("&from={next}");
            before = Some(next.to_owned());
        }
        if way == "b" {
            found.reverse();
        }
        assert_eq!(found, all, "{way} {rest}");
    }
    // From the token of a timeline, and up to another.
    let page = alice.get(&at(&room, "messages?dir=b&limit=3")).await.ok();
    let (from, to) = (page["start"].as_str().unwrap(), page["end"].as_str().unwrap());
    let found = ids_of(&alice, &of(&room, &said, &format!("?from={from}&to={to}"))).await;
    assert_eq!(found.iter().rev().collect::<Vec<_>>(), all[4..].iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn relations_through_others_are_followed_as_far_as_is_said() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    let mut chain = vec![said.clone()];
    for text in ["1", "2", "3", "4"] {
        let parent = chain.last().unwrap().clone();
        chain.push(relates(&alice, &room, ("m.reference", &parent), text).await);
    }
    let answer = bob.get(&of(&room, &said, "?recurse=true")).await.ok();
    assert_eq!(answer["recursion_depth"], 3);
    let mut expected = chain[1..4].to_vec();
    expected.reverse();
    assert_eq!(ids(&answer["chunk"]), expected);
    let answer = bob.get(&of(&room, &said, "/m.reference?recurse=true&limit=2")).await.ok();
    assert_eq!(ids(&answer["chunk"]), expected[..2]);
    assert!(answer["next_batch"].is_string());
    let answer = bob.get(&of(&room, &said, "/m.reference/m.room.message?recurse=false")).await.ok();
    assert_eq!(answer["recursion_depth"], 1);
    assert_eq!(ids(&answer["chunk"]), [chain[1].clone()]);
}

#[tokio::test]
async fn relations_of_what_one_may_not_see_are_not_found() {
    let (server, alice, bob, room) = two_in_a_room().await;
    let carol = server.register("carol").await;
    let said = writes(&alice, &room, "hello").await;
    for rest in ["", "/m.thread", "/m.thread/m.room.message"] {
        let path = of(&room, &said, rest);
        carol.get(&path).await.refused(404, "M_NOT_FOUND");
        bob.get(&of(&room, "$unknown", rest)).await.refused(404, "M_NOT_FOUND");
        bob.get(&of("!unknown:chappe.example", &said, rest)).await.refused(404, "M_NOT_FOUND");
        bob.get(&format!("{path}?from=nonsense")).await.refused(400, "M_INVALID_PARAM");
        bob.get(&format!("{path}?to=nonsense")).await.refused(400, "M_INVALID_PARAM");
        bob.get(&format!("{path}?limit=-1")).await.refused(400, "M_INVALID_PARAM");
        bob.get(&format!("{path}?dir=x")).await.refused(400, "M_INVALID_PARAM");
        bob.get(&format!("{path}?limit=0")).await.ok();
        bob.get(&format!("{path}?limit=100000000")).await.ok();
    }
}

/// Asks everything that shows events what stands beside one of them.
async fn everywhere(person: &Person, room: &str, event: &str) -> Vec<(&'static str, Value)> {
    let first = person.syncs("").await;
    let first = &first["rooms"]["join"][room]["timeline"]["events"];
    let one = person.get(&at(room, &format!("event/{event}"))).await.ok();
    let page = person.get(&at(room, "messages?dir=b&limit=50")).await.ok();
    let context = person.get(&at(room, &format!("context/{event}?limit=1"))).await.ok();
    vec![
        ("event", one["unsigned"]["m.relations"].clone()),
        ("messages", beside(&page["chunk"], event)),
        ("context", context["event"]["unsigned"]["m.relations"].clone()),
        ("sync", beside(first, event)),
    ]
}

#[tokio::test]
async fn what_relates_to_an_event_stands_beside_it_everywhere() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "helo").await;
    let first = relates(&alice, &room, ("m.replace", &said), "hallo").await;
    let edit = relates(&alice, &room, ("m.replace", &said), "hello").await;
    let reference = relates(&bob, &room, ("m.reference", &said), "see above").await;
    let reply = relates(&bob, &room, ("m.thread", &said), "well").await;
    reacts(&bob, &room, (&said, "👍"), "1").await.ok();
    for (place, relations) in everywhere(&alice, &room, &said).await {
        assert_eq!(relations.as_object().unwrap().len(), 3, "{place}: {relations}");
        let chunk = json!([{ "event_id": reference }]);
        assert_eq!(relations["m.reference"]["chunk"], chunk, "{place}");
        let replace = &relations["m.replace"];
        assert!([&first, &edit].contains(&&replace["event_id"].as_str().unwrap().to_owned()));
        assert_eq!(replace["room_id"], room.as_str(), "{place}");
        assert_eq!(replace["content"]["m.relates_to"]["event_id"], said.as_str(), "{place}");
        let thread = &relations["m.thread"];
        assert_eq!(thread["latest_event"]["event_id"], reply.as_str(), "{place}");
        assert_eq!(thread["count"], 1, "{place}");
        assert_eq!(thread["current_user_participated"], true, "{place}");
    }
    // In a later sync, and among relations.
    let reply_edit = relates(&bob, &room, ("m.replace", &reply), "well!").await;
    let page = alice.get(&of(&room, &said, "/m.thread")).await.ok();
    assert_eq!(beside(&page["chunk"], &reply)["m.replace"]["event_id"], reply_edit.as_str());
}

#[tokio::test]
async fn a_sync_that_goes_on_tells_what_it_knows_of_relations() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let since = bob.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    let said = writes(&alice, &room, "helo").await;
    let edit = relates(&alice, &room, ("m.replace", &said), "hello").await;
    let next = bob.syncs(&format!("?since={since}")).await;
    let events = &next["rooms"]["join"][&room]["timeline"]["events"];
    assert_eq!(beside(events, &said)["m.replace"]["event_id"], edit.as_str());
    assert_eq!(beside(events, &edit), Value::Null);
}

#[tokio::test]
async fn what_ignored_people_wrote_is_not_summed_up() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    relates(&bob, &room, ("m.reference", &said), "1").await;
    relates(&bob, &room, ("m.thread", &said), "2").await;
    let own = relates(&alice, &room, ("m.thread", &said), "3").await;
    relates(&bob, &room, ("m.thread", &said), "4").await;
    ignores(&alice, &bob).await;
    for (place, relations) in everywhere(&alice, &room, &said).await {
        assert_eq!(relations.as_object().unwrap().len(), 1, "{place}: {relations}");
        let thread = &relations["m.thread"];
        assert_eq!(
            (&thread["count"], &thread["latest_event"]["event_id"]),
            (&json!(1), &json!(own))
        );
    }
    assert_eq!(ids_of(&alice, &of(&room, &said, "")).await, [own]);
    assert_eq!(ids_of(&bob, &of(&room, &said, "")).await.len(), 4);
}

#[tokio::test]
async fn what_is_taken_back_relates_to_nothing() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "helo").await;
    let first = relates(&alice, &room, ("m.replace", &said), "hallo").await;
    let redact = async |event: &str, transaction: &str| {
        let path = at(&room, &format!("redact/{event}/{transaction}"));
        alice.put(&path, json!({})).await.ok();
    };
    redact(&first, "1").await;
    for (place, relations) in everywhere(&bob, &room, &said).await {
        assert_eq!(relations, Value::Null, "{place}");
    }
    assert!(ids_of(&bob, &of(&room, &said, "")).await.is_empty());
    let second = relates(&alice, &room, ("m.replace", &said), "hello").await;
    redact(&said, "2").await;
    for (place, relations) in everywhere(&bob, &room, &said).await {
        assert_eq!(relations, Value::Null, "{place}");
    }
    assert_eq!(ids_of(&bob, &of(&room, &said, "")).await, [second]);
}

#[tokio::test]
async fn the_same_reaction_twice_is_refused_until_it_is_taken_back() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    let said = alice.says(&room, "hello").await;
    let first = reacts(&bob, &room, (&said, "👍"), "1").await.ok();
    reacts(&bob, &room, (&said, "👍"), "2").await.refused(400, "M_DUPLICATE_ANNOTATION");
    assert_eq!(reacts(&bob, &room, (&said, "👍"), "1").await.ok(), first);
    reacts(&bob, &room, (&said, "👎"), "3").await.ok();
    reacts(&alice, &room, (&said, "👍"), "4").await.ok();
    let first = first["event_id"].as_str().unwrap();
    bob.put(&at(&room, &format!("redact/{first}/r")), json!({})).await.ok();
    reacts(&bob, &room, (&said, "👍"), "5").await.ok();
    let (one, other) = tokio::join!(
        reacts(&bob, &room, (&said, "🎉"), "6"),
        reacts(&bob, &room, (&said, "🎉"), "7"),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn events_are_looked_for_by_what_relates_to_them() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let plain = writes(&alice, &room, "plain").await;
    let discussed = writes(&alice, &room, "discussed").await;
    let liked = writes(&alice, &room, "liked").await;
    relates(&alice, &room, ("m.thread", &discussed), "reply").await;
    reacts(&bob, &room, (&liked, "👍"), "1").await.ok();
    let table = [
        (json!({ "related_by_rel_types": ["m.thread"] }), vec![&discussed]),
        (json!({ "related_by_senders": [bob.user_id] }), vec![&liked]),
        (
            json!({ "related_by_rel_types": ["m.thread"], "related_by_senders": [bob.user_id] }),
            vec![],
        ),
    ];
    for (filter, expected) in table {
        let path = at(&room, &format!("messages?dir=b&limit=50&filter={filter}"));
        let found = ids_of(&bob, &encoded(&path)).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
        let path = at(&room, &format!("context/{plain}?limit=50&filter={filter}"));
        let around = bob.get(&encoded(&path)).await.ok();
        assert_eq!(ids(&around["events_after"]).iter().collect::<Vec<_>>(), expected, "{filter}");
        let whole = json!({ "room": { "timeline": filter } });
        let stored = format!("/_matrix/client/v3/user/{}/filter", bob.user_id);
        let id = bob.post(&stored, whole.clone()).await.ok();
        let id = id["filter_id"].as_str().unwrap().to_owned();
        assert_eq!(bob.get(&format!("{stored}/{id}")).await.ok(), whole);
        for asked in [whole.to_string(), id] {
            let answer = bob.syncs(&encoded(&format!("?filter={asked}"))).await;
            let events = &answer["rooms"]["join"][&room]["timeline"]["events"];
            assert_eq!(ids(events).iter().collect::<Vec<_>>(), expected, "{asked}");
        }
    }
    let wrong = at(&room, r#"messages?dir=b&filter={"related_by_senders":5}"#);
    bob.get(&encoded(&wrong)).await.refused(400, "M_INVALID_PARAM");
}

/// A path whose query may be sent.
pub(crate) fn encoded(path: &str) -> String {
    let replace = [("{", "%7B"), ("}", "%7D"), ("\"", "%22"), ("\\", "%5C"), ("@", "%40")];
    replace.iter().fold(path.to_owned(), |path, (from, to)| path.replace(from, to))
}

#[tokio::test]
async fn a_sync_tells_the_fields_that_are_asked_for() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    let relation = json!({ "rel_type": "m.reference", "event_id": said });
    let content = json!({ "msgtype": "m.text", "body": "b", "m.relates_to": relation });
    alice.sends(&room, "m.room.message", "1", content).await;
    let fields = json!([r"content.m\.relates_to.rel_type", "content.name", "unsigned.age"]);
    let filter = json!({ "event_fields": fields, "room": { "timeline": { "limit": 1 } } });
    let answer = bob.syncs(&encoded(&format!("?filter={filter}"))).await;
    let joined = &answer["rooms"]["join"][&room];
    let event = joined["timeline"]["events"][0].as_object().unwrap();
    let expected = ["content", "event_id", "origin_server_ts", "sender", "type", "unsigned"];
    assert_eq!(event.keys().collect::<Vec<_>>(), expected);
    assert_eq!(event["content"], json!({ "m.relates_to": { "rel_type": "m.reference" } }));
    assert_eq!(event["unsigned"].as_object().unwrap().keys().collect::<Vec<_>>(), ["age"]);
    let state = joined["state"]["events"].as_array().unwrap();
    assert!(
        state.iter().all(|event| event["content"] == json!({}) && event["state_key"].is_string())
    );
}
