//! Coming and going.

use rooms::Preset;
use serde_json::{Value, json};

use crate::world::{World, state, texts};

#[tokio::test]
async fn an_invitation_is_told_with_stripped_state() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut client = bob.client();
    client.syncs().await;
    let room = alice.creates_with(Preset::Private, &[]).await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "Plans" })).await;
    alice.says(&room, "a secret").await;
    alice.invites(&room, &bob).await;

    for told in [client.syncs().await, bob.on("NEW").client().syncs().await] {
        let events = told.invited(&room)["invite_state"]["events"].clone();
        let kinds: Vec<_> = state(&events).into_iter().map(|(kind, _)| kind).collect();
        for kind in ["m.room.create", "m.room.name", "m.room.join_rules", "m.room.member"] {
            assert!(kinds.iter().any(|k| k == kind), "{kind}");
        }
        for event in events.as_array().unwrap() {
            let mut fields: Vec<_> = event.as_object().unwrap().keys().collect();
            fields.sort();
            assert_eq!(fields, ["content", "sender", "state_key", "type"]);
        }
        assert_eq!(told.joined(&room), &Value::Null);
    }
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn an_accepted_invitation_becomes_a_room_with_all_its_state() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates_with(Preset::Private, &[&bob]).await;
    for n in 0..20 {
        alice.says(&room, &n.to_string()).await;
    }
    let mut client = bob.client();
    client.syncs().await;
    bob.joins(&room).await;
    let told = client.syncs().await;
    assert!(told.said(&room).contains(&"m.room.member".to_owned()));
    assert_eq!(told.joined(&room)["timeline"]["limited"], true);
    let state = state(&told.joined(&room)["state"]["events"]);
    assert!(state.contains(&("m.room.create".to_owned(), String::new())));
    assert!(state.contains(&("m.room.member".to_owned(), "@alice:s".to_owned())));
}

#[tokio::test]
async fn a_declined_invitation_is_told_as_left_once_and_tells_nothing_of_the_room() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates_with(Preset::Private, &[&bob]).await;
    alice.says(&room, "a secret").await;
    let mut client = bob.client();
    client.syncs().await;
    bob.leaves(&room).await;
    let told = client.syncs().await;
    assert_eq!(texts(&told.left(&room)["timeline"]["events"]), ["m.room.member"]);
    assert_eq!(told.left(&room)["state"]["events"], json!([]));
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn whoever_leaves_is_told_up_to_there_and_no_further() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    alice.says(&room, "before").await;
    bob.leaves(&room).await;
    alice.says(&room, "after").await;
    let told = client.syncs().await;
    let events = &told.left(&room)["timeline"]["events"];
    assert_eq!(texts(events), ["before", "m.room.member"]);
    assert_eq!(told.joined(&room), &Value::Null);

    alice.says(&room, "much later").await;
    assert!(client.syncs().await.is_silent());
    assert!(bob.on("NEW").client().syncs().await.0.get("rooms").is_none());
}

#[tokio::test]
async fn whoever_is_put_out_is_told_nothing_of_what_comes_after() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice"), world.person("bob"), world.person("carol"));
    let room = alice.creates().await;
    for person in [&bob, &carol] {
        person.joins(&room).await;
    }
    let (mut kicked, mut banned) = (bob.client(), carol.client());
    kicked.syncs().await;
    banned.syncs().await;
    alice.kicks(&room, &bob).await;
    alice.says(&room, "between").await;
    alice.sets(&room, "m.room.topic", "", json!({ "topic": "secret" })).await;
    alice.bans(&room, &carol).await;
    alice.bans(&room, &bob).await;
    alice.says(&room, "after").await;

    let told = kicked.syncs().await;
    let left = told.left(&room);
    assert_eq!(texts(&left["timeline"]["events"]), ["m.room.member", "m.room.member"]);
    assert_eq!(left["timeline"]["events"][1]["content"]["membership"], "ban");
    assert_eq!(left["state"]["events"], json!([]), "what came between is not told as state");
    let told = banned.syncs().await;
    let events = &told.left(&room)["timeline"]["events"];
    let expected = ["m.room.member", "between", "m.room.topic", "m.room.member"];
    assert_eq!(texts(events), expected);
    assert!(kicked.syncs().await.is_silent() && banned.syncs().await.is_silent());
}

