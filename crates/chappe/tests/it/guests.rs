//! People without an account, where rooms let them in.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Person, Server};

const REGISTER: &str = "/_matrix/client/v3/register";

async fn open_to_guests() -> Server {
    let configuration = "[registration]\nmode = \"open\"\nguests = true\n\
                         [rooms]\nencryption = \"optional\"";
    Server::start_with(configuration).await
}

async fn guest(server: &Server) -> Person {
    // Guests prove nothing, and choose nothing but what their device is called.
    let asked = json!({
        "initial_device_display_name": "kiosk", "username": "root", "device_id": "CHOSEN",
    });
    let session = server.http.post(&format!("{REGISTER}?kind=guest"), asked).await.ok();
    assert_ne!(session["user_id"], "@root:chappe.example");
    assert_ne!(session["device_id"], "CHOSEN");
    Person::of(server.http.clone(), &session)
}

/// A room that is open to everybody, or to everybody but guests.
async fn room(host: &Person, guests: &str) -> String {
    let access = json!({
        "type": "m.room.guest_access", "state_key": "", "content": { "guest_access": guests },
    });
    host.creates_room(json!({ "preset": "public_chat", "initial_state": [access] })).await
}

async fn membership(host: &Person, room: &str, user: &str) -> Value {
    let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.member/{user}");
    host.get(&path).await.ok()["membership"].clone()
}

#[tokio::test]
async fn a_server_takes_no_guests_unless_told_to() {
    let server = Server::start().await;
    let refused = server.http.post(&format!("{REGISTER}?kind=guest"), json!({})).await;
    refused.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    let unknown = server.http.post(&format!("{REGISTER}?kind=robot"), json!({})).await;
    unknown.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_guest_speaks_where_guests_are_let_in() {
    let server = open_to_guests().await;
    let (alice, guest) = (server.register("alice").await, guest(&server).await);
    let whoami = guest.get("/_matrix/client/v3/account/whoami").await.ok();
    assert_eq!(whoami["is_guest"], true);
    let (open, closed) = (room(&alice, "can_join").await, room(&alice, "forbidden").await);
    guest.joins(&open).await;
    let said = json!({ "msgtype": "m.text", "body": "hello" });
    guest.sends(&open, "m.room.message", "1", said).await;
    let refused = guest.post(&format!("/_matrix/client/v3/rooms/{closed}/join"), json!({})).await;
    refused.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    // Nor by saying so of themselves.
    let path = format!("/_matrix/client/v3/rooms/{closed}/state/m.room.member/{}", guest.user_id);
    let forced = guest.put(&path, json!({ "membership": "join" })).await;
    forced.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    let name = format!("/_matrix/client/v3/profile/{}/displayname", guest.user_id);
    guest.put(&name, json!({ "displayname": "A guest" })).await.ok();
    guest.syncs("").await;
    guest.post("/_matrix/client/v3/logout", json!({})).await.ok();
}

#[tokio::test]
async fn a_guest_does_nothing_that_is_not_open_to_guests() {
    let server = open_to_guests().await;
    let (alice, guest) = (server.register("alice").await, guest(&server).await);
    let room = room(&alice, "can_join").await;
    guest.joins(&room).await;
    let v3 = "/_matrix/client/v3";
    for (path, body) in [
        (format!("{v3}/createRoom"), json!({})),
        (format!("{v3}/rooms/{room}/invite"), json!({ "user_id": alice.user_id })),
        (format!("{v3}/join/{room}"), json!({})),
        (format!("{v3}/user_directory/search"), json!({ "search_term": "alice" })),
        (format!("{v3}/publicRooms"), json!({})),
        ("/_matrix/media/v3/upload".to_owned(), json!("a file")),
    ] {
        guest.post(&path, body).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    }
    let avatar = format!("{v3}/profile/{}/avatar_url", guest.user_id);
    let avatar = guest.put(&avatar, json!({ "avatar_url": "mxc://chappe.example/a" })).await;
    avatar.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    guest.get(&format!("{v3}/capabilities")).await.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
    let asked = json!({ "search_term": guest.user_id });
    let found = alice.post(&format!("{v3}/user_directory/search"), asked).await.ok();
    assert_eq!(found["results"], json!([]));
}

#[tokio::test]
async fn guests_leave_a_room_that_closes_to_them_and_people_stay() {
    let server = open_to_guests().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let (first, second) = (guest(&server).await, guest(&server).await);
    let (closing, other) = (room(&alice, "can_join").await, room(&alice, "can_join").await);
    for person in [&bob, &first, &second] {
        person.joins(&closing).await;
    }
    first.joins(&other).await;
    let path = format!("/_matrix/client/v3/rooms/{closing}/state/m.room.guest_access/");
    alice.put(&path, json!({ "guest_access": "forbidden" })).await.ok();
    for guest in [&first, &second] {
        assert_eq!(membership(&alice, &closing, &guest.user_id).await, "leave");
    }
    assert_eq!(membership(&alice, &closing, &bob.user_id).await, "join");
    assert_eq!(membership(&alice, &other, &first.user_id).await, "join");
}

#[tokio::test]
async fn a_guest_becomes_a_person_of_the_same_name() {
    let server = open_to_guests().await;
    let guest = guest(&server).await;
    let localpart = guest.user_id[1..].split(':').next().unwrap();
    let asked = |username: &str, token: &str| {
        json!({
            "username": username, "password": PASSWORD, "guest_access_token": token,
            "auth": { "type": "m.login.dummy" },
        })
    };
    let other = server.http.post(REGISTER, asked("alice", &guest.token)).await;
    other.refused(400, "M_INVALID_PARAM");
    let stranger = server.http.post(REGISTER, asked(localpart, "nonsense")).await;
    stranger.refused(401, "M_UNKNOWN_TOKEN");
    let alice = server.register("alice").await;
    let person = server.http.post(REGISTER, asked("alice", &alice.token)).await;
    person.refused(400, "M_INVALID_PARAM");
    let session = server.http.post(REGISTER, asked(localpart, &guest.token)).await.ok();
    assert_eq!(session["user_id"], guest.user_id.as_str());
    let whoami = guest.get("/_matrix/client/v3/account/whoami").await.ok();
    assert!(!whoami["is_guest"].as_bool().unwrap_or_default());
    server.sign_in(localpart).await.creates_room(json!({})).await;
}
