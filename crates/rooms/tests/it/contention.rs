//! Nodes that write one room at once: one order, nothing lost, nothing twice, nobody starved.

use std::collections::BTreeSet;

use base::number::TimelineOrd;
use rooms::{Membership, ReceiptKind, RoomError, Rooms};
use rules::build::Draft;
use ruma_common::{OwnedEventId, RoomId, room_alias_id};

use crate::town::{Outcome, Person, Town, encrypted, private, public};

/// Writers on each node.
const WRITERS: usize = 8;
/// Events of each.
const EVENTS: usize = 40;

async fn nodes<const N: usize>() -> [Town; N] {
    let first = Town::new().await;
    let mut towns = Vec::new();
    for _ in 1..N {
        towns.push(first.node().await);
    }
    towns.push(first);
    towns.try_into().unwrap_or_else(|_| unreachable!())
}

/// Ids of the events of a room, in its order, as a node shows them.
async fn order(rooms: &Rooms, room: &RoomId) -> Vec<OwnedEventId> {
    rooms.catch_up().await.unwrap();
    let room = rooms.room(room).await.unwrap();
    let events = rooms.newest(&room, None, room.current().last(), usize::MAX).await.unwrap();
    let places: Vec<_> = events.iter().rev().map(|event| event.ord).collect();
    let dense = (1..=events.len() as u64).map(TimelineOrd::live).collect::<Vec<_>>();
    assert_eq!(places, dense);
    events.iter().rev().map(|event| event.id().to_owned()).collect()
}

/// Runs something on each node at once.
async fn everywhere<T: Send + 'static, F>(towns: &[Town], act: impl Fn(Rooms) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = towns.iter().map(|town| tokio::spawn(act(town.rooms.clone()))).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

async fn says_many(writer: Person, room: ruma_common::OwnedRoomId) -> Vec<OwnedEventId> {
    let mut said = Vec::new();
    for number in 0..EVENTS {
        said.push(writer.says(&room, &number.to_string()).await.unwrap());
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a figure to be read, not asserted")]
async fn writers_on_three_nodes_make_one_order() {
    let towns = nodes::<3>().await;
    let alice = towns[0].person("alice");
    let room = alice.creates(private()).await;
    let before = order(&towns[0].rooms, &room).await.len();
    let mut writers = Vec::new();
    for (number, town) in towns.iter().enumerate() {
        for device in 0..WRITERS {
            let mut writer = alice.by(&town.rooms);
            writer.device = format!("DEVICE{number}_{device}").into();
            writers.push(tokio::spawn(says_many(writer, room.clone())));
        }
    }
    let mut said = BTreeSet::new();
    for writer in writers {
        said.extend(writer.await.unwrap());
    }
    let sends = towns.len() * WRITERS * EVENTS;
    assert_eq!(said.len(), sends);
    let conflicts: u64 = towns.iter().map(|town| town.rooms.conflicts()).sum();
    eprintln!("{} conflicts per 1000 sends", conflicts * 1000 / sends as u64);
    let first = order(&towns[0].rooms, &room).await;
    assert_eq!(first.len(), before + sends);
    assert!(said.is_subset(&first.iter().cloned().collect()));
    for town in &towns {
        assert_eq!(order(&town.rooms, &room).await, first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_to_every_node_at_once_is_one_event() {
    let towns = nodes::<3>().await;
    let alice = towns[0].person("alice");
    let room = alice.creates(private()).await;
    for number in 0..30 {
        let (id, words) = (format!("request {number}"), number.to_string());
        let ids = everywhere(&towns, |rooms| {
            let (alice, room) = (alice.clone(), room.clone());
            let draft = Draft::message("m.room.encrypted", encrypted(&words));
            let request = Some(alice.request(&id));
            async move { rooms.send(&alice.id, &room, draft, request).await.unwrap() }
        })
        .await;
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 1);
    }
    let heard = alice.hears(&room).await.unwrap();
    assert_eq!(heard, (0..30).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_banned_while_they_join_ends_banned_everywhere() {
    let towns = nodes::<2>().await;
    let [alice, bob] = towns[0].people(["alice", "bob"]);
    for _ in 0..10 {
        let room = alice.creates(public()).await;
        let far_bob = bob.by(&towns[1].rooms);
        let (banned, _) = tokio::join!(alice.bans(&room, &bob), far_bob.joins(&room));
        banned.unwrap();
        for town in &towns {
            town.rooms.catch_up().await.unwrap();
            assert_eq!(bob.by(&town.rooms).standing(&room).await, Membership::Ban);
        }
        assert_eq!(order(&towns[0].rooms, &room).await, order(&towns[1].rooms, &room).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_asked_for_on_every_node_is_given_once() {
    let towns = nodes::<3>().await;
    let alice = towns[0].person("alice");
    let square = room_alias_id!("#square:s.test");
    let mut rooms = Vec::new();
    for town in &towns {
        rooms.push(alice.by(&town.rooms).creates(public()).await);
    }
    let asks = towns.iter().zip(&rooms).map(|(town, room)| {
        let (rooms, alice, room) = (town.rooms.clone(), alice.id.clone(), room.clone());
        tokio::spawn(async move { (rooms.create_alias(&alice, square, &room).await, room) })
    });
    let mut given = Vec::new();
    for ask in asks.collect::<Vec<_>>() {
        match ask.await.unwrap() {
            (Ok(()), room) => given.push(room),
            (Err(RoomError::AliasTaken(_)), _) => {}
            (Err(error), _) => panic!("{error}"),
        }
    }
    assert_eq!(given, [towns[0].rooms.resolve_alias(square).await.unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_set_on_every_node_only_move_forward() {
    let towns = nodes::<2>().await;
    let [alice, bob] = towns[0].people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let said = says_many(alice.clone(), room.clone()).await;
    let reads = |town: &Town, events: Vec<OwnedEventId>| {
        let (rooms, bob, room) = (town.rooms.clone(), bob.id.clone(), room.clone());
        tokio::spawn(async move {
            for event in events {
                let read = (ReceiptKind::Read, None);
                let set: Outcome = rooms.set_receipt(&bob, &room, &event, read).await;
                set.unwrap();
            }
        })
    };
    let up = reads(&towns[0], said.clone());
    let down = reads(&towns[1], said.iter().rev().cloned().collect());
    up.await.unwrap();
    down.await.unwrap();
    let no = towns[0].rooms.room(&room).await.unwrap().no;
    let receipts = towns[1].rooms.receipts_of(no, &bob.id).await.unwrap();
    assert_eq!(Some(&receipts[0].event_id), said.last());
}
