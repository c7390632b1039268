//! Who is in a room: coming, going, asking, and being put out.

use serde_json::{Value, json};

use crate::harness::{Answer, Person, Server};
use crate::rooms::at;

async fn membership(viewer: &Person, room: &str, of: &Person) -> Value {
    let path = at(room, &format!("state/m.room.member/{}", of.user_id));
    viewer.get(&path).await.ok()["membership"].clone()
}

/// Does something to somebody in a room.
async fn does(person: &Person, what: &str, room: &str, to: &Person) -> Answer {
    person.post(&at(room, what), json!({ "user_id": to.user_id })).await
}

async fn tries_to_join(person: &Person, room: &str) -> Answer {
    person.post(&at(room, "join"), json!({})).await
}

async fn people() -> (Server, Person, Person, Person) {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let carol = server.register("carol").await;
    (server, alice, bob, carol)
}

#[tokio::test]
async fn a_private_room_is_for_who_was_invited() {
    let (_server, alice, bob, carol) = people().await;
    let room = alice.creates_room(json!({})).await;
    does(&alice, "invite", &room, &bob).await.ok();
    assert_eq!(membership(&alice, &room, &bob).await, "invite");
    bob.joins(&room).await;
    assert_eq!(membership(&alice, &room, &bob).await, "join");
    tries_to_join(&carol, &room).await.refused(403, "M_FORBIDDEN");
    does(&carol, "invite", &room, &carol).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn a_public_room_is_joined_by_id_or_alias() {
    let (_server, alice, bob, carol) = people().await;
    let room =
        alice.creates_room(json!({ "preset": "public_chat", "room_alias_name": "forum" })).await;
    bob.joins(&room).await;
    let by_alias = "/_matrix/client/v3/join/%23forum:chappe.example?via=chappe.example";
    let joined = carol.post(by_alias, json!({ "reason": "curious" })).await.ok();
    assert_eq!(joined["room_id"], room.as_str());
    let path = at(&room, &format!("state/m.room.member/{}", carol.user_id));
    assert_eq!(alice.get(&path).await.ok()["reason"], "curious");
    let unknown = carol.post("/_matrix/client/v3/join/%23none:chappe.example", json!({})).await;
    unknown.refused(404, "M_NOT_FOUND");
    tries_to_join(&carol, "!none:chappe.example").await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn joining_where_one_is_changes_nothing() {
    let (_server, alice, bob, _) = people().await;
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&room).await;
    let path = at(&room, &format!("state/m.room.member/{}?format=event", bob.user_id));
    let before = alice.get(&path).await.ok()["event_id"].clone();
    bob.joins(&room).await;
    assert_eq!(alice.get(&path).await.ok()["event_id"], before);
}

#[tokio::test]
async fn people_are_shown_in_a_room_with_their_name() {
    let (_server, alice, bob, _) = people().await;
    let profile = |person: &Person| format!("/_matrix/client/v3/profile/{}", person.user_id);
    let name = json!({ "displayname": "Bob B." });
    bob.put(&format!("{}/displayname", profile(&bob)), name).await.ok();
    let room = alice.creates_room(json!({ "invite": [bob.user_id] })).await;
    let path = at(&room, &format!("state/m.room.member/{}", bob.user_id));
    assert_eq!(alice.get(&path).await.ok()["displayname"], "Bob B.");
    bob.joins(&room).await;
    let joined = alice.get(&at(&room, "joined_members")).await.ok();
    assert_eq!(joined["joined"][&bob.user_id]["display_name"], "Bob B.");
}

#[tokio::test]
async fn only_people_with_an_account_are_invited_and_by_members_alone() {
    let (_server, alice, bob, carol) = people().await;
    let room = alice.creates_room(json!({})).await;
    let invite = at(&room, "invite");
    let nobody = json!({ "user_id": "@nobody:chappe.example" });
    alice.post(&invite, nobody.clone()).await.refused(404, "M_NOT_FOUND");
    let elsewhere = json!({ "user_id": "@x:elsewhere.example" });
    alice.post(&invite, elsewhere).await.refused(403, "M_FORBIDDEN");
    let address = json!({
        "medium": "email", "address": "a@b.example", "id_server": "i", "id_access_token": "t",
    });
    alice.post(&invite, address).await.refused(403, "M_FORBIDDEN");
    alice.post(&invite, json!({})).await.refused(400, "M_BAD_JSON");
    bob.post(&invite, nobody).await.refused(403, "M_FORBIDDEN");
    does(&bob, "invite", &room, &carol).await.refused(403, "M_FORBIDDEN");
    does(&alice, "invite", &room, &alice).await.refused(403, "M_FORBIDDEN");
    does(&alice, "invite", &room, &bob).await.ok();
    does(&alice, "invite", &room, &bob).await.ok();
    does(&bob, "invite", &room, &carol).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn an_invitation_by_state_follows_the_same_rules() {
    let (_server, alice, bob, _) = people().await;
    let room = alice.creates_room(json!({})).await;
    let invite = json!({ "membership": "invite" });
    let nobody = at(&room, "state/m.room.member/@nobody:chappe.example");
    alice.put(&nobody, invite.clone()).await.refused(404, "M_NOT_FOUND");
    alice.put(&at(&room, &format!("state/m.room.member/{}", bob.user_id)), invite).await.ok();
    bob.joins(&room).await;
}

#[tokio::test]
async fn a_declined_invitation_shows_nothing_of_the_room() {
    let (_server, alice, bob, _) = people().await;
    let room = alice.creates_room(json!({ "name": "Secret" })).await;
    alice.says(&room, "hidden").await;
    does(&alice, "invite", &room, &bob).await.ok();
    bob.get(&at(&room, "messages?dir=b")).await.refused(403, "M_FORBIDDEN");
    bob.post(&at(&room, "leave"), json!({})).await.ok();
    for path in ["messages?dir=b", "state", "members", "state/m.room.name"] {
        bob.get(&at(&room, path)).await.refused(403, "M_FORBIDDEN");
    }
    tries_to_join(&bob, &room).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn who_left_reads_up_to_there_and_comes_back_by_invitation() {
    let (_server, alice, bob, _) = people().await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    alice.says(&room, "heard").await;
    bob.post(&at(&room, "leave"), json!({ "reason": "tired" })).await.ok();
    alice.says(&room, "unheard").await;
    let page = bob.get(&at(&room, "messages?dir=b&limit=100")).await.ok().to_string();
    assert!(page.contains("heard") && !page.contains("unheard"));
    bob.post(&at(&room, "leave"), json!({})).await.refused(403, "M_FORBIDDEN");
    let sent = bob.put(&at(&room, "send/m.reaction/1"), json!({})).await;
    sent.refused(403, "M_FORBIDDEN");
    tries_to_join(&bob, &room).await.refused(403, "M_FORBIDDEN");
    alice.brings(&bob, &room).await;
    let page = bob.get(&at(&room, "messages?dir=b&limit=100")).await.ok().to_string();
    assert!(page.contains("unheard"), "history is shared");
}

#[tokio::test]
async fn a_kick_takes_power_and_does_not_lift_a_ban() {
    let (_server, alice, bob, carol) = people().await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    alice.brings(&carol, &room).await;
    does(&bob, "kick", &room, &carol).await.refused(403, "M_FORBIDDEN");
    let kick = json!({ "user_id": bob.user_id, "reason": "why" });
    alice.post(&at(&room, "kick"), kick).await.ok();
    let path = at(&room, &format!("state/m.room.member/{}", bob.user_id));
    let member = alice.get(&path).await.ok();
    assert_eq!((&member["membership"], &member["reason"]), (&json!("leave"), &json!("why")));
    does(&alice, "kick", &room, &bob).await.refused(403, "M_FORBIDDEN");
    does(&alice, "invite", &room, &bob).await.ok();
    does(&alice, "kick", &room, &bob).await.ok();
    tries_to_join(&bob, &room).await.refused(403, "M_FORBIDDEN");
    does(&alice, "ban", &room, &bob).await.ok();
    does(&alice, "kick", &room, &bob).await.refused(403, "M_FORBIDDEN");
    assert_eq!(membership(&alice, &room, &bob).await, "ban");
}

#[tokio::test]
async fn a_banned_person_stays_out_until_the_ban_is_lifted() {
    let (_server, alice, bob, carol) = people().await;
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&room).await;
    carol.joins(&room).await;
    does(&bob, "ban", &room, &carol).await.refused(403, "M_FORBIDDEN");
    does(&alice, "ban", &room, &bob).await.ok();
    tries_to_join(&bob, &room).await.refused(403, "M_FORBIDDEN");
    does(&alice, "invite", &room, &bob).await.refused(403, "M_FORBIDDEN");
    bob.post(&at(&room, "leave"), json!({})).await.refused(403, "M_FORBIDDEN");
    does(&carol, "unban", &room, &bob).await.refused(403, "M_FORBIDDEN");
    does(&alice, "unban", &room, &bob).await.ok();
    does(&alice, "unban", &room, &bob).await.refused(403, "M_BAD_STATE");
    does(&alice, "unban", &room, &carol).await.refused(403, "M_BAD_STATE");
    bob.joins(&room).await;
}

#[tokio::test]
async fn a_room_is_forgotten_once_it_was_left() {
    let (_server, alice, bob, _) = people().await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    bob.post(&at(&room, "forget"), json!({})).await.refused(400, "M_UNKNOWN");
    bob.post(&at(&room, "leave"), json!({})).await.ok();
    bob.get(&at(&room, "messages?dir=b")).await.ok();
    bob.post(&at(&room, "forget"), json!({})).await.ok();
    for path in ["messages?dir=b", "state", "members"] {
        bob.get(&at(&room, path)).await.refused(403, "M_FORBIDDEN");
    }
    let unknown = bob.post(&at("!none:chappe.example", "forget"), json!({})).await;
    unknown.refused(404, "M_NOT_FOUND");
    alice.brings(&bob, &room).await;
    bob.get(&at(&room, "state")).await.ok();
}

#[tokio::test]
async fn a_knock_asks_to_be_let_in() {
    let (_server, alice, bob, carol) = people().await;
    let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "knock" } }]);
    let room = alice.creates_room(json!({ "initial_state": rules })).await;
    let closed = alice.creates_room(json!({})).await;
    let knock = |room: &str| format!("/_matrix/client/v3/knock/{room}");
    tries_to_join(&bob, &room).await.refused(403, "M_FORBIDDEN");
    let knocked = bob.post(&knock(&room), json!({ "reason": "please" })).await.ok();
    assert_eq!(knocked["room_id"], room.as_str());
    assert_eq!(membership(&alice, &room, &bob).await, "knock");
    bob.get(&at(&room, "messages?dir=b")).await.refused(403, "M_FORBIDDEN");
    alice.brings(&bob, &room).await;
    bob.post(&knock(&room), json!({})).await.refused(403, "M_FORBIDDEN");
    carol.post(&knock(&closed), json!({})).await.refused(403, "M_FORBIDDEN");
    carol.post(&knock("!none:chappe.example"), json!({})).await.refused(404, "M_NOT_FOUND");
    carol.post(&knock(&room), json!({})).await.ok();
    carol.post(&at(&room, "leave"), json!({})).await.ok();
    assert_eq!(membership(&alice, &room, &carol).await, "leave");
}

