//! What is told of a room.

use rooms::{Preset, RoomRemoval};
use serde_json::json;

use super::{Slider, detail};
use crate::world::World;

#[tokio::test]
async fn a_room_is_told_whole_at_first_and_then_what_is_new() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "Square" })).await;
    alice.sets(&room, "m.room.avatar", "", json!({ "url": "mxc://s/a" })).await;
    bob.joins(&room).await;
    bob.says(&room, "one").await;
    let wanted = detail(2, &[("m.room.name", ""), ("m.room.member", "$ME")], &alice);
    let mut client = Slider::of(&alice).listing("all", (0, 9), wanted);

    let slid = client.slides().await;
    let told = slid.room(&room);
    assert_eq!((told["initial"].clone(), told["name"].clone()), (json!(true), json!("Square")));
    assert_eq!(told["avatar"], "mxc://s/a");
    assert_eq!((told["joined_count"].clone(), told["invited_count"].clone()), (json!(2), json!(0)));
    assert_eq!((told["limited"].clone(), told["num_live"].clone()), (json!(true), json!(0)));
    assert!(told["prev_batch"].is_string() && told.get("heroes").is_none());
    assert_eq!(slid.said(&room), ["m.room.member", "one"]);
    let state = [("m.room.member", "@alice:s"), ("m.room.name", "")];
    let state = state.map(|(kind, key)| (kind.to_owned(), key.to_owned()));
    assert_eq!(slid.state(&room), state);
    assert_eq!(told["notification_count"], 1);

    bob.says(&room, "two").await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "Place" })).await;
    let before = told["bump_stamp"].as_u64().unwrap();
    let slid = client.slides().await;
    let told = slid.room(&room);
    assert_eq!(slid.said(&room), ["two", "m.room.name"]);
    assert_eq!(slid.state(&room), state[1..]);
    assert_eq!((told["name"].clone(), told["num_live"].clone()), (json!("Place"), json!(2)));
    assert!(told.get("initial").is_none() && told.get("avatar").is_none());
    assert!(told.get("joined_count").is_none() && told.get("limited").is_none());
    assert!(told["bump_stamp"].as_u64().unwrap() > before);
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn a_name_that_goes_is_told_and_heroes_take_its_place() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "Square" })).await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    alice.sets(&room, "m.room.name", "", json!({})).await;
    let slid = client.slides().await;
    let told = slid.room(&room).as_object().unwrap();
    assert_eq!(told["name"], json!(null));
    assert_eq!(told["heroes"], json!([{ "user_id": "@bob:s", "displayname": "bob" }]));
}

#[tokio::test]
async fn state_that_does_not_bump_leaves_the_stamp_as_it_is() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    alice.says(&room, "one").await;
    let mut client = Slider::of_all(&alice);
    let stamp = client.slides().await.room(&room)["bump_stamp"].clone();
    bob.joins(&room).await;
    let slid = client.slides().await;
    assert_eq!(slid.said(&room), ["m.room.member"]);
    assert!(slid.room(&room).get("bump_stamp").is_none());
    assert_eq!(slid.room(&room)["joined_count"], 2);
    for n in 0..40 {
        bob.calls_themselves(&room, &n.to_string()).await;
    }
    let mut other = Slider::of_all(&alice.on("OTHER"));
    assert_eq!(other.slides().await.room(&room)["bump_stamp"], stamp);
}

#[tokio::test]
async fn more_events_than_are_wanted_leave_a_gap_that_is_told() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = Slider::of(&alice).listing("all", (0, 9), detail(3, &[], &alice));
    client.slides().await;
    for n in 0..5 {
        alice.says(&room, &n.to_string()).await;
    }
    let slid = client.slides().await;
    assert_eq!(slid.said(&room), ["2", "3", "4"]);
    assert_eq!(
        (&slid.room(&room)["limited"], &slid.room(&room)["num_live"]),
        (&json!(true), &json!(3))
    );
}

#[tokio::test]
async fn an_invitation_is_told_stripped_and_becomes_a_room_when_accepted() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut client = Slider::of_all(&bob);
    client.slides().await;
    let room = alice.creates_with(Preset::Private, &[]).await;
    alice.says(&room, "secret").await;
    alice.invites(&room, &bob).await;

    let slid = client.waits().await;
    let told = slid.room(&room);
    let kinds = crate::world::state(&told["invite_state"]);
    assert!(kinds.contains(&("m.room.member".to_owned(), "@bob:s".to_owned())), "{kinds:?}");
    assert!(told.get("timeline").is_none() && told.get("joined_count").is_none());
    let stamp = told["bump_stamp"].as_u64().unwrap();
    alice.says(&room, "another secret").await;
    assert!(client.slides().await.is_silent(), "what goes on inside is nothing to who is outside");
    let mut anew = Slider::of_all(&bob.on("NEW"));
    assert_eq!(anew.slides().await.room(&room)["bump_stamp"], stamp);

    bob.joins(&room).await;
    let slid = client.waits().await;
    assert_eq!(slid.room(&room)["initial"], true);
    assert!(slid.said(&room).contains(&"m.room.member".to_owned()));
}

