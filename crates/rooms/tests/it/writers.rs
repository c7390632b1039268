//! Many writers at once: no fork, and nothing lost.

use std::collections::BTreeSet;

use rooms::{Rooms, Stored};
use ruma_common::RoomId;
use serde_json::json;

use crate::town::{Person, Town, private, public};

/// Whether each event stands on the one before it, and nothing else.
async fn is_one_line(rooms: &Rooms, room: &RoomId) -> bool {
    let room = rooms.room(room).await.unwrap();
    let last = room.current().last();
    let mut events = rooms.newest(&room, None, last, usize::MAX).await.unwrap();
    events.reverse();
    let parents = |event: &Stored| -> Vec<String> {
        event.pdu.prev_event_ids().map(ToString::to_string).collect()
    };
    let follows = |pair: &[std::sync::Arc<Stored>]| parents(&pair[1]) == [pair[0].id().as_str()];
    let depths: Vec<_> = events.iter().map(|event| event.pdu.depth()).collect();
    events.windows(2).all(follows) && depths == (1..=events.len() as u64).collect::<Vec<_>>()
}

fn says(person: &Person, room: &RoomId, words: String) -> tokio::task::JoinHandle<()> {
    let (person, room) = (person.clone(), room.to_owned());
    tokio::spawn(async move {
        person.says(&room, &words).await.unwrap();
    })
}

async fn all(tasks: Vec<tokio::task::JoinHandle<()>>) {
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_at_once_make_one_line() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(private(), &[&bob]).await;
        let words: BTreeSet<_> = (0..100).map(|number| number.to_string()).collect();
        let people = [&alice, &bob].into_iter().cycle();
        let tasks = words.iter().zip(people);
        all(tasks.map(|(words, who)| says(who, &room, words.clone())).collect()).await;
        let heard = alice.hears(&room).await.unwrap();
        assert_eq!(heard.len(), 100);
        assert_eq!(heard.into_iter().collect::<BTreeSet<_>>(), words);
        assert!(is_one_line(&town.rooms, &room).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_store_make_one_line() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(public(), &[&bob]).await;
        let twin = town.twin().await;
        let elsewhere = bob.by(&twin);
        for number in 0..30 {
            let (one, other) = tokio::join!(
                says(&alice, &room, format!("here {number}")),
                says(&elsewhere, &room, format!("there {number}")),
            );
            one.unwrap();
            other.unwrap();
            let topic = json!({ "topic": number });
            alice.sets(&room, ("m.room.topic", ""), topic.clone()).await.unwrap();
            let keyed = (&*format!("org.example.{number}"), "");
            alice.by(&twin).sets(&room, keyed, topic).await.unwrap();
        }
        drop((twin, elsewhere));
        let town = town.restarted().await;
        assert_eq!(alice.hears(&room).await.unwrap().len(), 60);
        assert!(is_one_line(&town.rooms, &room).await);
        let state = town.rooms.state(&alice.id, &room).await.unwrap();
        let kept = state.iter().filter(|event| event.kind().starts_with("org.example")).count();
        assert_eq!(kept, 30);
        let tree = town.rooms.room(&room).await.unwrap().current().root();
        assert_eq!(town.rooms.whole_state_at(tree).await.unwrap().len(), state.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_waiting_leaves_the_room_whole() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let room = alice.creates(private()).await;
        for number in 0..50_u64 {
            let (person, room) = (alice.clone(), room.clone());
            let task = tokio::spawn(async move {
                let _ = person.says(&room, &number.to_string()).await;
            });
            tokio::time::sleep(std::time::Duration::from_micros(number * 20)).await;
            task.abort();
        }
        alice.says(&room, "last").await.unwrap();
        let heard = alice.hears(&room).await.unwrap();
        assert_eq!(heard.last().unwrap(), "last");
        assert!(is_one_line(&town.rooms, &room).await);
        let _town = town.restarted().await;
        assert_eq!(alice.hears(&room).await.unwrap(), heard);
    }
}
