//! What relates to an event: found, summed up beside it, refused where it must be.

use std::collections::HashSet;
use std::sync::Arc;

use base::number::{EventNo, RoomNo, TimelineOrd};
use rooms::{RelationsRequest, RoomError, Viewer, Way};
use ruma_common::{EventId, OwnedEventId, OwnedRoomId, RoomId};
use serde_json::{Value, json};
use store::{Batch, Prefix, Table};

use crate::town::{Outcome, Person, Town, private, public, wait, with_history};

pub(crate) async fn says(person: &Person, room: &RoomId, words: &str) -> OwnedEventId {
    let content = json!({ "msgtype": "m.text", "body": words });
    person.sends(room, "m.room.message", content).await.unwrap()
}

/// Sends a message that relates to an event.
pub(crate) async fn relates(
    person: &Person,
    room: &RoomId,
    (rel_type, parent): (&str, &EventId),
    words: &str,
) -> Outcome<OwnedEventId> {
    let content = json!({
        "msgtype": "m.text", "body": words, "m.new_content": { "body": words },
        "m.relates_to": { "rel_type": rel_type, "event_id": parent },
    });
    person.sends(room, "m.room.message", content).await
}

pub(crate) async fn reacts(
    person: &Person,
    room: &RoomId,
    parent: &EventId,
    key: &str,
) -> Outcome<OwnedEventId> {
    let relation = json!({ "rel_type": "m.annotation", "event_id": parent, "key": key });
    person.sends(room, "m.reaction", json!({ "m.relates_to": relation })).await
}

pub(crate) async fn viewer(person: &Person, room: &RoomId, ignored: &[&Person]) -> Viewer {
    let ignored: HashSet<_> = ignored.iter().map(|other| other.id.clone()).collect();
    let viewer = person.rooms().reader(&person.id, room, None).await.unwrap();
    viewer.ignoring(Arc::new(ignored))
}

/// What stands beside an event, for a person who ignores others.
pub(crate) async fn bundle(
    person: &Person,
    room: &RoomId,
    event: &EventId,
    ignored: &[&Person],
) -> Value {
    let viewer = viewer(person, room, ignored).await;
    let shown = person.rooms().event(&viewer, event).await.unwrap();
    let json: Value = serde_json::from_str(&viewer.client_json(&shown).await.unwrap()).unwrap();
    json["unsigned"]["m.relations"].clone()
}

/// The id of the edit that holds for an event.
async fn edit(person: &Person, room: &RoomId, event: &EventId) -> Option<String> {
    let relations = bundle(person, room, event, &[]).await;
    relations["m.replace"]["event_id"].as_str().map(ToOwned::to_owned)
}

async fn two_people() -> (Town, Person, Person, OwnedRoomId) {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    (town, alice, bob, room)
}

#[tokio::test]
async fn the_newest_edit_stands_whole_beside_what_it_edits() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(public(), &[&bob]).await;
        let said = says(&alice, &room, "helo").await;
        assert_eq!(bundle(&bob, &room, &said, &[]).await, Value::Null);
        let first = relates(&alice, &room, ("m.replace", &said), "hallo").await.unwrap();
        wait(&town, 1);
        let second = relates(&alice, &room, ("m.replace", &said), "hello").await.unwrap();
        reacts(&bob, &room, &said, "👍").await.unwrap();

        let relations = bundle(&bob, &room, &said, &[]).await;
        let held = &relations["m.replace"];
        assert_eq!(held["event_id"], second.as_str());
        assert_eq!(held["content"]["m.new_content"], json!({ "body": "hello" }));
        assert_eq!(held["unsigned"]["membership"], "join");
        assert_eq!(relations.as_object().unwrap().len(), 1, "{relations}");

        let town = town.restarted().await;
        alice.redacts(&room, &second).await.unwrap();
        assert_eq!(edit(&bob, &room, &said).await.as_deref(), Some(first.as_str()));
        alice.redacts(&room, &said).await.unwrap();
        assert_eq!(bundle(&bob, &room, &said, &[]).await, Value::Null);
        drop(town);
    }
}

