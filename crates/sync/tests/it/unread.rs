//! Unread counts.

use rooms::ReceiptKind;
use ruma_common::push::{Action, NewPushRule, NewSimplePushRule};
use serde_json::{Value, json};

use crate::world::{Person, World, counts};

/// Alice and Bob in a room with a third, so that it is no conversation of two.
async fn group(world: &World) -> (Person, Person, ruma_common::OwnedRoomId) {
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    world.person("carol").joins(&room).await;
    (alice, bob, room)
}

fn mentioning(text: &str, user: &Person) -> Value {
    json!({ "msgtype": "m.text", "body": text, "m.mentions": { "user_ids": [user.id] } })
}

#[tokio::test]
async fn the_count_comes_with_the_event_and_goes_with_the_receipt() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    assert_eq!(client.syncs().await.unread(&room), (0, 0));
    alice.says(&room, "one").await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    let second = alice.says(&room, "two").await;
    let third = alice.says(&room, "three").await;
    assert_eq!(client.syncs().await.unread(&room), (3, 0));
    bob.reads(&room, &second).await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    bob.reads_by(&room, &third, ReceiptKind::Private, None).await;
    assert_eq!(client.syncs().await.unread(&room), (0, 0));
}

#[tokio::test]
async fn counts_are_the_same_when_counted_anew() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    client.syncs().await;
    let read = alice.says(&room, "read").await;
    bob.reads(&room, &read).await;
    alice.sends(&room, "m.room.message", mentioning("you", &bob)).await;
    alice.says(&room, "all").await;
    assert_eq!(client.syncs().await.unread(&room), (2, 1));
    let world = world.forgetting();
    assert_eq!(bob.at(&world).client().syncs().await.unread(&room), (2, 1));
}

#[tokio::test]
async fn what_was_said_before_somebody_came_is_not_unread() {
    let world = World::new().await;
    let (alice, _, room) = group(&world).await;
    alice.says(&room, "before").await;
    let dave = world.person("dave");
    dave.joins(&room).await;
    dave.calls_themselves(&room, "David").await;
    alice.says(&room, "after").await;
    assert_eq!(dave.client().syncs().await.unread(&room), (1, 0));
}

#[tokio::test]
async fn ones_own_messages_do_not_count_and_say_that_one_has_read() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    alice.says(&room, "question").await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    bob.says(&room, "answer").await;
    assert_eq!(client.syncs().await.unread(&room), (0, 0));
    let world = world.forgetting();
    assert_eq!(bob.at(&world).client().syncs().await.unread(&room), (0, 0));
}

#[tokio::test]
async fn a_mention_is_highlighted_and_an_edit_or_reaction_does_not_count() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    client.syncs().await;
    let event = alice.sends(&room, "m.room.message", mentioning("you", &bob)).await;
    assert_eq!(client.syncs().await.unread(&room), (1, 1));
    let edit = json!({
        "msgtype": "m.text", "body": "* edited",
        "m.new_content": { "msgtype": "m.text", "body": "edited" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": event },
    });
    alice.sends(&room, "m.room.message", edit).await;
    let reaction =
        json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": event, "key": "+1" } });
    alice.sends(&room, "m.reaction", reaction).await;
    assert_eq!(client.syncs().await.unread(&room), (1, 1));
}

#[tokio::test]
async fn what_is_redacted_does_not_count_any_more() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    let event = alice.says(&room, "oops").await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    alice.redacts(&room, &event).await;
    assert_eq!(client.syncs().await.unread(&room), (0, 0));
    let world = world.forgetting();
    assert_eq!(bob.at(&world).client().syncs().await.unread(&room), (0, 0));
}

#[tokio::test]
async fn an_encrypted_message_counts_by_its_rule() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    alice.encrypts(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…" });
    alice.sends(&room, "m.room.encrypted", content).await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
}

#[tokio::test]
async fn a_muted_room_counts_nothing_and_another_rule_counts_anew() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    alice.says(&room, "loud").await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    let rule = NewPushRule::Room(NewSimplePushRule::new(room.clone(), Vec::<Action>::new()));
    world.devices.set_push_rule(&bob.id, rule, &devices::RulePlace::default()).await.unwrap();
    client.syncs().await;
    alice.says(&room, "still").await;
    assert_eq!(client.syncs().await.unread(&room), (0, 0));
}

#[tokio::test]
async fn an_ignored_person_s_messages_are_neither_told_nor_counted() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    client.syncs().await;
    bob.keeps(None, "m.ignored_user_list", json!({ "ignored_users": { "@alice:s": {} } })).await;
    client.syncs().await;
    alice.says(&room, "unheard").await;
    assert!(client.syncs().await.is_silent());
    alice.sets(&room, "m.room.name", "", json!({ "name": "state is heard" })).await;
    let told = client.syncs().await;
    assert_eq!(told.said(&room), ["m.room.name"]);
    assert_eq!(told.unread(&room), (0, 0));
    bob.keeps(None, "m.ignored_user_list", json!({ "ignored_users": {} })).await;
    client.syncs().await;
    alice.says(&room, "heard").await;
    assert_eq!(client.syncs().await.said(&room), ["heard"]);
}

