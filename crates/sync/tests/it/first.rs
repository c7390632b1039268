//! The first answer to a device is made while it is read.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use rooms::Preset;
use ruma_common::OwnedRoomId;
use serde_json::{Value, json};
use store::{MemoryDisk, Store};
use sync::{Reply, SyncError};

use crate::world::{Client, Person, World};

/// More rooms than are held at a time.
const ROOMS: usize = 40;

async fn in_many_rooms(world: &World) -> (Person, Vec<OwnedRoomId>) {
    let alice = world.person("alice");
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        rooms.push(alice.creates().await);
    }
    (alice, rooms)
}

async fn begins(client: &Client) -> BoxStream<'static, Result<String, SyncError>> {
    match client.person.world.sync.reply(client.request()).await.unwrap() {
        Reply::First(first) => first.pieces().boxed(),
        Reply::News(_) => panic!("the device was told before"),
    }
}

#[tokio::test]
async fn the_pieces_make_up_the_whole_answer() {
    let world = World::new().await;
    let (alice, rooms) = in_many_rooms(&world).await;
    let (bob, carol) = (world.person("bob"), world.person("carol"));
    let asked = bob.creates_with(Preset::Private, &[&alice]).await;
    let knocked = carol.creates_with(Preset::Private, &[]).await;
    carol.sets(&knocked, "m.room.join_rules", "", json!({ "join_rule": "knock" })).await;
    alice.knocks(&knocked).await;
    alice.leaves(&rooms[0]).await;
    bob.joins(&rooms[1]).await;
    alice.bans(&rooms[1], &bob).await;
    alice.keeps(None, "m.color", json!({ "of": "ink" })).await;
    for (filter, left) in [(json!({}), false), (json!({ "room": { "include_leave": true } }), true)]
    {
        let client = alice.client().filtering(filter);
        let pieces: Vec<String> = begins(&client).await.try_collect().await.unwrap();
        assert!(pieces.len() > 1, "{}", pieces.len());
        let told: Value = serde_json::from_str(&pieces.concat()).unwrap();
        let whole = world.sync.sync(client.request()).await.unwrap().to_json();
        assert_eq!(told, serde_json::from_str::<Value>(&whole).unwrap());
        assert_eq!(told["rooms"]["join"].as_object().unwrap().len(), ROOMS - 1);
        assert!(told["rooms"]["invite"][asked.as_str()].is_object());
        assert!(told["rooms"]["knock"][knocked.as_str()].is_object());
        assert_eq!(told["rooms"]["leave"][rooms[0].as_str()].is_object(), left);
    }
}

#[tokio::test]
async fn a_slow_reader_holds_back_the_making() {
    let world = World::new().await;
    let (alice, rooms) = in_many_rooms(&world).await;
    let mut pieces = begins(&alice.client()).await;
    let begun = pieces.try_next().await.unwrap().unwrap();
    assert!(begun.contains(rooms[0].as_str()) && !begun.contains(rooms[ROOMS - 1].as_str()));
    for room in [&rooms[0], &rooms[ROOMS - 1]] {
        alice.keeps(Some(room), "m.kept.meanwhile", json!({})).await;
    }
    let rest: String = pieces.try_collect().await.unwrap();
    let told: Value = serde_json::from_str(&(begun + &rest)).unwrap();
    let kept = |room: &OwnedRoomId| {
        told["rooms"]["join"][room.as_str()]["account_data"].to_string().contains("meanwhile")
    };
    assert!(!kept(&rooms[0]) && kept(&rooms[ROOMS - 1]));
}

#[tokio::test]
async fn a_membership_that_moves_while_the_answer_is_read_changes_nothing_in_it() {
    let world = World::new().await;
    let (alice, rooms) = in_many_rooms(&world).await;
    let mut client = alice.client();
    let mut pieces = begins(&client).await;
    let begun = pieces.try_next().await.unwrap().unwrap();
    alice.leaves(&rooms[ROOMS - 1]).await;
    let rest: String = pieces.try_collect().await.unwrap();
    let told: Value = serde_json::from_str(&(begun + &rest)).unwrap();
    assert!(told["rooms"]["join"][rooms[ROOMS - 1].as_str()].is_object());
    client.since = Some(told["next_batch"].as_str().unwrap().to_owned());
    assert!(client.syncs().await.left(&rooms[ROOMS - 1]).is_object());
}

#[tokio::test]
async fn a_failure_in_the_middle_ends_the_answer_unfinished() {
    let disk = MemoryDisk::new();
    let world = World::over(Store::open_memory(&disk, None).unwrap()).await;
    let (alice, _) = in_many_rooms(&world).await;
    let mut pieces = begins(&alice.client()).await;
    let begun = pieces.try_next().await.unwrap().unwrap();
    disk.go_away();
    assert!(matches!(pieces.next().await, Some(Err(_))));
    assert!(pieces.next().await.is_none());
    assert!(serde_json::from_str::<Value>(&begun).is_err());
}

#[tokio::test]
async fn nobody_goes_on_making_for_a_reader_that_went_away() {
    let world = World::new().await;
    let (alice, _) = in_many_rooms(&world).await;
    let runtime = tokio::runtime::Handle::current().metrics();
    let before = runtime.num_alive_tasks();
    let mut pieces = begins(&alice.client()).await;
    pieces.try_next().await.unwrap();
    // All of the making is in what the reader holds.
    assert_eq!(runtime.num_alive_tasks(), before);
    drop(pieces);
    assert_eq!(runtime.num_alive_tasks(), before);
}