#[tokio::test]
async fn both_forms_tell_the_same_under_their_own_names() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let asked_in = alice.creates_with(Preset::Private, &[&bob]).await;
    let room = bob.creates().await;
    let mut client = Slider::of_all(&bob).accepted();
    client.asks.lists.values_mut().for_each(|list| list.detail.timeline_limit = 1);
    let slid = client.slides().await;
    assert_eq!(slid.room(&asked_in)["membership"], "invite");
    assert!(slid.room(&asked_in)["stripped_state"].is_array());
    assert_eq!(slid.room(&room)["membership"], "join");
    assert_eq!(slid.room(&room)["lists"], json!(["all"]));
    assert!(slid.room(&room).get("notification_count").is_none());
    client.asks.lists.values_mut().for_each(|list| list.detail.timeline_limit = 3);
    assert_eq!(client.slides().await.room(&room)["expanded_timeline"], true);
}

#[tokio::test]
async fn who_leaves_or_is_put_out_is_told_up_to_there() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (left, put_out) = (alice.creates().await, alice.creates().await);
    for room in [&left, &put_out] {
        bob.joins(room).await;
    }
    let mut client = Slider::of_all(&bob).accepted();
    client.slides().await;
    alice.says(&left, "before").await;
    bob.leaves(&left).await;
    alice.kicks(&put_out, &bob).await;
    for room in [&left, &put_out] {
        alice.says(room, "after").await;
    }
    let slid = client.slides().await;
    assert_eq!(slid.said(&left), ["before", "m.room.member"]);
    assert_eq!(slid.said(&put_out), ["m.room.member"]);
    for room in [&left, &put_out] {
        assert_eq!(slid.room(room)["membership"], "leave");
    }
    // Only who was put out sees that when they begin anew.
    let mut anew = Slider::of_all(&bob.on("NEW"));
    let slid = anew.slides().await;
    assert_eq!((slid.rooms(), slid.count("all")), (vec![put_out.to_string()], 1));
    assert!(!slid.said(&put_out).contains(&"after".to_owned()));
    assert!(client.slides().await.is_silent());
    bob.joins(&left).await;
    assert_eq!(client.slides().await.room(&left)["initial"], true);
}

#[tokio::test]
async fn invitations_taken_back_or_refused_are_told_once() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let back = alice.creates_with(Preset::Private, &[&bob]).await;
    let refused = alice.creates_with(Preset::Private, &[&bob]).await;
    let mut client = Slider::of_all(&bob).accepted();
    client.slides().await;
    alice.kicks(&back, &bob).await;
    bob.leaves(&refused).await;
    let slid = client.slides().await;
    for room in [&back, &refused] {
        assert_eq!(slid.room(room)["membership"], "leave");
        assert_eq!(slid.room(room)["stripped_state"].as_array().unwrap().len(), 1);
    }
    assert_eq!(slid.count("all"), 0);
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn a_room_that_was_deleted_is_one_that_they_went_out_of() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (room, other) = (alice.creates().await, alice.creates().await);
    for room in [&room, &other] {
        bob.joins(room).await;
    }
    let mut client = Slider::of_all(&bob).accepted().extended();
    client.slides().await;
    let removal = RoomRemoval { by: alice.id.clone(), block: false, purge: true };
    world.rooms.remove_room(&room, &removal).await.unwrap();
    world.rooms.finish_purges().await.unwrap();
    let slid = client.slides().await;
    assert_eq!((slid.rooms(), slid.count("all")), (vec![room.to_string()], 1));
    assert_eq!(slid.room(&room)["membership"], "leave");
    assert!(client.slides().await.is_silent());
    assert_eq!(Slider::of_all(&bob.on("NEW")).slides().await.rooms(), [other.to_string()]);
}

#[tokio::test]
async fn who_leaves_and_forgets_is_told_that_they_left() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = Slider::of_all(&bob);
    client.slides().await;
    bob.leaves(&room).await;
    bob.forgets(&room).await;
    assert_eq!(client.slides().await.said(&room), ["m.room.member"]);
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn ignored_people_are_neither_read_nor_can_they_invite() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    let ignored = json!({ "ignored_users": { "@bob:s": {} } });
    alice.keeps(None, "m.ignored_user_list", ignored).await;
    bob.says(&room, "noise").await;
    bob.creates_with(Preset::Private, &[&alice]).await;
    alice.says(&room, "signal").await;
    let slid = client.slides().await;
    assert_eq!((slid.said(&room), slid.rooms().len()), (vec!["signal".to_owned()], 1));
    assert_eq!(slid.count("all"), 1);
}

#[tokio::test]
async fn counts_go_when_another_device_reads() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    let event = bob.says(&room, "read me").await;
    assert_eq!(client.slides().await.room(&room)["notification_count"], 1);
    alice.reads(&room, &event).await;
    assert_eq!(client.waits().await.room(&room)["notification_count"], 0);
}
