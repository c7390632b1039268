//! Redaction: who may, and that the body is gone.

use base::number::EventNo;
use rooms::{NewRoom, Rooms, Settings};
use ruma_common::{EventId, RoomVersionId};
use serde_json::json;
use store::{MemoryDisk, Prefix, Store, Table};
use vault::{KeyEncryptionKey, Sealing, Vault};

use crate::town::{Person, Refused, Town, object, private, public, refusal};

const BODIES: Table<EventNo, Vec<u8>> = Table::new("event_bodies");

async fn stored_bodies(store: &Store) -> Vec<Vec<u8>> {
    let rows = BODIES.all(store, &Prefix::all()).await.unwrap();
    rows.into_iter().map(|(_, body)| body).collect()
}

fn holds(bodies: &[Vec<u8>], words: &str) -> bool {
    bodies.iter().any(|body| body.windows(words.len()).any(|part| part == words.as_bytes()))
}

#[tokio::test]
async fn a_redacted_body_is_in_no_answer_and_not_in_the_store() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        for version in rules::version::SUPPORTED {
            let new = NewRoom { version: Some(version.clone()), ..private() };
            let room = alice.gathers(new, &[&bob]).await;
            let said = alice.says(&room, "a secret").await.unwrap();
            let before = stored_bodies(&town.store).await.len();
            let redaction = alice.redacts(&room, &said).await.unwrap();
            // One body less, and the redaction's own reason more.
            assert_eq!(stored_bodies(&town.store).await.len(), before);

            let seen = bob.looks_at(&room, &said).await.unwrap();
            assert_eq!(seen["content"], json!({}), "{version}");
            let because = &seen["unsigned"]["redacted_because"];
            assert_eq!(because["event_id"], redaction.as_str());
            assert_eq!(because["redacts"], said.as_str());
            assert_eq!(because["content"]["redacts"], said.as_str());
            assert_eq!(because["content"]["reason"], "a mistake");
        }
        let town = town.restarted().await;
        for room in town.rooms.joined_rooms(&alice.id).await.unwrap() {
            assert_eq!(alice.hears(&room).await.unwrap(), Vec::<String>::new());
        }
    }
}

/// The search finds the words where nothing is sealed, so not finding them means something.
#[tokio::test]
async fn the_words_are_in_the_store_before_and_gone_after() {
    let sealed = async |sealing| {
        let store = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let keys = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let master = KeyEncryptionKey::from_bytes([7; 32]);
        let vault = Vault::open_with(keys, master, sealing).await.unwrap();
        let settings = Settings {
            server_name: ruma_common::server_name!("s.test").to_owned(),
            default_version: RoomVersionId::V12,
            encryption: rooms::EncryptionPolicy::Required,
        };
        let clock = std::sync::Arc::new(base::clock::SystemClock);
        let rooms = Rooms::open(store.clone(), vault, settings, clock).await.unwrap();
        let alice = Person::of(rooms, "alice");
        let room = alice.creates(private()).await;
        let said = alice.says(&room, "MARKER").await.unwrap();
        let before = holds(&stored_bodies(&store).await, "MARKER");
        alice.redacts(&room, &said).await.unwrap();
        (before, holds(&stored_bodies(&store).await, "MARKER"))
    };
    assert_eq!(sealed(Sealing::Off).await, (true, false));
    assert_eq!(sealed(Sealing::On).await, (false, false));
}

#[tokio::test]
async fn one_redacts_ones_own_and_with_power_those_of_others() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let powers = Some(object(&json!({ "users": { "@bob:s.test": 50 } })));
    let room = alice.gathers(NewRoom { power_levels: powers, ..private() }, &[&bob, &carol]).await;
    let of_alice = alice.says(&room, "alice's").await.unwrap();
    let of_carol = carol.says(&room, "carol's").await.unwrap();
    assert_eq!(refusal(carol.redacts(&room, &of_alice).await), Refused::Forbidden);
    bob.redacts(&room, &of_alice).await.unwrap();
    carol.redacts(&room, &of_carol).await.unwrap();
    assert!(alice.hears(&room).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_of_another_room_is_not_redacted() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let of_bob = bob.creates(private()).await;
    let said = alice.says(&room, "hello").await.unwrap();
    assert_eq!(refusal(bob.redacts(&of_bob, &said).await), Refused::NotFound);
    let unknown = EventId::parse("$unknown").unwrap();
    assert_eq!(refusal(bob.redacts(&room, &unknown).await), Refused::NotFound);
    assert_eq!(alice.hears(&room).await.unwrap(), ["hello"]);
}

