//! Threads: their newest reply, how many there are, who took part; and the list of them.

use rooms::{EventFilter, Include, PageRequest, RoomError, Stored, ThreadsRequest, Way};
use ruma_common::{OwnedEventId, RoomId};
use serde_json::{Value, json};

use crate::relations::{bundle, reacts, relates, says, viewer};
use crate::town::{Person, Town, public, wait, with_history};

/// Newest reply, count and participation of a thread, for a person who ignores others.
async fn thread(
    person: &Person,
    room: &RoomId,
    start: &OwnedEventId,
    ignored: &[&Person],
) -> Option<(OwnedEventId, u64, bool)> {
    let relations = bundle(person, room, start, ignored).await;
    let thread = relations.get("m.thread")?;
    let latest = thread["latest_event"]["event_id"].as_str().unwrap();
    let participated = thread["current_user_participated"].as_bool().unwrap();
    Some((latest.try_into().unwrap(), thread["count"].as_u64().unwrap(), participated))
}

#[tokio::test]
async fn a_thread_is_summed_up_beside_its_root() {
    for town in Town::everywhere().await {
        let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
        let room = alice.gathers(public(), &[&bob, &carol]).await;
        let start = says(&alice, &room, "hello").await;
        assert_eq!(thread(&alice, &room, &start, &[]).await, None);
        let first = relates(&bob, &room, ("m.thread", &start), "1").await.unwrap();
        let second = relates(&bob, &room, ("m.thread", &start), "2").await.unwrap();
        let last = relates(&carol, &room, ("m.thread", &start), "3").await.unwrap();
        let town = town.restarted().await;
        for (person, participated) in [(&alice, true), (&bob, true), (&carol, true)] {
            let expected = Some((last.clone(), 3, participated));
            assert_eq!(thread(person, &room, &start, &[]).await, expected);
        }
        let dave = town.person("dave");
        dave.joins(&room).await.unwrap();
        assert_eq!(thread(&dave, &room, &start, &[]).await, Some((last.clone(), 3, false)));
        // Without those whom one ignores.
        let without_carol = Some((second.clone(), 2, true));
        assert_eq!(thread(&alice, &room, &start, &[&carol]).await, without_carol);
        assert_eq!(thread(&alice, &room, &start, &[&carol, &bob]).await, None);
        // And without what was taken back.
        carol.redacts(&room, &last).await.unwrap();
        bob.redacts(&room, &second).await.unwrap();
        assert_eq!(thread(&carol, &room, &start, &[]).await, Some((first.clone(), 1, false)));
        bob.redacts(&room, &first).await.unwrap();
        assert_eq!(thread(&carol, &room, &start, &[]).await, None);
    }
}

#[tokio::test]
async fn what_relates_to_the_newest_reply_stands_beside_it() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(public()).await;
    let start = says(&alice, &room, "hello").await;
    let reply = relates(&alice, &room, ("m.thread", &start), "1").await.unwrap();
    let edit = relates(&alice, &room, ("m.replace", &reply), "2").await.unwrap();
    let relations = bundle(&alice, &room, &start, &[]).await;
    let latest = &relations["m.thread"]["latest_event"];
    assert_eq!(latest["event_id"], reply.as_str());
    assert_eq!(latest["unsigned"]["m.relations"]["m.replace"]["event_id"], edit.as_str());
}

#[tokio::test]
async fn a_thread_begins_at_no_event_that_relates_to_another() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(public()).await;
    let start = says(&alice, &room, "hello").await;
    let reply = relates(&alice, &room, ("m.thread", &start), "1").await.unwrap();
    let edit = relates(&alice, &room, ("m.replace", &start), "2").await.unwrap();
    let reaction = reacts(&alice, &room, &start, "👍").await.unwrap();
    for child in [&reply, &edit, &reaction] {
        let refused = relates(&alice, &room, ("m.thread", child), "nested").await;
        assert!(matches!(refused, Err(RoomError::NoThreadThere)), "{refused:?}");
    }
    // A rich reply is no relation: it names no type.
    let answer = json!({
        "msgtype": "m.text", "body": "x",
        "m.relates_to": { "m.in_reply_to": { "event_id": start } },
    });
    let answer = alice.sends(&room, "m.room.message", answer).await.unwrap();
    relates(&alice, &room, ("m.thread", &answer), "1").await.unwrap();
    // What was taken back relates to nothing any more.
    alice.redacts(&room, &edit).await.unwrap();
    relates(&alice, &room, ("m.thread", &edit), "1").await.unwrap();
}

