//! Coming and going.

use rooms::{MemberProfile, Membership, NewRoom, RoomError};
use ruma_common::user_id;
use serde_json::json;

use crate::town::{Person, Refused, Town, members, object, private, public, refusal, with_state};

#[tokio::test]
async fn a_private_room_is_entered_by_invitation_only() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.creates(private()).await;
        assert_eq!(refusal(bob.joins(&room).await), Refused::Forbidden);
        alice.invites(&room, &bob).await.unwrap();
        bob.joins(&room).await.unwrap();
        bob.leaves(&room).await.unwrap();
        assert_eq!(refusal(bob.joins(&room).await), Refused::Forbidden);
        assert_eq!(refusal(bob.says(&room, "still here").await), Refused::Forbidden);

        let town = town.restarted().await;
        let loaded = town.rooms.room(&room).await.unwrap();
        assert_eq!(members(&loaded)[bob.id.as_str()], Membership::Leave);
        assert_eq!(loaded.current().joined, 1);
    }
}

#[tokio::test]
async fn a_banned_person_cannot_rejoin_until_the_ban_is_lifted() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(public(), &[&bob]).await;
        alice.bans(&room, &bob).await.unwrap();
        assert_eq!(refusal(bob.joins(&room).await), Refused::Forbidden);
        assert_eq!(refusal(alice.invites(&room, &bob).await), Refused::Forbidden);
        // Putting somebody out ends where lifting a ban does, and must not do it.
        assert_eq!(refusal(alice.kicks(&room, &bob).await), Refused::Forbidden);
        assert_eq!(bob.standing(&room).await, Membership::Ban);
        alice.unbans(&room, &bob).await.unwrap();
        bob.joins(&room).await.unwrap();
        assert_eq!(refusal(alice.unbans(&room, &bob).await), Refused::Invalid);
    }
}

#[tokio::test]
async fn only_who_has_the_power_puts_others_out() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let powers = Some(object(&json!({ "users": { "@bob:s.test": 50 } })));
    let room = alice.gathers(NewRoom { power_levels: powers, ..public() }, &[&bob, &carol]).await;
    assert_eq!(refusal(carol.kicks(&room, &bob).await), Refused::Forbidden);
    assert_eq!(refusal(carol.bans(&room, &bob).await), Refused::Forbidden);
    assert_eq!(refusal(bob.bans(&room, &alice).await), Refused::Forbidden);
    bob.kicks(&room, &carol).await.unwrap();
    assert_eq!(carol.standing(&room).await, Membership::Leave);
    assert_eq!(refusal(bob.kicks(&room, &carol).await), Refused::Forbidden);
}

#[tokio::test]
async fn an_invitation_is_declined_or_taken_back() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let room = alice.creates(private()).await;
    alice.invites(&room, &bob).await.unwrap();
    bob.leaves(&room).await.unwrap();
    alice.invites(&room, &carol).await.unwrap();
    alice.kicks(&room, &carol).await.unwrap();
    assert_eq!(refusal(carol.joins(&room).await), Refused::Forbidden);
    // Whoever never came in has nothing to read.
    assert_eq!(refusal(bob.sees(&room).await), Refused::Forbidden);
}

#[tokio::test]
async fn joining_twice_says_nothing_twice() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    let before = alice.sees(&room).await.unwrap().len();
    bob.joins(&room).await.unwrap();
    assert_eq!(alice.sees(&room).await.unwrap().len(), before);
}

#[tokio::test]
async fn a_knock_is_answered_by_an_invitation() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let closed = alice.creates(private()).await;
    assert_eq!(refusal(bob.knocks(&closed).await), Refused::Forbidden);
    let knocking = with_state(private(), "m.room.join_rules", json!({ "join_rule": "knock" }));
    let room = alice.creates(knocking).await;
    bob.knocks(&room).await.unwrap();
    assert_eq!(refusal(bob.joins(&room).await), Refused::Forbidden);
    alice.invites(&room, &bob).await.unwrap();
    bob.joins(&room).await.unwrap();
}