#[tokio::test]
async fn a_redaction_sent_as_a_message_is_held_to_the_same_rules() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let said = alice.says(&room, "hello").await.unwrap();
    let content = || json!({ "redacts": said, "reason": "why" });
    let by_bob = bob.sends(&room, "m.room.redaction", content()).await;
    assert_eq!(refusal(by_bob), Refused::Forbidden);
    assert_eq!(refusal(alice.sends(&room, "m.room.redaction", json!({})).await), Refused::Invalid);
    alice.sends(&room, "m.room.redaction", content()).await.unwrap();
    assert!(bob.hears(&room).await.unwrap().is_empty());
}

#[tokio::test]
async fn redacted_state_stays_what_redaction_keeps_of_it() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(public(), &[&bob]).await;
        let name = alice.sets(&room, ("m.room.name", ""), json!({ "name": "n" })).await.unwrap();
        alice.redacts(&room, &name).await.unwrap();
        let events = alice.sees(&room).await.unwrap();
        let own = |event: &&serde_json::Value| event["state_key"] == bob.id.as_str();
        let joined = events.iter().rfind(own).unwrap()["event_id"].as_str().unwrap();
        bob.redacts(&room, joined.try_into().unwrap()).await.unwrap();

        let town = town.restarted().await;
        assert_eq!(alice.state(&room, "m.room.name", "").await, Some(json!({})));
        let member = alice.state(&room, "m.room.member", bob.id.as_str()).await;
        assert_eq!(member, Some(json!({ "membership": "join" })));
        assert_eq!(town.rooms.room(&room).await.unwrap().current().joined, 2);
        bob.says(&room, "still here").await.unwrap();
    }
}

#[tokio::test]
async fn what_somebody_erased_wrote_is_gone_from_memory_too() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let powers = Some(object(&json!({ "users": { "@bob:s.test": 50 } })));
        let room = alice.gathers(NewRoom { power_levels: powers, ..private() }, &[&bob]).await;
        alice.says(&room, "alice's").await.unwrap();
        bob.says(&room, "bob's").await.unwrap();
        bob.sets(&room, ("m.room.topic", ""), json!({ "topic": "bob's topic" })).await.unwrap();
        assert_eq!(alice.hears(&room).await.unwrap(), ["alice's", "bob's"]);
        town.vault.destroy(&vault::Owner::Person(bob.id.clone())).await.unwrap();
        town.rooms.forget_bodies_of(&bob.id).await.unwrap();

        assert_eq!(alice.hears(&room).await.unwrap(), ["alice's"]);
        let topic = alice.state(&room, "m.room.topic", "").await;
        assert_eq!(topic, Some(json!({})));
        let everything = serde_json::to_string(&alice.sees(&room).await.unwrap()).unwrap();
        assert!(!everything.contains("bob's"), "{everything}");
        assert!(everything.contains("alice's name"));
        alice.says(&room, "goes on").await.unwrap();
    }
}

#[tokio::test]
async fn what_somebody_erased_wrote_is_gone_and_the_room_stands() {
    for town in Town::everywhere().await {
        let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
        let room = alice.gathers(private(), &[&bob]).await;
        alice.says(&room, "alice's").await.unwrap();
        bob.says(&room, "bob's").await.unwrap();
        let town = town.restarted().await;
        town.vault.destroy(&vault::Owner::Person(bob.id.clone())).await.unwrap();

        assert_eq!(alice.hears(&room).await.unwrap(), ["alice's"]);
        let everything = serde_json::to_string(&alice.sees(&room).await.unwrap()).unwrap();
        assert!(everything.contains("alice's name"));
        // His name stood in the invitation that Alice wrote, too.
        assert!(!everything.contains("bob's name"));
        assert!(bob.says(&room, "from beyond").await.is_err());
        alice.kicks(&room, &bob).await.unwrap();
        alice.invites(&room, &carol).await.unwrap();
        carol.joins(&room).await.unwrap();
    }
}
