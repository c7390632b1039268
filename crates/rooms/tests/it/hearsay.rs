//! A node that hears nothing of the others decides as well as any: the store has the last word.

use rooms::{Membership, ReceiptKind};
use ruma_common::room_alias_id;
use serde_json::json;

use crate::town::{Person, Refused, Town, private, public, refusal, with_state};

/// Two people in a room that a deaf node holds; the second of each is the same person there.
async fn gathering(new: rooms::NewRoom) -> (Town, [Person; 4], ruma_common::OwnedRoomId) {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(new, &[&bob]).await;
    let deaf = town.deaf_node().await;
    let [far_alice, far_bob] = [alice.by(&deaf), bob.by(&deaf)];
    assert_eq!(far_bob.standing(&room).await, Membership::Join);
    (town, [alice, bob, far_alice, far_bob], room)
}

#[tokio::test]
async fn it_does_not_write_for_who_was_put_out() {
    let (_town, [alice, bob, _, far_bob], room) = gathering(private()).await;
    alice.bans(&room, &bob).await.unwrap();
    assert_eq!(far_bob.standing(&room).await, Membership::Join);
    assert_eq!(refusal(far_bob.says(&room, "still here").await), Refused::Forbidden);
    assert_eq!(far_bob.standing(&room).await, Membership::Ban);
}

#[tokio::test]
async fn it_lets_who_came_in_elsewhere_speak_and_read() {
    let (town, [alice, _, _, far_bob], room) = gathering(public()).await;
    let carol = town.person("carol");
    carol.joins(&room).await.unwrap();
    let far_carol = carol.by(&far_bob.rooms());
    far_carol.says(&room, "hello").await.unwrap();
    assert_eq!(alice.hears(&room).await.unwrap(), ["hello"]);
    let dave = town.person("dave");
    dave.joins(&room).await.unwrap();
    assert_eq!(dave.by(&far_bob.rooms()).hears(&room).await.unwrap(), ["hello"]);
}

#[tokio::test]
async fn it_does_not_take_for_set_what_was_changed() {
    let (_town, [alice, bob, far_alice, far_bob], room) = gathering(private()).await;
    let name = |name: &str| json!({ "name": name });
    alice.sets(&room, ("m.room.name", ""), name("first")).await.unwrap();
    far_alice.sets(&room, ("m.room.name", ""), name("mine")).await.unwrap();
    alice.sets(&room, ("m.room.name", ""), name("second")).await.unwrap();
    far_alice.sets(&room, ("m.room.name", ""), name("mine")).await.unwrap();
    assert_eq!(alice.state(&room, "m.room.name", "").await, Some(name("mine")));

    bob.leaves(&room).await.unwrap();
    alice.invites(&room, &bob).await.unwrap();
    far_bob.joins(&room).await.unwrap();
    assert_eq!(bob.standing(&room).await, Membership::Join);
}

#[tokio::test]
async fn it_answers_a_request_that_another_node_did_with_its_event() {
    let (town, [alice, bob, far_alice, _], room) = gathering(private()).await;
    let draft = || rules::build::Draft::message("m.room.encrypted", crate::town::encrypted("once"));
    let request = || Some(alice.request("once"));
    let first = town.rooms.send(&alice.id, &room, draft(), request()).await.unwrap();
    let far = far_alice.rooms();
    assert_eq!(far.send(&alice.id, &room, draft(), request()).await.unwrap(), first);
    // Also when it would be refused now.
    alice.leaves(&room).await.unwrap();
    assert_eq!(far.send(&alice.id, &room, draft(), request()).await.unwrap(), first);
    assert_eq!(town.rooms.send(&alice.id, &room, draft(), request()).await.unwrap(), first);
    assert_eq!(bob.hears(&room).await.unwrap(), ["once"]);
}

#[tokio::test]
async fn it_redacts_and_reads_what_others_said_and_redacted() {
    let (_town, [alice, bob, far_alice, _], room) = gathering(private()).await;
    let said = bob.says(&room, "bob's").await.unwrap();
    let mine = alice.says(&room, "alice's").await.unwrap();
    assert_eq!(far_alice.hears(&room).await.unwrap(), ["bob's", "alice's"]);
    alice.redacts(&room, &mine).await.unwrap();
    far_alice.redacts(&room, &said).await.unwrap();
    assert!(bob.hears(&room).await.unwrap().is_empty());
    // To write it had to follow; what it held is gone with that.
    assert!(far_alice.hears(&room).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_gives_an_alias_that_is_given_to_nobody_and_takes_back_what_is_there() {
    let (town, [alice, bob, far_alice, far_bob], room) = gathering(public()).await;
    let square = room_alias_id!("#square:s.test");
    let other = bob.creates(public()).await;
    town.rooms.create_alias(&bob.id, square, &other).await.unwrap();
    let taken = far_alice.rooms().create_alias(&alice.id, square, &room).await;
    assert!(matches!(taken, Err(rooms::RoomError::AliasTaken(_))));
    alice.bans(&room, &bob).await.unwrap();
    let by_bob = far_bob.rooms().create_alias(&bob.id, room_alias_id!("#b:s.test"), &room).await;
    assert_eq!(refusal(by_bob), Refused::Forbidden);
    far_bob.rooms().delete_alias(&bob.id, square).await.unwrap();
    far_alice.rooms().create_alias(&alice.id, square, &room).await.unwrap();
    assert_eq!(town.rooms.resolve_alias(square).await.unwrap(), room);
}

#[tokio::test]
async fn it_lets_in_only_who_is_in_the_room_that_lets_them_in() {
    let (town, [alice, bob, _, far_bob], hall) = gathering(private()).await;
    let allow = json!([{ "type": "m.room_membership", "room_id": hall }]);
    let rule = json!({ "join_rule": "restricted", "allow": allow });
    let room = alice.creates(with_state(private(), "m.room.join_rules", rule)).await;
    let carol = town.person("carol");
    alice.invites(&hall, &carol).await.unwrap();
    carol.joins(&hall).await.unwrap();
    carol.by(&far_bob.rooms()).joins(&room).await.unwrap();
    bob.leaves(&hall).await.unwrap();
    assert_eq!(refusal(far_bob.joins(&room).await), Refused::Forbidden);
}

#[tokio::test]
async fn its_receipts_move_forward_only() {
    let (town, [alice, bob, _, far_bob], room) = gathering(private()).await;
    let (first, second) =
        (alice.says(&room, "1").await.unwrap(), alice.says(&room, "2").await.unwrap());
    let read = (ReceiptKind::Read, None);
    bob.rooms().set_receipt(&bob.id, &room, &second, read).await.unwrap();
    far_bob.rooms().set_receipt(&bob.id, &room, &first, read).await.unwrap();
    let no = town.rooms.room(&room).await.unwrap().no;
    let receipts = far_bob.rooms().receipts_of(no, &bob.id).await.unwrap();
    assert_eq!(receipts.iter().map(|receipt| &receipt.event_id).collect::<Vec<_>>(), [&second]);
}
