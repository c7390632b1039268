//! Who sees what was said when they were not there.

use rooms::{MemberFilter, Membership, TimelineToken};
use serde_json::json;

use crate::town::{Person, Refused, Town, private, refusal, with_history};

/// Says words while Bob is nowhere, invited, in the room, gone; then what he hears of them.
async fn heard_by_bob(town: &Town, visibility: &str) -> Vec<String> {
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(with_history(private(), visibility)).await;
    alice.says(&room, "before").await.unwrap();
    alice.invites(&room, &bob).await.unwrap();
    alice.says(&room, "invited").await.unwrap();
    bob.joins(&room).await.unwrap();
    alice.says(&room, "joined").await.unwrap();
    bob.leaves(&room).await.unwrap();
    alice.says(&room, "after").await.unwrap();
    bob.hears(&room).await.unwrap()
}

#[tokio::test]
async fn who_left_sees_what_the_setting_showed_them_and_nothing_after() {
    for town in Town::everywhere().await {
        let table: [(&str, &[&str]); 4] = [
            ("world_readable", &["before", "invited", "joined", "after"]),
            ("shared", &["before", "invited", "joined"]),
            ("invited", &["invited", "joined"]),
            ("joined", &["joined"]),
        ];
        for (visibility, expected) in table {
            assert_eq!(heard_by_bob(&town, visibility).await, expected, "{visibility}");
        }
    }
}

#[tokio::test]
async fn who_came_back_sees_what_was_said_meanwhile_where_history_is_shared() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    for (visibility, expected) in [
        ("shared", ["first", "meanwhile", "again"].as_slice()),
        ("joined", ["first", "again"].as_slice()),
    ] {
        let room = alice.gathers(with_history(private(), visibility), &[&bob]).await;
        alice.says(&room, "first").await.unwrap();
        bob.leaves(&room).await.unwrap();
        alice.says(&room, "meanwhile").await.unwrap();
        alice.invites(&room, &bob).await.unwrap();
        bob.joins(&room).await.unwrap();
        alice.says(&room, "again").await.unwrap();
        assert_eq!(bob.hears(&room).await.unwrap(), expected, "{visibility}");
    }
}

#[tokio::test]
async fn a_stranger_reads_only_what_is_open_to_the_world() {
    let town = Town::new().await;
    let [alice, stranger] = town.people(["alice", "stranger"]);
    for visibility in ["shared", "invited", "joined"] {
        let room = alice.creates(with_history(private(), visibility)).await;
        let said = alice.says(&room, "hello").await.unwrap();
        assert_eq!(refusal(stranger.hears(&room).await), Refused::Forbidden);
        assert_eq!(refusal(stranger.looks_at(&room, &said).await), Refused::Forbidden);
        assert_eq!(refusal(stranger.rooms().state(&stranger.id, &room).await), Refused::Forbidden);
        alice.invites(&room, &stranger).await.unwrap();
        assert_eq!(refusal(stranger.hears(&room).await), Refused::Forbidden);
    }
    let room = alice.creates(with_history(private(), "world_readable")).await;
    alice.says(&room, "hello").await.unwrap();
    assert_eq!(stranger.hears(&room).await.unwrap(), ["hello"]);
    assert!(stranger.rooms().state(&stranger.id, &room).await.is_ok());
}

#[tokio::test]
async fn a_setting_counts_from_the_event_that_makes_it() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(with_history(private(), "joined")).await;
    alice.says(&room, "hidden").await.unwrap();
    let shared = json!({ "history_visibility": "shared" });
    alice.sets(&room, ("m.room.history_visibility", ""), shared).await.unwrap();
    alice.says(&room, "shown").await.unwrap();
    alice.invites(&room, &bob).await.unwrap();
    bob.joins(&room).await.unwrap();
    assert_eq!(bob.hears(&room).await.unwrap(), ["shown"]);
    let seen = bob.sees(&room).await.unwrap();
    assert!(seen.iter().any(|event| event["content"]["history_visibility"] == "shared"));
}

#[tokio::test]
async fn each_event_tells_how_one_stood_to_the_room_then() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(private()).await;
    alice.says(&room, "before").await.unwrap();
    alice.invites(&room, &bob).await.unwrap();
    alice.says(&room, "invited").await.unwrap();
    bob.joins(&room).await.unwrap();
    alice.says(&room, "joined").await.unwrap();
    let stood = async |who: &Person, words: &str| {
        let seen = who.sees(&room).await.unwrap();
        let event = seen.iter().find(|event| event["content"]["ciphertext"] == words).unwrap();
        event["unsigned"]["membership"].as_str().unwrap().to_owned()
    };
    assert_eq!(stood(&bob, "before").await, "leave");
    assert_eq!(stood(&bob, "invited").await, "invite");
    assert_eq!(stood(&bob, "joined").await, "join");
    assert_eq!(stood(&alice, "before").await, "join");
}

#[tokio::test]
async fn who_came_later_asks_in_vain_who_was_there_before_where_history_begins_with_them() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    for (visibility, carol_is_there) in [("shared", true), ("joined", false)] {
        let room = alice.gathers(with_history(private(), visibility), &[&carol]).await;
        let loaded = town.rooms.room(&room).await.unwrap();
        let then = TimelineToken::After(loaded.current().last());
        carol.leaves(&room).await.unwrap();
        alice.invites(&room, &bob).await.unwrap();
        bob.joins(&room).await.unwrap();
        let only = MemberFilter { only: Some(Membership::Join), except: None };
        let members = town.rooms.members(&bob.id, &room, (only, Some(then))).await.unwrap();
        let seen = members.iter().any(|event| event.pdu.state_key() == Some(carol.id.as_str()));
        assert_eq!(seen, carol_is_there, "{visibility}");
    }
}
