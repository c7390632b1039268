//! Several nodes over one store: a client may ask another one each time.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ruma_common::{OwnedRoomId, RoomId};
use serde_json::{Value, json};

use crate::devices::{changed, publishes, received, sends};
use crate::ephemeral::{ephemeral, typists};
use crate::world::{Client, Person, Told, World, members};

const LATELY: Option<Duration> = Some(Duration::from_secs(20));

/// Two nodes, and a room that alice made and bob is in: alice at the first, bob at the second.
async fn two_people() -> ([World; 2], Person, Person, OwnedRoomId) {
    let (nodes, _) = World::cluster().await;
    let (alice, bob) = (nodes[0].person("alice"), nodes[1].person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    (nodes, alice, bob, room)
}

/// Waits until a node has heard who types.
async fn hears(node: &World, room: &RoomId, people: usize) {
    let no = node.rooms.room(room).await.unwrap().no;
    for _ in 0..500 {
        if node.rooms.typing(no).0.len() == people {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("it was not heard");
}

#[tokio::test]
async fn a_sync_that_waits_is_woken_by_what_another_node_writes() {
    let ([_, b], alice, bob, room) = two_people().await;
    let mut client = bob.client();
    client.syncs().await;
    let waiting = tokio::spawn(async move { (client.waits().await, client) });
    tokio::time::sleep(Duration::from_millis(20)).await;
    alice.says(&room, "hello").await;
    let (told, mut client) = waiting.await.unwrap();
    assert_eq!(told.said(&room), ["hello"]);
    let waiting = tokio::spawn(async move { (client.waits().await, client) });
    sends(&alice, &bob, "psst").await;
    let (told, mut client) = waiting.await.unwrap();
    assert_eq!(received(&told), ["psst"]);
    let waiting = tokio::spawn(async move { client.waits().await });
    let elsewhere = alice.creates().await;
    alice.invites(&elsewhere, &bob).await;
    assert!(waiting.await.unwrap().invited(&elsewhere).is_object());
    drop(b);
}

#[tokio::test]
async fn a_token_of_one_node_is_gone_on_from_at_the_other_at_once() {
    let (nodes, alice, bob, room) = two_people().await;
    let mut client = bob.client();
    client.syncs().await;
    for number in 0..50 {
        alice.says(&room, &number.to_string()).await;
        client.moves_to(&nodes[0]);
        assert_eq!(client.syncs().await.said(&room), [number.to_string()]);
        let position = |client: &Client| {
            client.since.as_ref().unwrap().parse::<sync::Token>().unwrap().position
        };
        let before = position(&client);
        client.moves_to(&nodes[1]);
        assert!(client.syncs().await.is_silent(), "the other node tells it again, or begins anew");
        assert!(position(&client) >= before);
    }
}

#[tokio::test]
async fn a_token_beyond_the_log_begins_anew_once() {
    let (_, alice, bob, room) = two_people().await;
    alice.says(&room, "hello").await;
    let mut client = bob.client();
    client.since = Some("s999999_1~7".to_owned());
    assert!(client.syncs().await.joined(&room)["state"]["events"].is_array());
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn who_types_is_told_once_to_a_client_that_asks_another_node_each_time() {
    let (nodes, alice, bob, room) = two_people().await;
    let [a, b] = &nodes;
    let mut client = bob.client();
    client.syncs().await;
    alice.types(&room, LATELY).await;
    hears(b, &room, 1).await;
    assert_eq!(typists(&client.waits().await, &room), json!(["@alice:s"]));
    for node in [a, b, a, b] {
        client.moves_to(node);
        assert!(client.syncs().await.is_silent());
    }
    alice.types(&room, None).await;
    hears(b, &room, 0).await;
    client.moves_to(a);
    assert_eq!(typists(&client.syncs().await, &room), json!([]));
    for node in [b, a, b] {
        client.moves_to(node);
        assert!(client.syncs().await.is_silent());
    }
}

#[tokio::test]
async fn typing_that_changes_between_two_nodes_is_told_at_the_next() {
    let (nodes, alice, bob, room) = two_people().await;
    let [a, b] = &nodes;
    let carol = a.person("carol");
    carol.joins(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    alice.types(&room, LATELY).await;
    hears(b, &room, 1).await;
    client.moves_to(a);
    assert_eq!(typists(&client.syncs().await, &room), json!(["@alice:s"]));
    alice.types(&room, None).await;
    carol.types(&room, LATELY).await;
    hears(b, &room, 1).await;
    for _ in 0..500 {
        client.moves_to(b);
        let mut tries = client.clone();
        let told = tries.syncs().await;
        let typing = ephemeral(&told, &room, "m.typing").pop().unwrap_or_default();
        if typing["content"]["user_ids"] == json!(["@carol:s"]) {
            client = tries;
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    client.moves_to(a);
    assert!(client.syncs().await.is_silent(), "carol was told by the other node");
}

#[tokio::test]
async fn a_sync_that_waits_at_another_node_is_woken_by_typing_and_by_its_end() {
    let (nodes, alice, bob, room) = two_people().await;
    let mut client = bob.client();
    client.moves_to(&nodes[0]);
    client.syncs().await;
    client.moves_to(&nodes[1]);
    let waiting = tokio::spawn(async move { (client.waits().await, client) });
    tokio::time::sleep(Duration::from_millis(20)).await;
    alice.types(&room, LATELY).await;
    let (told, mut client) = waiting.await.unwrap();
    assert_eq!(typists(&told, &room), json!(["@alice:s"]));
    let waiting = tokio::spawn(async move { client.waits().await });
    alice.types(&room, None).await;
    assert_eq!(typists(&waiting.await.unwrap(), &room), json!([]));
}

#[tokio::test]
async fn a_client_that_does_not_want_typing_waits_on_whichever_node_it_comes_from() {
    let (nodes, alice, bob, room) = two_people().await;
    let filter = json!({ "room": { "ephemeral": { "not_types": ["m.typing"] } } });
    let mut client = bob.client().filtering(filter);
    client.syncs().await;
    alice.types(&room, LATELY).await;
    hears(&nodes[1], &room, 1).await;
    client.moves_to(&nodes[0]);
    let waiting = tokio::spawn(async move { client.waits().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished(), "woken for what it does not want");
    alice.says(&room, "hello").await;
    assert_eq!(waiting.await.unwrap().said(&room), ["hello"]);
}

#[tokio::test]
async fn what_one_node_counted_is_right_on_the_other() {
    let (nodes, alice, bob, room) = two_people().await;
    let (bob_at_a, bob_at_b) = (bob.at(&nodes[0]), bob.at(&nodes[1]));
    let mut client = bob.client();
    client.syncs().await;
    let mut last = None;
    for (number, node) in (1..=5).zip(nodes.iter().cycle()) {
        last = Some(alice.says(&room, &number.to_string()).await);
        client.moves_to(node);
        assert_eq!(client.syncs().await.unread(&room), (number, 0));
    }
    bob_at_a.reads(&room, &last.unwrap()).await;
    client.moves_to(&nodes[1]);
    assert_eq!(client.syncs().await.unread(&room), (0, 0));
    alice.says(&room, "bob: look").await;
    client.moves_to(&nodes[0]);
    assert_eq!(client.syncs().await.unread(&room).0, 1);
    // Whom bob ignores on one node does not count on the other.
    let ignoring = json!({ "ignored_users": { "@alice:s": {} } });
    bob_at_b.keeps(None, "m.ignored_user_list", ignoring).await;
    let carol = nodes[1].person("carol");
    carol.joins(&room).await;
    alice.says(&room, "unheard").await;
    carol.says(&room, "heard").await;
    client.moves_to(&nodes[0]);
    let told = client.syncs().await;
    assert_eq!(told.said(&room), ["m.room.member", "heard"]);
    assert_eq!(told.0["account_data"]["events"][0]["type"], "m.ignored_user_list");
}

#[tokio::test]
async fn push_rules_of_one_node_count_on_the_other() {
    use ruma_common::push::{NewPushRule, NewSimplePushRule};
    let (nodes, alice, bob, room) = two_people().await;
    let mut client = bob.client();
    client.syncs().await;
    alice.says(&room, "one").await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    let mute = NewPushRule::Room(NewSimplePushRule::new(room.clone(), vec![]));
    let place = devices::RulePlace::default();
    nodes[0].devices.set_push_rule(&bob.id, mute, &place).await.unwrap();
    alice.says(&room, "two").await;
    let told = client.syncs().await;
    assert_eq!(told.unread(&room), (0, 0));
    assert_eq!(told.0["account_data"]["events"][0]["type"], "m.push_rules");
}

#[tokio::test]
async fn receipts_of_one_node_are_told_at_the_other() {
    let (_, alice, bob, room) = two_people().await;
    let mut client = bob.client();
    client.syncs().await;
    let event = alice.says(&room, "one").await;
    client.syncs().await;
    alice.reads(&room, &event).await;
    let told = client.syncs().await;
    let receipts = ephemeral(&told, &room, "m.receipt");
    assert!(receipts[0]["content"][event.as_str()]["m.read"]["@alice:s"].is_object());
}

#[tokio::test]
async fn messages_to_a_device_come_once_whichever_node_it_asks() {
    let (nodes, alice, bob, _) = two_people().await;
    let mut client = bob.client();
    client.syncs().await;
    let mut all = Vec::new();
    for number in 0..20 {
        sends(&alice.at(&nodes[number % 2]), &bob, &number.to_string()).await;
        client.moves_to(&nodes[number / 2 % 2]);
        if number % 3 > 0 {
            all.extend(received(&client.syncs().await));
        }
        if number % 5 == 0 {
            // An answer that is lost on the way is told again by the other node.
            let lost = client.clone().syncs().await;
            client.moves_to(&nodes[(number + 1) % 2]);
            let again = client.syncs().await;
            assert_eq!(received(&lost), received(&again));
            all.extend(received(&again));
        }
    }
    client.syncs().await;
    let expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(all, expected);
    for node in &nodes {
        client.moves_to(node);
        assert!(client.syncs().await.is_silent());
    }
}

#[tokio::test]
async fn changed_devices_are_told_at_the_other_node() {
    let (_, alice, bob, room) = two_people().await;
    alice.encrypts(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    publishes(&alice).await;
    assert_eq!(changed(&client.syncs().await), ["@alice:s"]);
}

/// A node that sent a member in an answer that was lost must not believe it known, because the
/// client has meanwhile gone on at another node.
#[tokio::test]
async fn members_lost_with_an_answer_of_one_node_are_told_by_it_later() {
    let (nodes, alice, bob, room) = two_people().await;
    let [a, b] = &nodes;
    let (carol, dave) = (a.person("carol"), a.person("dave"));
    // The room is named by people who came before: these are always told.
    for number in 0..8 {
        a.person(&format!("a{number}")).joins(&room).await;
    }
    carol.joins(&room).await;
    dave.joins(&room).await;
    let lazy = json!({
        "room": { "state": { "lazy_load_members": true }, "timeline": { "limit": 1 } },
    });
    alice.says(&room, "begin").await;
    let mut client = bob.client().filtering(lazy);
    client.moves_to(a);
    client.syncs().await;
    carol.says(&room, "one").await;
    let lost = client.clone().syncs().await;
    assert_eq!(members(&lost.joined(&room)["state"]["events"]), ["@carol:s"]);
    dave.says(&room, "two").await;
    client.moves_to(b);
    let told = client.syncs().await;
    assert_eq!(members(&told.joined(&room)["state"]["events"]), ["@dave:s"]);
    carol.says(&room, "three").await;
    client.moves_to(a);
    let told = client.syncs().await;
    assert_eq!(members(&told.joined(&room)["state"]["events"]), ["@carol:s"]);
}

#[tokio::test]
async fn a_session_that_changes_on_one_node_ends_a_wait_on_the_other() {
    let (nodes, _, bob, _) = two_people().await;
    let mut client = bob.client();
    client.syncs().await;
    let waiting = tokio::spawn(async move { client.waits().await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut batch = store::Batch::new();
    let (user, device) = (bob.id.clone(), bob.device.clone());
    journal::record(&mut batch, &base::change::Change::Session { user, device }).unwrap();
    nodes[0].store.commit(batch).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(told.expect("it does not wait on").unwrap().is_silent());
}

#[tokio::test]
async fn who_waits_through_an_outage_misses_nothing() {
    let (nodes, disk) = World::cluster().await;
    let (alice, bob) = (nodes[0].person("alice"), nodes[1].person("bob"));
    let (room, other) = (alice.creates().await, alice.creates().await);
    bob.joins(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    let waiting = tokio::spawn(async move { (client.waits().await, client) });
    tokio::time::sleep(Duration::from_millis(20)).await;
    // What was written last may not have been followed when the engine goes.
    bob.joins(&other).await;
    disk.go_away();
    tokio::time::sleep(Duration::from_millis(100)).await;
    disk.come_back();
    // The answer made in the outage may have failed with it, as a request does: it is asked again.
    let mut client = if let Ok((told, client)) = waiting.await {
        assert!(told.joined(&other).is_object());
        client
    } else {
        let mut client = bob.client();
        assert!(client.syncs().await.joined(&other).is_object());
        client
    };
    let waiting = tokio::spawn(async move { client.waits().await });
    alice.says(&other, "welcome").await;
    assert_eq!(waiting.await.unwrap().said(&other), ["welcome"]);
}

/// What happens in a room, at a node.
#[derive(Clone, Debug)]
enum Step {
    Says(usize),
    Redacts,
    Names,
    Reads(usize),
    Types(usize),
    Syncs,
    /// The answer is lost on the way.
    Loses,
}

fn steps() -> impl Strategy<Value = Vec<(Step, usize)>> {
    let step = prop_oneof![
        8 => (0..3usize).prop_map(Step::Says),
        1 => Just(Step::Redacts),
        1 => Just(Step::Names),
        1 => (0..3usize).prop_map(Step::Reads),
        1 => (0..3usize).prop_map(Step::Types),
        6 => Just(Step::Syncs),
        2 => Just(Step::Loses),
    ];
    proptest::collection::vec((step, 0..2usize), 1..50)
}

/// The ids of a timeline's events, and whether there is a gap before them.
fn timeline(told: &Told, room: &RoomId) -> (Vec<String>, bool) {
    let timeline = &told.joined(room)["timeline"];
    let events = timeline["events"].as_array().cloned().unwrap_or_default();
    let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
    (events.iter().map(id).collect(), timeline["limited"] == true)
}

/// What a client was told is the room's timeline: nothing twice, and nothing missing but where it
/// was told that something is.
async fn check_timeline(steps: &[(Step, usize)], limit: usize) {
    let (nodes, _) = World::cluster().await;
    let people: Vec<_> = ["p0", "p1", "p2"].iter().map(|name| nodes[0].person(name)).collect();
    let room = people[0].creates().await;
    for person in &people[1..] {
        person.joins(&room).await;
    }
    let filter = json!({ "room": { "timeline": { "limit": limit } } });
    let mut client = people[1].client().filtering(filter);
    let mut told = Vec::new();
    let mut said = Vec::new();
    for (number, (step, node)) in steps.iter().enumerate() {
        let at = |person: &usize| people[*person].at(&nodes[*node]);
        match step {
            Step::Says(p) => said.push(at(p).says(&room, &number.to_string()).await),
            Step::Redacts => {
                if let Some(event) = said.pop() {
                    at(&0).redacts(&room, &event).await;
                }
            }
            Step::Names => {
                at(&0).sets(&room, "m.room.name", "", json!({ "name": number })).await;
            }
            Step::Reads(p) => {
                if let Some(event) = said.last() {
                    at(p).reads(&room, event).await;
                }
            }
            Step::Types(p) => at(p).types(&room, LATELY).await,
            Step::Syncs => {
                client.moves_to(&nodes[*node]);
                told.push(timeline(&client.syncs().await, &room));
            }
            Step::Loses => {
                client.moves_to(&nodes[*node]);
                client.clone().syncs().await;
            }
        }
    }
    told.push(timeline(&client.syncs().await, &room));
    let all = json!({ "room": { "timeline": { "limit": 1000 } } });
    let fresh = people[2].at(&nodes[1]).client().filtering(all).syncs().await;
    let (real, _) = timeline(&fresh, &room);
    let mut next = 0;
    for (part, limited) in told.into_iter().filter(|(part, _)| !part.is_empty()) {
        let begins = real.iter().position(|id| *id == part[0]).unwrap();
        assert!(begins == next || (limited && begins > next), "gap or double at {next}: {part:?}");
        next = begins + part.len();
        assert_eq!(real[begins..next], part, "not as it was");
    }
    assert_eq!(next, real.len(), "the end is missing");
}

#[test]
fn a_timeline_told_by_any_nodes_is_the_room_s() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    let histories = (steps(), prop_oneof![1..4usize, Just(100)]);
    runner
        .run(&histories, |(steps, limit)| {
            runtime.block_on(check_timeline(&steps, limit));
            Ok(())
        })
        .unwrap();
}