#[tokio::test]
async fn who_left_is_told_of_a_thread_as_far_as_they_saw_it() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    let start = says(&alice, &room, "hello").await;
    let seen = relates(&alice, &room, ("m.thread", &start), "1").await.unwrap();
    bob.leaves(&room).await.unwrap();
    relates(&alice, &room, ("m.thread", &start), "2").await.unwrap();
    assert_eq!(thread(&bob, &room, &start, &[]).await, Some((seen, 1, false)));
    // Whoever comes back to a room of shared history sees what was said meanwhile.
    bob.joins(&room).await.unwrap();
    assert_eq!(thread(&bob, &room, &start, &[]).await.unwrap().1, 2);
}

#[tokio::test]
async fn who_may_not_see_what_was_said_meanwhile_is_told_of_the_rest() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(with_history(public(), "joined")).await;
    bob.joins(&room).await.unwrap();
    let start = says(&alice, &room, "hello").await;
    relates(&bob, &room, ("m.thread", &start), "1").await.unwrap();
    bob.leaves(&room).await.unwrap();
    relates(&alice, &room, ("m.thread", &start), "2").await.unwrap();
    bob.joins(&room).await.unwrap();
    let last = relates(&alice, &room, ("m.thread", &start), "3").await.unwrap();
    assert_eq!(thread(&bob, &room, &start, &[]).await, Some((last.clone(), 2, true)));
    assert_eq!(thread(&alice, &room, &start, &[]).await, Some((last, 3, true)));
}

/// Roots of the threads of a room, by pages of two.
async fn threads(person: &Person, room: &RoomId, include: Include) -> Vec<OwnedEventId> {
    let viewer = viewer(person, room, &[]).await;
    let (mut ids, mut from) = (Vec::new(), None);
    for _ in 0..20 {
        let request = ThreadsRequest { include, from, limit: 2 };
        let page = person.rooms().threads(&viewer, request).await.unwrap();
        ids.extend(page.events.iter().map(|event| event.stored().id().to_owned()));
        match page.end {
            Some(end) => from = Some(end),
            None => return ids,
        }
    }
    panic!("no end");
}

#[tokio::test]
async fn threads_are_listed_by_their_newest_replies() {
    for town in Town::everywhere().await {
        let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
        let room = alice.gathers(public(), &[&bob, &carol]).await;
        let mut starts = Vec::new();
        for (number, by) in [&alice, &bob, &bob, &bob].into_iter().enumerate() {
            starts.push(says(by, &room, &number.to_string()).await);
        }
        let mut replies = Vec::new();
        for (start, by) in [(0, &bob), (1, &bob), (2, &bob), (1, &alice), (0, &carol)] {
            wait(&town, 1);
            replies.push(relates(by, &room, ("m.thread", &starts[start]), "x").await.unwrap());
        }
        let town = town.restarted().await;
        let listed = |numbers: &[usize]| -> Vec<OwnedEventId> {
            numbers.iter().map(|number| starts[*number].clone()).collect()
        };
        assert_eq!(threads(&carol, &room, Include::All).await, listed(&[0, 1, 2]));
        assert_eq!(threads(&alice, &room, Include::Participated).await, listed(&[0, 1]));
        assert_eq!(threads(&carol, &room, Include::Participated).await, listed(&[0]));
        assert_eq!(threads(&bob, &room, Include::Participated).await, listed(&[0, 1, 2]));
        // What is taken back places its thread no more.
        carol.redacts(&room, &replies[4]).await.unwrap();
        assert_eq!(threads(&bob, &room, Include::All).await, listed(&[1, 2, 0]));
        bob.redacts(&room, &replies[2]).await.unwrap();
        assert_eq!(threads(&bob, &room, Include::All).await, listed(&[1, 0]));
        drop(town);
    }
}