#[tokio::test]
async fn state_after_of_a_left_room_ends_where_the_person_left() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = bob.client().wanting_state_after();
    client.syncs().await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "known" })).await;
    bob.leaves(&room).await;
    alice.sets(&room, "m.room.topic", "", json!({ "topic": "unknown" })).await;
    let told = client.syncs().await;
    let expected = [("m.room.member", "@bob:s"), ("m.room.name", "")];
    let expected = expected.map(|(kind, key)| (kind.to_owned(), key.to_owned()));
    assert_eq!(state(&told.left(&room)["state_after"]["events"]), expected);
}

#[tokio::test]
async fn whoever_comes_back_is_told_the_whole_room_again() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    bob.leaves(&room).await;
    client.syncs().await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "new" })).await;
    for n in 0..12 {
        alice.says(&room, &n.to_string()).await;
    }
    bob.joins(&room).await;
    let told = client.syncs().await;
    let state = state(&told.joined(&room)["state"]["events"]);
    assert!(state.contains(&("m.room.name".to_owned(), String::new())));
    assert!(state.contains(&("m.room.create".to_owned(), String::new())));
    assert_eq!(told.said(&room).last().unwrap(), "m.room.member");
}

#[tokio::test]
async fn what_happened_while_somebody_was_out_is_told_as_far_as_they_may_see_it() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    let setting = json!({ "history_visibility": "joined" });
    alice.sets(&room, "m.room.history_visibility", "", setting).await;
    bob.joins(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    bob.leaves(&room).await;
    alice.says(&room, "unheard").await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "new" })).await;
    bob.joins(&room).await;
    alice.says(&room, "heard").await;
    let told = client.syncs().await;
    assert_eq!(told.said(&room), ["m.room.member", "heard"]);
    assert_eq!(told.joined(&room)["timeline"]["limited"], true);
    let state = state(&told.joined(&room)["state"]["events"]);
    assert!(state.contains(&("m.room.name".to_owned(), String::new())), "{state:?}");
}

#[tokio::test]
async fn a_left_room_is_told_to_a_new_device_only_if_wanted_and_not_forgotten() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (kept, forgotten) = (alice.creates().await, alice.creates().await);
    for room in [&kept, &forgotten] {
        bob.joins(room).await;
        bob.leaves(room).await;
        alice.says(room, "after").await;
    }
    bob.forgets(&forgotten).await;
    let wanting = json!({ "room": { "include_leave": true } });
    let told = bob.client().filtering(wanting).syncs().await;
    assert_eq!(told.left(&forgotten), &Value::Null);
    let events = &told.left(&kept)["timeline"]["events"];
    assert_eq!(texts(events).last().unwrap(), "m.room.member");
    assert!(bob.client().syncs().await.is_silent_of_rooms());
}

#[tokio::test]
async fn a_knock_is_told_with_stripped_state() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    alice.sets(&room, "m.room.join_rules", "", json!({ "join_rule": "knock" })).await;
    let mut client = bob.client();
    client.syncs().await;
    bob.knocks(&room).await;
    let told = client.syncs().await;
    let events = &told.0["rooms"]["knock"][room.as_str()]["knock_state"]["events"];
    assert!(state(events).contains(&("m.room.create".to_owned(), String::new())));

    alice.invites(&room, &bob).await;
    let told = client.syncs().await;
    assert!(told.invited(&room).is_object());
}

#[tokio::test]
async fn an_invitation_by_somebody_ignored_is_not_told() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let ignored = json!({ "ignored_users": { "@alice:s": {} } });
    bob.keeps(None, "m.ignored_user_list", ignored).await;
    let mut client = bob.client();
    client.syncs().await;
    alice.creates_with(Preset::Private, &[&bob]).await;
    assert!(client.syncs().await.is_silent());
    assert!(bob.on("NEW").client().syncs().await.is_silent_of_rooms());
}
