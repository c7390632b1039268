//! Which rooms are told of: lists, ranges, subscriptions, and what changes between requests.

use ruma_common::OwnedRoomId;
use serde_json::json;

use super::{Slider, detail, sorted};
use crate::world::{Person, World};

async fn rooms(person: &Person, count: usize) -> Vec<OwnedRoomId> {
    let mut rooms = Vec::new();
    for _ in 0..count {
        rooms.push(person.creates().await);
    }
    rooms
}

#[tokio::test]
async fn a_growing_range_tells_only_of_rooms_that_were_not_told_yet() {
    let world = World::new().await;
    let alice = world.person("alice");
    let all = rooms(&alice, 5).await;
    let mut client = Slider::of(&alice).listing("all", (0, 1), detail(1, &[], &alice));
    let slid = client.slides().await;
    assert_eq!((slid.rooms(), slid.count("all")), (ids(&all[3..]), 5));
    client = client.listing("all", (0, 3), detail(1, &[], &alice));
    assert_eq!(client.slides().await.rooms(), ids(&all[1..3]));
    assert!(client.slides().await.is_silent());
    client = client.listing("all", (0, 99), detail(1, &[], &alice));
    assert_eq!(client.slides().await.rooms(), ids(&all[..1]));
}

fn ids(rooms: &[OwnedRoomId]) -> Vec<String> {
    sorted(&rooms.iter().map(|room| &**room).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_room_that_moves_comes_into_the_window_and_one_outside_waits() {
    let world = World::new().await;
    let alice = world.person("alice");
    let all = rooms(&alice, 4).await;
    let mut client = Slider::of(&alice).listing("top", (0, 1), detail(5, &[], &alice));
    client.slides().await;
    alice.says(&all[0], "up").await;
    let slid = client.waits().await;
    assert_eq!(slid.rooms(), ids(&all[..1]));
    // The third is not within the window now: what is said there waits until it comes back.
    alice.says(&all[2], "one").await;
    client = client.listing("top", (0, 0), detail(5, &[], &alice));
    client.slides().await;
    alice.says(&all[1], "another").await;
    alice.says(&all[2], "two").await;
    alice.says(&all[3], "three").await;
    let slid = client.slides().await;
    assert_eq!(slid.said(&all[3]), ["three"]);
    assert_eq!(slid.rooms(), ids(&all[3..]));
    client = client.listing("top", (0, 3), detail(5, &[], &alice));
    let slid = client.slides().await;
    assert_eq!(slid.said(&all[2]), ["two"]);
    assert!(slid.room(&all[2]).get("initial").is_none());
    assert_eq!(slid.room(&all[2])["num_live"], 0);
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn a_subscription_tells_of_its_room_wherever_it_is() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let all = rooms(&alice, 3).await;
    let strange = bob.creates().await;
    let mut client = Slider::of(&alice)
        .listing("top", (0, 0), detail(1, &[], &alice))
        .subscribing(&all[0], detail(3, &[("m.room.create", "")], &alice))
        .subscribing(&strange, detail(3, &[], &alice));
    let slid = client.slides().await;
    assert_eq!(slid.rooms(), ids(&[all[0].clone(), all[2].clone()]));
    assert_eq!(slid.said(&all[0]).len(), 3);
    assert_eq!(slid.state(&all[0]), [("m.room.create".to_owned(), String::new())]);
    assert_eq!((slid.said(&all[2]).len(), slid.state(&all[2]).len()), (1, 0));
    alice.says(&all[0], "here").await;
    assert_eq!(client.waits().await.said(&all[0]), ["here"]);
}

#[tokio::test]
async fn a_larger_limit_tells_again_and_says_so() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    for n in 0..4 {
        alice.says(&room, &n.to_string()).await;
    }
    let limited = |limit| Slider::of(&alice).listing("all", (0, 9), detail(limit, &[], &alice));
    let mut client = limited(1);
    assert_eq!(client.slides().await.said(&room), ["3"]);
    client.asks = limited(3).asks;
    let slid = client.slides().await;
    assert_eq!(slid.said(&room), ["1", "2", "3"]);
    assert_eq!(slid.room(&room)["unstable_expanded_timeline"], true);
    assert!(slid.room(&room).get("initial").is_none());
    client.asks = limited(2).asks;
    assert!(client.slides().await.is_silent());
    client.asks = limited(100).asks;
    assert_eq!(client.slides().await.room(&room)["unstable_expanded_timeline"], true);
    // Everything was told: there is no more.
    alice.says(&room, "new").await;
    let slid = client.slides().await;
    assert_eq!(slid.said(&room), ["new"]);
    assert!(slid.room(&room).get("unstable_expanded_timeline").is_none());
}

#[tokio::test]
async fn state_that_is_wanted_later_is_told_at_once_and_only_that() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    alice.sets(&room, "m.room.topic", "", json!({ "topic": "t" })).await;
    let wanting = |state: &[(&str, &str)]| {
        Slider::of(&alice).listing("all", (0, 9), detail(1, state, &alice)).asks
    };
    let mut client = Slider::of_all(&alice);
    client.asks = wanting(&[("m.room.create", "")]);
    assert_eq!(client.slides().await.state(&room).len(), 1);
    client.asks = wanting(&[("m.room.create", ""), ("m.room.topic", "")]);
    let slid = client.slides().await;
    assert_eq!(slid.state(&room), [("m.room.topic".to_owned(), String::new())]);
    assert!(slid.said(&room).is_empty());
    // Less is wanted, and then the same again: what changed meanwhile is told.
    client.asks = wanting(&[("m.room.create", "")]);
    assert!(client.slides().await.is_silent());
    alice.sets(&room, "m.room.topic", "", json!({ "topic": "u" })).await;
    assert!(client.slides().await.state(&room).is_empty());
    client.asks = wanting(&[("m.room.create", ""), ("m.room.topic", "")]);
    assert_eq!(client.slides().await.room(&room)["required_state"][0]["content"]["topic"], "u");
}