#[tokio::test]
async fn of_edits_of_one_moment_the_one_of_the_greatest_id_holds() {
    let (_town, alice, _, room) = two_people().await;
    for _ in 0..5 {
        let said = says(&alice, &room, "helo").await;
        let mut edits = Vec::new();
        for words in ["a", "b", "c", "d"] {
            let edit = relates(&alice, &room, ("m.replace", &said), words).await.unwrap();
            edits.push(edit.to_string());
        }
        assert_eq!(edit(&alice, &room, &said).await, edits.into_iter().max());
    }
}

#[tokio::test]
async fn an_edit_that_is_none_replaces_nothing() {
    let (_town, alice, bob, room) = two_people().await;
    let said = says(&alice, &room, "helo").await;
    let valid = relates(&alice, &room, ("m.replace", &said), "hello").await.unwrap();
    let relation = json!({ "rel_type": "m.replace", "event_id": said });
    let without = json!({ "msgtype": "m.text", "body": "x", "m.relates_to": relation });
    let not_object = json!({ "body": "x", "m.new_content": "x", "m.relates_to": relation });
    relates(&bob, &room, ("m.replace", &said), "by another").await.unwrap();
    relates(&alice, &room, ("m.replace", &valid), "of an edit").await.unwrap();
    alice.sends(&room, "m.room.message", without).await.unwrap();
    alice.sends(&room, "m.room.message", not_object).await.unwrap();
    let new = json!({ "m.new_content": {}, "m.relates_to": relation });
    alice.sends(&room, "m.sticker", new.clone()).await.unwrap();
    alice.sets(&room, ("m.room.message", ""), new).await.unwrap();
    assert_eq!(edit(&bob, &room, &said).await.as_deref(), Some(valid.as_str()));
    assert_eq!(bundle(&bob, &room, &valid, &[]).await, Value::Null);
}

#[tokio::test]
async fn a_state_event_is_neither_edited_nor_summed_up() {
    let (_town, alice, _, room) = two_people().await;
    let topic = alice.sets(&room, ("m.room.topic", ""), json!({ "topic": "t" })).await.unwrap();
    let relation = json!({ "rel_type": "m.replace", "event_id": topic });
    let new = json!({ "m.new_content": {}, "m.relates_to": relation });
    alice.sends(&room, "m.room.topic", new).await.unwrap();
    relates(&alice, &room, ("m.reference", &topic), "see there").await.unwrap();
    assert_eq!(bundle(&alice, &room, &topic, &[]).await, Value::Null);
}

#[tokio::test]
async fn an_encrypted_edit_needs_no_new_content_to_be_seen() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(private()).await;
    let said = alice.says(&room, "helo").await.unwrap();
    let mut content = crate::town::encrypted("hello");
    content["m.relates_to"] = json!({ "rel_type": "m.replace", "event_id": said });
    let sealed = alice.sends(&room, "m.room.encrypted", content).await.unwrap();
    assert_eq!(edit(&alice, &room, &said).await.as_deref(), Some(sealed.as_str()));
}

#[tokio::test]
async fn references_are_listed_but_for_those_redacted_or_of_ignored_people() {
    let (_town, alice, bob, room) = two_people().await;
    let said = says(&alice, &room, "poll").await;
    let mut references = Vec::new();
    for (person, words) in [(&bob, "1"), (&alice, "2"), (&bob, "3"), (&alice, "4")] {
        let sent = relates(person, &room, ("m.reference", &said), words).await.unwrap();
        references.push(sent);
    }
    alice.redacts(&room, &references[3]).await.unwrap();
    let chunk = |ids: &[&OwnedEventId]| {
        let ids: Vec<_> = ids.iter().map(|id| json!({ "event_id": id })).collect();
        json!({ "m.reference": { "chunk": ids } })
    };
    let [first, second, third, _] = &references[..] else { panic!("four") };
    assert_eq!(bundle(&alice, &room, &said, &[]).await, chunk(&[first, second, third]));
    assert_eq!(bundle(&alice, &room, &said, &[&bob]).await, chunk(&[second]));
    // Nobody ignores themselves.
    assert_eq!(bundle(&bob, &room, &said, &[&bob, &alice]).await, chunk(&[first, third]));
    // What is said of what was taken back stays.
    alice.redacts(&room, &said).await.unwrap();
    assert_eq!(bundle(&alice, &room, &said, &[&bob]).await, chunk(&[second]));
}