#[tokio::test]
async fn the_members_of_another_room_are_let_in_where_the_rule_says_so() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let club = alice.gathers(private(), &[&bob]).await;
    let rule = json!({
        "join_rule": "restricted",
        "allow": [{ "type": "m.room_membership", "room_id": club }],
    });
    let room = alice.creates(with_state(private(), "m.room.join_rules", rule)).await;
    assert_eq!(refusal(carol.joins(&room).await), Refused::Forbidden);
    bob.joins(&room).await.unwrap();
    let member = alice.state(&room, "m.room.member", bob.id.as_str()).await.unwrap();
    assert_eq!(member["join_authorised_via_users_server"], alice.id.as_str());
}

#[tokio::test]
async fn nobody_vouches_for_themselves() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let club = alice.gathers(private(), &[&bob]).await;
    let rule = json!({
        "join_rule": "restricted",
        "allow": [{ "type": "m.room_membership", "room_id": club }],
    });
    let room = alice.creates(with_state(private(), "m.room.join_rules", rule)).await;
    let comes = async |person: &Person, voucher: &Person| {
        let content = json!({
            "membership": "join", "join_authorised_via_users_server": voucher.id,
        });
        person.sets(&room, ("m.room.member", person.id.as_str()), content).await
    };
    assert_eq!(refusal(comes(&carol, &alice).await), Refused::Forbidden);
    assert_eq!(carol.standing(&room).await, Membership::Leave);
    // Who may come in is vouched for by whom the server finds, whatever they say.
    comes(&bob, &carol).await.unwrap();
    let member = alice.state(&room, "m.room.member", bob.id.as_str()).await.unwrap();
    assert_eq!(member["join_authorised_via_users_server"], alice.id.as_str());
}

#[tokio::test]
async fn a_forgotten_room_is_in_no_list_and_is_not_read_until_one_is_asked_in_again() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(private(), &[&bob]).await;
        assert_eq!(refusal(bob.forgets(&room).await), Refused::Invalid);
        bob.leaves(&room).await.unwrap();
        assert!(bob.sees(&room).await.is_ok());
        bob.forgets(&room).await.unwrap();
        bob.forgets(&room).await.unwrap();
        assert!(town.rooms.memberships(&bob.id).await.unwrap().is_empty());
        assert_eq!(refusal(bob.sees(&room).await), Refused::Forbidden);
        alice.invites(&room, &bob).await.unwrap();
        let again = town.rooms.memberships(&bob.id).await.unwrap();
        assert_eq!(again[0].1, Membership::Invite);
    }
}

#[tokio::test]
async fn a_new_name_is_shown_in_every_room_that_one_is_in() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let mut rooms = Vec::new();
    for _ in 0..20 {
        rooms.push(alice.gathers(private(), &[&bob]).await);
    }
    let left = rooms.pop().unwrap();
    bob.leaves(&left).await.unwrap();
    let profile = MemberProfile { name: Some("Robert".to_owned()), avatar: None };
    town.rooms.update_profile(&bob.id, &profile).await.unwrap();
    for room in rooms {
        let shown = town.rooms.joined_members(&alice.id, &room).await.unwrap();
        assert_eq!(shown[&bob.id].name.as_deref(), Some("Robert"));
        assert_eq!(shown[&alice.id].name.as_deref(), Some("alice's name"));
    }
    assert_eq!(bob.standing(&left).await, Membership::Leave);
}

#[tokio::test]
async fn people_of_other_servers_are_not_asked_in() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(public()).await;
    let mut stranger = town.person("stranger");
    stranger.id = user_id!("@stranger:elsewhere.test").to_owned();
    assert_eq!(refusal(alice.invites(&room, &stranger).await), Refused::Forbidden);
    assert_eq!(refusal(stranger.joins(&room).await), Refused::Forbidden);
}

#[tokio::test]
async fn an_unknown_room_is_unknown() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let nowhere = ruma_common::room_id!("!nowhere:s.test");
    assert!(matches!(alice.joins(nowhere).await, Err(RoomError::UnknownRoom(_))));
}

#[tokio::test]
async fn standings_tell_since_which_event() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let standing = town.rooms.standings(&bob.id).await.unwrap()[0];
    let event = town.rooms.events(&[standing.event]).await.unwrap().pop().unwrap();
    assert_eq!(event.pdu.state_key(), Some(bob.id.as_str()));
    assert_eq!((event.ord, standing.membership), (standing.ord, Membership::Join));
    let loaded = town.rooms.room_by_number(standing.room).await.unwrap();
    assert_eq!(loaded.id, room);
}
