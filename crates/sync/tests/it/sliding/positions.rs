//! Positions: what is told again, what is not known any more, and who may go on from where.

use std::time::Duration;

use base::change::Change;
use store::Batch;
use sync::SyncError;

use super::{Slider, detail};
use crate::world::World;

#[tokio::test]
async fn a_position_named_again_is_answered_the_same() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = Slider::of_all(&alice).extended();
    client.slides().await;
    alice.says(&room, "one").await;
    let mut again = client.clone();
    let first = client.slides().await;
    alice.says(&room, "two").await;
    assert_eq!(again.slides().await, first);
    assert_eq!(first.said(&room), ["one"]);
    assert_eq!(again.slides().await.said(&room), ["two"]);
}

#[tokio::test]
async fn a_position_named_again_with_other_questions_is_answered_anew_and_nothing_is_lost() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    alice.says(&room, "one").await;
    let mut again = client.clone().listing("more", (0, 0), detail(1, &[], &alice));
    client.slides().await;
    alice.says(&room, "two").await;
    assert_eq!(again.slides().await.said(&room), ["one", "two"]);
    // What the first answer gave is not known any more.
    assert!(matches!(client.tries(Duration::ZERO).await, Err(SyncError::UnknownPosition)));
}

#[tokio::test]
async fn positions_before_the_last_two_are_not_known() {
    let world = World::new().await;
    let alice = world.person("alice");
    alice.creates().await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    let mut old = client.clone();
    client.slides().await;
    client.slides().await;
    assert!(matches!(old.tries(Duration::ZERO).await, Err(SyncError::UnknownPosition)));
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn a_position_is_its_device_s_and_connection_s_alone() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.creates().await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    let refuses = |mut other: Slider| async move {
        matches!(other.tries(Duration::ZERO).await, Err(SyncError::UnknownPosition))
    };
    assert!(refuses(Slider { person: bob, ..client.clone() }).await);
    assert!(refuses(Slider { person: alice.on("OTHER"), ..client.clone() }).await);
    let mut other = client.clone();
    other.asks.connection = "other".to_owned();
    assert!(refuses(other).await);
    for pos in ["", "s1", "s1_p1_1_1", "nonsense", "s1_p-1_1_1"] {
        let pos = Some(pos.to_owned());
        assert!(refuses(Slider { pos: pos.clone(), ..client.clone() }).await, "{pos:?}");
    }
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn connections_of_a_device_do_not_know_of_each_other() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut one = Slider::of_all(&alice);
    let mut other = Slider::of_all(&alice);
    other.asks.connection = "other".to_owned();
    one.slides().await;
    alice.says(&room, "hello").await;
    assert_eq!(other.slides().await.room(&room)["initial"], true);
    assert_eq!(one.slides().await.said(&room), ["hello"]);
    // One that begins anew takes the place of the one of its name.
    let mut anew = Slider { pos: None, ..one.clone() };
    assert_eq!(anew.slides().await.room(&room)["initial"], true);
    assert!(matches!(one.tries(Duration::ZERO).await, Err(SyncError::UnknownPosition)));
}

#[tokio::test]
async fn a_device_has_a_few_connections_and_the_oldest_gives_way() {
    let world = World::new().await;
    let alice = world.person("alice");
    alice.creates().await;
    let mut clients = Vec::new();
    for n in 0..9 {
        let mut client = Slider::of_all(&alice);
        client.asks.connection = n.to_string();
        client.slides().await;
        clients.push(client);
    }
    let known = |mut client: Slider| async move { client.tries(Duration::ZERO).await.is_ok() };
    assert!(!known(clients[0].clone()).await);
    for client in &clients[1..] {
        assert!(known(client.clone()).await);
    }
}

#[tokio::test]
async fn whoever_waits_gives_way_to_a_later_request_and_it_misses_nothing() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    let (pos, mut waiting) = (client.pos.clone(), client.clone());
    let waits = tokio::spawn(async move { waiting.waits().await });
    tokio::task::yield_now().await;
    client.asks.transaction = Some("later".to_owned());
    let (first, second) = tokio::join!(waits, async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let later = client.slides();
        later.await
    });
    let first = first.unwrap();
    assert!(first.is_silent() && second.is_silent());
    assert_eq!(first.0["pos"].as_str(), pos.as_deref());
    assert_eq!(second.0["txn_id"], "later");
    alice.says(&room, "hello").await;
    assert_eq!(client.waits().await.said(&room), ["hello"]);
}

#[tokio::test]
async fn another_node_has_the_client_begin_anew() {
    let ([one, other], _) = World::cluster().await;
    let alice = one.person("alice");
    let room = alice.creates().await;
    let mut client = Slider::of_all(&alice);
    client.slides().await;
    client.person = alice.at(&other);
    assert!(matches!(client.tries(Duration::ZERO).await, Err(SyncError::UnknownPosition)));
    client.pos = None;
    assert_eq!(client.slides().await.room(&room)["initial"], true);
}

#[tokio::test]
async fn more_than_the_hub_remembers_is_read_from_the_journal() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let rooms = [alice.creates().await, alice.creates().await, bob.creates().await];
    alice.joins(&rooms[2]).await;
    let mut client = Slider::of_all(&alice).extended();
    client.slides().await;
    // More changes of device lists than are remembered of a person.
    let mut batch = Batch::new();
    for _ in 0..=500 {
        journal::record(&mut batch, &Change::DeviceList { user: bob.id.clone() }).unwrap();
    }
    world.store.commit(batch).await.unwrap();
    alice.says(&rooms[0], "meanwhile").await;
    alice.leaves(&rooms[2]).await;
    let slid = client.slides().await;
    assert_eq!(slid.said(&rooms[0]), ["meanwhile"]);
    assert_eq!(slid.said(&rooms[2]), ["m.room.member"]);
    assert_eq!(slid.rooms().len(), 2);
}