#[tokio::test]
async fn threads_are_counted_apart_when_asked_for() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let filter = json!({ "room": { "timeline": { "unread_thread_notifications": true } } });
    let (mut apart, mut together) = (bob.client().filtering(filter), bob.client());
    apart.syncs().await;
    let first = alice.says(&room, "root").await;
    let reply = |text: &str| {
        json!({
            "msgtype": "m.text", "body": text,
            "m.relates_to": { "rel_type": "m.thread", "event_id": first },
        })
    };
    alice.sends(&room, "m.room.message", reply("first")).await;
    let last = alice.sends(&room, "m.room.message", reply("second")).await;

    let told = apart.syncs().await;
    assert_eq!(told.unread(&room), (1, 0));
    let threads = &told.joined(&room)["unread_thread_notifications"];
    assert_eq!(counts(&threads[first.as_str()]), (2, 0));
    assert_eq!(together.syncs().await.unread(&room), (3, 0));

    bob.reads_by(&room, &last, ReceiptKind::Read, Some(first.as_str())).await;
    let told = apart.syncs().await;
    assert_eq!(told.unread(&room), (1, 0));
    assert_eq!(told.joined(&room).get("unread_thread_notifications"), None);

    bob.reads_by(&room, &first, ReceiptKind::Read, Some("main")).await;
    assert_eq!(apart.syncs().await.unread(&room), (0, 0));
    assert_eq!(together.syncs().await.unread(&room), (0, 0));
}

#[tokio::test]
async fn what_relates_to_a_reply_is_in_its_thread() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let filter = json!({ "room": { "timeline": { "unread_thread_notifications": true } } });
    let mut client = bob.client().filtering(filter);
    let first = alice.says(&room, "root").await;
    let relation = |kind: &str, event: &ruma_common::EventId| {
        json!({
            "msgtype": "m.text", "body": "related",
            "m.relates_to": { "rel_type": kind, "event_id": event },
        })
    };
    let reply = alice.sends(&room, "m.room.message", relation("m.thread", &first)).await;
    alice.sends(&room, "m.room.message", relation("m.reference", &reply)).await;
    alice.sends(&room, "m.room.message", relation("m.reference", &first)).await;
    let told = client.syncs().await;
    assert_eq!(told.unread(&room), (2, 0));
    let threads = &told.joined(&room)["unread_thread_notifications"];
    assert_eq!(counts(&threads[first.as_str()]), (2, 0));
}

#[tokio::test]
async fn whoever_comes_back_has_unread_what_came_after_only() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    client.syncs().await;
    alice.says(&room, "before").await;
    assert_eq!(client.syncs().await.unread(&room), (1, 0));
    bob.leaves(&room).await;
    alice.says(&room, "meanwhile").await;
    bob.joins(&room).await;
    bob.calls_themselves(&room, "Robert").await;
    alice.says(&room, "after").await;
    let new = bob.on("NEW").client().syncs().await;
    let anew = bob.at(&world.forgetting()).client().syncs().await;
    for told in [client.syncs().await, new, anew] {
        assert_eq!(told.unread(&room), (1, 0));
    }
}

#[tokio::test]
async fn encrypted_messages_are_told_apart_by_sender_and_by_what_is_readable_of_them() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    alice.encrypts(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    let muted =
        NewPushRule::Sender(NewSimplePushRule::new(world.person("carol").id, Vec::<Action>::new()));
    world.devices.set_push_rule(&bob.id, muted, &devices::RulePlace::default()).await.unwrap();
    let sealed = |extra: Value| {
        let mut content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…" });
        content.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        content
    };
    for _ in 0..2 {
        alice.sends(&room, "m.room.encrypted", sealed(json!({}))).await;
        world.person("carol").sends(&room, "m.room.encrypted", sealed(json!({}))).await;
    }
    let mention = sealed(json!({ "m.mentions": { "user_ids": [bob.id] } }));
    alice.sends(&room, "m.room.encrypted", mention).await;
    assert_eq!(client.syncs().await.unread(&room), (3, 1));
}

#[tokio::test]
async fn of_more_than_is_kept_one_by_one_what_is_read_and_redacted_is_counted_exactly() {
    let world = World::new().await;
    let (alice, bob, room) = group(&world).await;
    let mut client = bob.client();
    client.syncs().await;
    let mut said = Vec::new();
    for number in 0..2_300 {
        let content =
            if number % 100 == 0 { mentioning("you", &bob) } else { mentioning("all", &alice) };
        said.push(alice.sends(&room, "m.room.message", content).await);
    }
    let everybody = async |client: &mut crate::world::Client, expected| {
        let cold = bob.at(&world.forgetting()).on("NEW").client().syncs().await;
        let cold_again = bob.at(&world.forgetting()).on("NEWER").client().syncs().await;
        assert_eq!(cold.unread(&room), expected, "begun without memory");
        assert_eq!(cold_again.unread(&room), expected, "begun from what was written");
        assert_eq!(client.syncs().await.unread(&room), expected, "followed");
    };
    everybody(&mut client, (2_300, 23)).await;
    // In the middle of what is counted only.
    bob.reads(&room, &said[499]).await;
    everybody(&mut client, (1_800, 18)).await;
    alice.redacts(&room, &said[600]).await;
    everybody(&mut client, (1_799, 17)).await;
    bob.reads_by(&room, &said[700], ReceiptKind::Private, Some("main")).await;
    everybody(&mut client, (1_599, 15)).await;
    bob.says(&room, "all read").await;
    everybody(&mut client, (0, 0)).await;
}
