//! Paging through a timeline.

use rooms::{PageRequest, Rooms, Stored, Viewer, Way};
use ruma_common::RoomId;

use crate::town::{Person, Refused, Town, private, refusal, wait};

const SAID: usize = 130;

/// A room in which much was said: word after word.
async fn talkative(town: &Town) -> (Person, ruma_common::OwnedRoomId) {
    let alice = town.person("alice");
    let room = alice.creates(private()).await;
    for word in 0..SAID {
        wait(town, 1);
        alice.says(&room, &word.to_string()).await.unwrap();
    }
    (alice, room)
}

fn word(event: &Stored) -> Option<usize> {
    let content: serde_json::Value = event.pdu.content_as().unwrap();
    content["ciphertext"].as_str()?.parse().ok()
}

/// Pages through everything said, and gives the words with the size of each page.
async fn page_through(
    rooms: &Rooms,
    viewer: &Viewer,
    way: Way,
    limit: usize,
) -> (Vec<usize>, Vec<usize>) {
    let wanted = |event: &Stored| event.kind() == "m.room.encrypted";
    let (mut words, mut sizes, mut from) = (Vec::new(), Vec::new(), None);
    loop {
        let request = PageRequest { from, to: None, way, limit, wanted: &wanted };
        let page = rooms.messages(viewer, request).await.unwrap();
        sizes.push(page.events.len());
        words.extend(page.events.iter().map(|shown| word(shown.stored()).unwrap()));
        match page.end {
            Some(end) => from = Some(end),
            None => return (words, sizes),
        }
    }
}

#[tokio::test]
async fn pages_hold_everything_once_in_either_way() {
    for town in Town::everywhere().await {
        let (alice, room) = talkative(&town).await;
        let viewer = town.rooms.reader(&alice.id, &room, None).await.unwrap();
        for limit in [1, 7, 100, 1000] {
            let (words, sizes) = page_through(&town.rooms, &viewer, Way::Forward, limit).await;
            assert_eq!(words, (0..SAID).collect::<Vec<_>>());
            assert!(sizes.iter().all(|size| *size <= limit));
            let (words, _) = page_through(&town.rooms, &viewer, Way::Back, limit).await;
            assert_eq!(words, (0..SAID).rev().collect::<Vec<_>>());
        }
    }
}

async fn words_of(
    town: &Town,
    alice: &Person,
    room: &RoomId,
    request: PageRequest<'_>,
) -> Vec<usize> {
    let viewer = town.rooms.reader(&alice.id, room, None).await.unwrap();
    let page = town.rooms.messages(&viewer, request).await.unwrap();
    page.events.iter().filter_map(|shown| word(shown.stored())).collect()
}

#[tokio::test]
async fn a_page_stops_where_it_is_told_to() {
    let town = Town::new().await;
    let (alice, room) = talkative(&town).await;
    let everything = |_: &Stored| true;
    let request = |from, to, way| PageRequest { from, to, way, limit: 1000, wanted: &everything };
    let viewer = town.rooms.reader(&alice.id, &room, None).await.unwrap();
    let all = town.rooms.messages(&viewer, request(None, None, Way::Forward)).await.unwrap();
    let ord = |number: usize| {
        let found = all.events.iter().find(|shown| word(shown.stored()) == Some(number));
        Some(found.unwrap().stored().ord)
    };
    let (ten, twenty) = (ord(10), ord(20));
    let between = words_of(&town, &alice, &room, request(ten, twenty, Way::Forward)).await;
    assert_eq!(between, (11..=20).collect::<Vec<_>>());
    let back = words_of(&town, &alice, &room, request(twenty, ten, Way::Back)).await;
    assert_eq!(back, (11..=20).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn what_comes_meanwhile_does_not_disturb_paging_back() {
    let town = Town::new().await;
    let (alice, room) = talkative(&town).await;
    let everything = |_: &Stored| true;
    let viewer = town.rooms.reader(&alice.id, &room, None).await.unwrap();
    let (mut words, mut from) = (Vec::new(), None);
    for number in 0.. {
        let request = PageRequest { from, to: None, way: Way::Back, limit: 9, wanted: &everything };
        let page = town.rooms.messages(&viewer, request).await.unwrap();
        words.extend(page.events.iter().filter_map(|shown| word(shown.stored())));
        alice.says(&room, &format!("{}", 1000 + number)).await.unwrap();
        match page.end {
            Some(end) => from = Some(end),
            None => break,
        }
    }
    assert_eq!(words, (0..SAID).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn context_is_what_stands_around() {
    for town in Town::everywhere().await {
        let (alice, room) = talkative(&town).await;
        let everything = |_: &Stored| true;
        let viewer = town.rooms.reader(&alice.id, &room, None).await.unwrap();
        let request =
            PageRequest { from: None, to: None, way: Way::Back, limit: 50, wanted: &everything };
        let page = town.rooms.messages(&viewer, request).await.unwrap();
        let id = page.events.last().unwrap().stored().id().to_owned();
        let context = town.rooms.context(&viewer, (&id, 6), &everything).await.unwrap();
        let words = |events: &[rooms::Shown]| -> Vec<usize> {
            events.iter().filter_map(|shown| word(shown.stored())).collect()
        };
        assert_eq!(word(context.event.stored()), Some(80));
        assert_eq!(words(&context.before.events), [79, 78, 77]);
        assert_eq!(words(&context.after.events), [81, 82, 83]);
        assert!(context.state.iter().any(|event| event.kind() == "m.room.create"));
    }
}

#[tokio::test]
async fn an_event_is_found_by_its_time() {
    let town = Town::new().await;
    let (alice, room) = talkative(&town).await;
    let viewer = town.rooms.reader(&alice.id, &room, None).await.unwrap();
    let start = 1_700_000_000_000;
    // Word n was said n + 1 seconds after the start.
    let table = [
        (start + 51_000, Way::Forward, Some(50)),
        (start + 51_000, Way::Back, Some(50)),
        (start + 51_500, Way::Forward, Some(51)),
        (start + 51_500, Way::Back, Some(50)),
        (start + 900_000, Way::Back, Some(SAID - 1)),
        (start + 900_000, Way::Forward, None),
        (start - 1, Way::Back, None),
    ];
    for (time, way, expected) in table {
        let time = base::clock::Timestamp(time);
        let found = town.rooms.event_near(&viewer, time, way).await.unwrap();
        assert_eq!(found.and_then(|shown| word(shown.stored())), expected, "{time:?} {way:?}");
    }
}

#[tokio::test]
async fn an_event_of_another_room_is_not_shown_through_this_one() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let secret = alice.creates(private()).await;
    let said = alice.says(&secret, "hello").await.unwrap();
    let room = bob.creates(private()).await;
    assert_eq!(refusal(bob.looks_at(&room, &said).await), Refused::NotFound);
    assert_eq!(refusal(bob.looks_at(&secret, &said).await), Refused::Forbidden);
}