#[tokio::test]
async fn the_root_of_an_ignored_person_is_listed_without_its_words() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    let start = says(&bob, &room, "hello").await;
    relates(&bob, &room, ("m.replace", &start), "edited").await.unwrap();
    relates(&alice, &room, ("m.thread", &start), "reply").await.unwrap();
    let silent = says(&alice, &room, "mine").await;
    relates(&bob, &room, ("m.thread", &silent), "of bob alone").await.unwrap();
    let viewer = viewer(&alice, &room, &[&bob]).await;
    let request = ThreadsRequest { include: Include::All, from: None, limit: 10 };
    let page = alice.rooms().threads(&viewer, request).await.unwrap();
    let texts = viewer.client_json_all(&page.events).await.unwrap();
    let [text] = &texts[..] else { panic!("{texts:?}") };
    let event: Value = serde_json::from_str(text).unwrap();
    assert_eq!(event["event_id"], start.as_str());
    assert_eq!(event["content"], json!({}));
    let relations = event["unsigned"]["m.relations"].as_object().unwrap();
    assert_eq!(relations.keys().collect::<Vec<_>>(), ["m.thread"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_by_two_nodes_at_once_are_all_counted() {
    let here = Town::new().await;
    let there = here.node().await;
    let [alice, bob] = here.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    let start = says(&alice, &room, "hello").await;
    let mut tasks = Vec::new();
    for (person, rooms) in [(&alice, &here.rooms), (&bob, &there.rooms)] {
        let (person, room, start) = (person.by(rooms), room.clone(), start.clone());
        tasks.push(tokio::spawn(async move {
            for number in 0..20 {
                let words = number.to_string();
                let reply = relates(&person, &room, ("m.thread", &start), &words).await.unwrap();
                if number % 4 == 0 {
                    person.redacts(&room, &reply).await.unwrap();
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for town in [&here, &there] {
        town.rooms.catch_up().await.unwrap();
        let seen = thread(&alice.by(&town.rooms), &room, &start, &[]).await.unwrap();
        assert_eq!((seen.1, seen.2), (30, true));
        assert_eq!(threads(&bob.by(&town.rooms), &room, Include::All).await, vec![start.clone()]);
    }
}

#[tokio::test]
async fn pages_are_searched_for_what_others_relate_to() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    let mut said = Vec::new();
    for number in 0..4 {
        said.push(says(&alice, &room, &number.to_string()).await);
    }
    relates(&bob, &room, ("m.thread", &said[0]), "x").await.unwrap();
    reacts(&alice, &room, &said[1], "👍").await.unwrap();
    reacts(&bob, &room, &said[2], "👍").await.unwrap();
    let gone = reacts(&bob, &room, &said[3], "👍").await.unwrap();
    bob.redacts(&room, &gone).await.unwrap();
    let table: [(Value, &[usize]); 6] = [
        (json!({ "related_by_senders": [bob.id] }), &[0, 2]),
        (json!({ "related_by_senders": [alice.id, bob.id] }), &[0, 1, 2]),
        (json!({ "related_by_senders": [] }), &[]),
        (json!({ "related_by_rel_types": ["m.thread"] }), &[0]),
        (json!({ "related_by_rel_types": ["m.thread", "m.annotation"] }), &[0, 1, 2]),
        (json!({ "related_by_rel_types": ["m.annotation"], "related_by_senders": [bob.id] }), &[2]),
    ];
    for (filter, expected) in table {
        let asked: EventFilter = serde_json::from_value(filter.clone()).unwrap();
        let viewer = viewer(&alice, &room, &[]).await.related_by(asked.related());
        let everything = |_: &Stored| true;
        let request = PageRequest {
            from: None,
            to: None,
            way: Way::Forward,
            limit: 100,
            wanted: &everything,
        };
        let page = alice.rooms().messages(&viewer, request).await.unwrap();
        let found: Vec<_> = page.events.iter().map(|event| event.stored().id()).collect();
        let expected: Vec<_> = expected.iter().map(|number| &*said[*number]).collect();
        assert_eq!(found, expected, "{filter}");
    }
}