#[tokio::test]
async fn one_annotates_an_event_once_in_the_same_way() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(private(), &[&bob]).await;
        let said = alice.says(&room, "hello").await.unwrap();
        let other = alice.says(&room, "hello again").await.unwrap();
        let first = reacts(&bob, &room, &said, "👍").await.unwrap();
        let town = town.restarted().await;
        let again = reacts(&bob, &room, &said, "👍").await;
        assert!(matches!(again, Err(RoomError::DuplicateAnnotation)), "{again:?}");
        reacts(&bob, &room, &said, "👎").await.unwrap();
        reacts(&bob, &room, &other, "👍").await.unwrap();
        reacts(&alice, &room, &said, "👍").await.unwrap();
        bob.redacts(&room, &first).await.unwrap();
        reacts(&bob, &room, &said, "👍").await.unwrap();
        let again = reacts(&bob, &room, &said, "👍").await;
        assert!(matches!(again, Err(RoomError::DuplicateAnnotation)), "{again:?}");
        drop(town);
    }
}

#[tokio::test]
async fn an_annotation_of_another_type_is_another() {
    let (_town, alice, _, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    reacts(&alice, &room, &said, "ok").await.unwrap();
    let relation = json!({ "rel_type": "m.annotation", "event_id": said, "key": "ok" });
    let content = json!({ "m.relates_to": relation });
    alice.sends(&room, "org.example.vote", content.clone()).await.unwrap();
    let again = alice.sends(&room, "org.example.vote", content).await;
    assert!(matches!(again, Err(RoomError::DuplicateAnnotation)), "{again:?}");
}

#[tokio::test]
async fn a_request_repeated_is_no_second_annotation() {
    let (_town, alice, _, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    let relation = json!({ "rel_type": "m.annotation", "event_id": said, "key": "ok" });
    let sends = async || {
        let content = json!({ "m.relates_to": relation });
        let draft = rules::build::Draft::message("m.reaction", content);
        alice.rooms().send(&alice.id, &room, draft, Some(alice.request("once"))).await.unwrap()
    };
    assert_eq!(sends().await, sends().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_equal_annotations_sent_to_two_nodes_at_once_one_stands() {
    let here = Town::new().await;
    let there = here.node().await;
    let alice = here.person("alice");
    let room = alice.creates(private()).await;
    let said = alice.says(&room, "hello").await.unwrap();
    for round in 0..30 {
        let key = round.to_string();
        let mut tasks = Vec::new();
        for rooms in [&here.rooms, &there.rooms, &here.rooms, &there.rooms] {
            let (person, room, said, key) =
                (alice.by(rooms), room.clone(), said.clone(), key.clone());
            tasks.push(tokio::spawn(async move { reacts(&person, &room, &said, &key).await }));
        }
        let mut stand = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => stand += 1,
                Err(RoomError::DuplicateAnnotation) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(stand, 1, "{key}");
    }
}

#[tokio::test]
async fn nobody_tells_from_the_index_what_an_annotation_says() {
    const ANNOTATIONS: Table<(RoomNo, [u8; 16]), EventNo> = Table::new("annotations");
    let (town, alice, bob, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    for person in [&alice, &bob] {
        reacts(person, &room, &said, "👍").await.unwrap();
    }
    let rows = ANNOTATIONS.all(&town.store, &Prefix::all()).await.unwrap();
    let marks: HashSet<_> = rows.iter().map(|((_, mark), _)| *mark).collect();
    assert_eq!(marks.len(), 2);
    // Not even whoever knows everything but the key.
    let other = Town::new().await;
    let stranger = other.person("alice");
    let elsewhere = stranger.creates(public()).await;
    reacts(&stranger, &elsewhere, &said, "👍").await.unwrap();
    let rows = ANNOTATIONS.all(&other.store, &Prefix::all()).await.unwrap();
    assert!(rows.iter().all(|((_, mark), _)| !marks.contains(mark)));
}

/// Ids of what relates to an event, by pages of two.
async fn related(
    person: &Person,
    room: &RoomId,
    parent: &EventId,
    ask: impl Fn(&mut RelationsRequest<'_>),
) -> Vec<OwnedEventId> {
    let viewer = viewer(person, room, &[]).await;
    let (mut ids, mut from) = (Vec::new(), None);
    for _ in 0..20 {
        let mut request = RelationsRequest {
            parent,
            rel_type: None,
            kind: None,
            recurse: false,
            from,
            to: None,
            way: Way::Back,
            limit: 2,
        };
        ask(&mut request);
        let page = person.rooms().relations(&viewer, request).await.unwrap();
        assert!(page.events.len() <= 2);
        ids.extend(page.events.iter().map(|event| event.stored().id().to_owned()));
        match page.end {
            Some(end) => from = Some(end),
            None => return ids,
        }
    }
    panic!("no end");
}

#[tokio::test]
async fn what_relates_to_an_event_is_found_by_way_type_and_kind_of_event() {
    let (_town, alice, bob, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    let reply = relates(&bob, &room, ("m.thread", &said), "reply").await.unwrap();
    let reaction = reacts(&bob, &room, &said, "👍").await.unwrap();
    says(&alice, &room, "between").await;
    let custom = relates(&bob, &room, ("org.example.rel", &said), "custom").await.unwrap();
    let edit = relates(&alice, &room, ("m.replace", &said), "edit").await.unwrap();
    let deeper = reacts(&alice, &room, &reply, "👍").await.unwrap();
    let gone = reacts(&alice, &room, &said, "👎").await.unwrap();
    alice.redacts(&room, &gone).await.unwrap();

    let mut all = vec![reply.clone(), reaction.clone(), custom.clone(), edit.clone()];
    assert_eq!(related(&bob, &room, &said, |ask| ask.way = Way::Forward).await, all);
    all.reverse();
    assert_eq!(related(&bob, &room, &said, |_| {}).await, all);
    let by_type = |rel| move |ask: &mut RelationsRequest<'_>| ask.rel_type = Some(rel);
    assert_eq!(related(&bob, &room, &said, by_type("m.thread")).await, vec![reply.clone()]);
    assert_eq!(related(&bob, &room, &said, by_type("org.example.rel")).await, [custom]);
    assert!(related(&bob, &room, &said, by_type("org.example.none")).await.is_empty());
    let of_kind = |ask: &mut RelationsRequest<'_>| ask.kind = Some("m.reaction");
    assert_eq!(related(&bob, &room, &said, of_kind).await, [reaction]);
    assert_eq!(related(&bob, &room, &reply, |_| {}).await, [deeper]);
}

#[tokio::test]
async fn what_relates_through_others_is_found_three_steps_down_along_what_is_asked_for() {
    let (_town, alice, _, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    let mut chain = vec![said.clone()];
    for words in ["1", "2", "3", "4"] {
        let parent = chain.last().unwrap();
        chain.push(relates(&alice, &room, ("m.reference", parent), words).await.unwrap());
    }
    let aside = reacts(&alice, &room, &chain[1], "👍").await.unwrap();
    let below = relates(&alice, &room, ("m.reference", &aside), "below").await.unwrap();
    let recurse = |ask: &mut RelationsRequest<'_>| ask.recurse = true;
    let found = related(&alice, &room, &said, recurse).await;
    let expected = [&below, &aside, &chain[3], &chain[2], &chain[1]];
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    // Only what leads there by references alone.
    let references = |ask: &mut RelationsRequest<'_>| {
        ask.recurse = true;
        ask.rel_type = Some("m.reference");
    };
    assert_eq!(
        related(&alice, &room, &said, references).await,
        [chain[3].clone(), chain[2].clone(), chain[1].clone()]
    );
    // What is taken out of a chain breaks it.
    alice.redacts(&room, &chain[1]).await.unwrap();
    assert!(related(&alice, &room, &said, recurse).await.is_empty());
    assert_eq!(related(&alice, &room, &chain[2], recurse).await.len(), 2);
}

#[tokio::test]
async fn who_left_learns_nothing_of_what_relates_to_what_they_saw() {
    let (_town, alice, bob, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    let seen = relates(&alice, &room, ("m.reference", &said), "seen").await.unwrap();
    bob.leaves(&room).await.unwrap();
    relates(&alice, &room, ("m.reference", &said), "not seen").await.unwrap();
    relates(&alice, &room, ("m.replace", &said), "not seen").await.unwrap();
    let expected = json!({ "m.reference": { "chunk": [{ "event_id": seen }] } });
    assert_eq!(bundle(&bob, &room, &said, &[]).await, expected);
    assert_eq!(related(&bob, &room, &said, |_| {}).await, [seen]);
}

#[tokio::test]
async fn what_relates_to_what_one_may_not_see_is_not_there() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(with_history(public(), "joined")).await;
    let said = says(&alice, &room, "before").await;
    bob.joins(&room).await.unwrap();
    relates(&alice, &room, ("m.reference", &said), "after").await.unwrap();
    let viewer = viewer(&bob, &room, &[]).await;
    let request = RelationsRequest {
        parent: &said,
        rel_type: None,
        kind: None,
        recurse: true,
        from: None,
        to: None,
        way: Way::Forward,
        limit: 5,
    };
    let refused = bob.rooms().relations(&viewer, request).await.err();
    assert!(matches!(refused, Some(RoomError::NotFound(_))), "{refused:?}");
}

/// A store of before the index: nothing is summed up, and everything is read.
#[tokio::test]
async fn a_room_without_an_index_is_read_and_written() {
    const RELATED: Table<(RoomNo, TimelineOrd, [u8; 1]), ()> = Table::new("related");
    const KIN: Table<(RoomNo, [u8; 32], [u8; 1], TimelineOrd), EventNo> =
        Table::new("relations_by_kind");
    const THREADS: Table<(RoomNo, TimelineOrd), EventNo> = Table::new("threads");
    let (town, alice, _, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    let reply = relates(&alice, &room, ("m.thread", &said), "reply").await.unwrap();
    let mut batch = Batch::new();
    RELATED.delete_range(&mut batch, Prefix::all());
    KIN.delete_range(&mut batch, Prefix::all());
    THREADS.delete_range(&mut batch, Prefix::all());
    town.store.commit(batch).await.unwrap();
    assert_eq!(bundle(&alice, &room, &said, &[]).await, Value::Null);
    alice.redacts(&room, &reply).await.unwrap();
    relates(&alice, &room, ("m.thread", &said), "another").await.unwrap();
    assert_eq!(bundle(&alice, &room, &said, &[]).await["m.thread"]["count"], 1);
}

#[tokio::test]
async fn what_somebody_erased_related_is_gone() {
    let (town, alice, bob, room) = two_people().await;
    let said = says(&alice, &room, "hello").await;
    relates(&bob, &room, ("m.reference", &said), "bob's").await.unwrap();
    relates(&bob, &room, ("m.thread", &said), "bob's").await.unwrap();
    town.vault.destroy(&vault::Owner::Person(bob.id.clone())).await.unwrap();
    town.rooms.forget_bodies_of(&bob.id).await.unwrap();
    assert_eq!(bundle(&alice, &room, &said, &[]).await, Value::Null);
    assert!(related(&alice, &room, &said, |_| {}).await.is_empty());
}