#[tokio::test]
async fn members_come_as_they_are_needed() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice"), world.person("bob"), world.person("carol"));
    let room = alice.creates().await;
    for person in [&bob, &carol] {
        person.joins(&room).await;
    }
    bob.says(&room, "one").await;
    let lazily = detail(1, &[("*", "*"), ("m.room.member", "$LAZY")], &alice);
    let mut client = Slider::of(&alice).listing("all", (0, 9), lazily);
    let members = |slid: &super::Slid| {
        let state = slid.state(&room).into_iter().filter(|(kind, _)| kind == "m.room.member");
        state.map(|(_, user)| user).collect::<Vec<_>>()
    };
    let slid = client.slides().await;
    assert_eq!(members(&slid), ["@bob:s"]);
    assert!(slid.state(&room).len() > 4, "all other state is wanted");
    bob.says(&room, "two").await;
    assert!(members(&client.slides().await).is_empty());
    carol.says(&room, "three").await;
    assert_eq!(members(&client.slides().await), ["@carol:s"]);
}

#[tokio::test]
async fn direct_rooms_tags_and_spaces_make_lists() {
    let world = World::new().await;
    let alice = world.person("alice");
    let all = rooms(&alice, 4).await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    alice.keeps(None, "m.direct", json!({ "@bob:s": [all[0], "!nowhere:s", 5] })).await;
    let slid = client.waits().await;
    assert_eq!((slid.rooms(), &slid.room(&all[0])["is_dm"]), (ids(&all[..1]), &json!(true)));
    alice.keeps(None, "m.direct", json!({})).await;
    assert_eq!(client.waits().await.room(&all[0])["is_dm"], false);

    alice.keeps(Some(&all[1]), "m.tag", json!({ "tags": { "m.favourite": {} } })).await;
    let child = json!({ "via": ["s"] });
    alice.sets(&all[3], "m.space.child", all[2].as_str(), child.clone()).await;
    alice.sets(&all[3], "m.space.child", all[1].as_str(), json!({})).await;
    let by = |change: &dyn Fn(&mut sync::Filters)| {
        let mut client = Slider::of_all(&alice.on("FILTERING"));
        client.asks.lists.values_mut().for_each(|list| change(&mut list.filters));
        client
    };
    let favourite = || Some(vec!["m.favourite".to_owned()]);
    assert_eq!(by(&|f| f.tags = favourite()).slides().await.rooms(), ids(&all[1..2]));
    assert_eq!(by(&|f| f.not_tags = favourite()).slides().await.count("all"), 3);
    let space = Some(vec![all[3].clone()]);
    let slid = by(&|f| f.spaces.clone_from(&space)).slides().await;
    assert_eq!(slid.rooms(), ids(&all[2..3]));
    let mut encrypted = by(&|f| f.is_encrypted = Some(true));
    assert_eq!(encrypted.slides().await.count("all"), 0);
    alice.encrypts(&all[0]).await;
    assert_eq!(encrypted.waits().await.rooms(), ids(&all[..1]));
}

#[tokio::test]
async fn a_room_of_many_is_all_that_is_told_when_it_alone_moves() {
    let world = World::new().await;
    let alice = world.person("alice");
    let all = rooms(&alice, 30).await;
    let mut client = Slider::of_all(&alice).extended();
    assert_eq!(client.slides().await.rooms().len(), 30);
    alice.says(&all[3], "here").await;
    assert_eq!(client.waits().await.rooms(), ids(&all[3..4]));
}