#[tokio::test]
async fn a_restricted_room_lets_the_members_of_another_in() {
    let (_server, alice, bob, carol) = people().await;
    let space = alice.creates_room(json!({ "creation_content": { "type": "m.space" } })).await;
    alice.brings(&bob, &space).await;
    for version in ["8", "11", "12"] {
        let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
        let content = json!({ "join_rule": "restricted", "allow": allow });
        let rules = json!([{ "type": "m.room.join_rules", "content": content }]);
        let request = json!({ "initial_state": rules, "room_version": version });
        let room = alice.creates_room(request).await;
        tries_to_join(&carol, &room).await.refused(403, "M_FORBIDDEN");
        bob.joins(&room).await;
        let path = at(&room, &format!("state/m.room.member/{}", bob.user_id));
        let member = alice.get(&path).await.ok();
        assert_eq!(member["join_authorised_via_users_server"], alice.user_id.as_str());
    }
}

#[tokio::test]
async fn members_are_told_by_how_they_stand_and_as_of_when() {
    let (_server, alice, bob, carol) = people().await;
    let room = alice.creates_room(json!({ "invite": [carol.user_id] })).await;
    let place = alice.get(&at(&room, "messages?dir=b&limit=1")).await.ok();
    let place = place["start"].as_str().unwrap().to_owned();
    alice.brings(&bob, &room).await;
    does(&alice, "kick", &room, &bob).await.ok();
    let told = async |query: &str| {
        let answer = alice.get(&at(&room, &format!("members{query}"))).await.ok();
        let events = answer["chunk"].as_array().unwrap().clone();
        let mut members: Vec<String> = events
            .iter()
            .map(|event| {
                let name = event["state_key"].as_str().unwrap();
                format!("{name} {}", event["content"]["membership"].as_str().unwrap())
            })
            .collect();
        members.sort();
        members
    };
    let says = |person: &Person, membership: &str| format!("{} {membership}", person.user_id);
    let (a, b, c) = (says(&alice, "join"), says(&bob, "leave"), says(&carol, "invite"));
    let sorted = |members: &[&String]| {
        let mut members: Vec<String> = members.iter().map(|member| (*member).clone()).collect();
        members.sort();
        members
    };
    assert_eq!(told("").await, sorted(&[&a, &b, &c]));
    assert_eq!(told("?membership=join").await, sorted(&[&a]));
    assert_eq!(told("?not_membership=leave").await, sorted(&[&a, &c]));
    assert_eq!(told("?membership=leave&not_membership=leave").await, sorted(&[&a, &b, &c]));
    assert_eq!(told("?membership=ban").await, sorted(&[]));
    assert_eq!(told(&format!("?at={place}")).await, sorted(&[&a, &c]));
    alice.get(&at(&room, "members?membership=x")).await.refused(400, "M_INVALID_PARAM");
    alice.get(&at(&room, "members?at=x")).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_person_s_rooms_and_those_shared_with_another_are_told() {
    let (_server, alice, bob, carol) = people().await;
    let shared = alice.creates_room(json!({})).await;
    let own = alice.creates_room(json!({})).await;
    alice.brings(&bob, &shared).await;
    let joined = alice.get("/_matrix/client/v3/joined_rooms").await.ok();
    let mut rooms: Vec<_> = joined["joined_rooms"].as_array().unwrap().clone();
    rooms.sort_by_key(Value::to_string);
    let mut expected = vec![json!(shared), json!(own)];
    expected.sort_by_key(Value::to_string);
    assert_eq!(rooms, expected);
    let mutual = |person: &str| format!("/_matrix/client/v1/mutual_rooms?user_id={person}");
    let both = alice.get(&mutual(&bob.user_id)).await.ok();
    assert_eq!(both, json!({ "joined": [shared], "count": 1 }));
    for stranger in [carol.user_id.as_str(), "@nobody:chappe.example"] {
        let none = alice.get(&mutual(stranger)).await.ok();
        assert_eq!(none, json!({ "joined": [], "count": 0 }));
    }
    alice.get(&mutual(&alice.user_id)).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn comings_and_goings_survive_a_restart() {
    let (mut server, alice, bob, carol) = people().await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    does(&alice, "invite", &room, &carol).await.ok();
    does(&alice, "ban", &room, &bob).await.ok();
    server.restart().await;
    let (alice, bob, carol) = (server.again(&alice), server.again(&bob), server.again(&carol));
    tries_to_join(&bob, &room).await.refused(403, "M_FORBIDDEN");
    carol.joins(&room).await;
    assert_eq!(membership(&alice, &room, &bob).await, "ban");
    assert_eq!(membership(&alice, &room, &carol).await, "join");
}
