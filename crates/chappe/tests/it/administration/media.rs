//! Media, withheld and deleted.

use http::Method;
use serde_json::{Value, json};

use super::{admin, administered, posts_nothing};
use crate::harness::Person;
use crate::rooms::at;

/// Uploads a text; its identifier.
async fn uploads(person: &Person, text: &'static str) -> String {
    let path = "/_matrix/media/v3/upload?filename=secret-name.txt";
    let authorization = format!("Bearer {}", person.token);
    let headers = [("authorization", authorization.as_str()), ("content-type", "text/plain")];
    let answer = person.http.request(Method::POST, path, &headers, text).await.ok();
    let address = answer["content_uri"].as_str().unwrap();
    address.strip_prefix("mxc://chappe.example/").unwrap().to_owned()
}

async fn is_there(person: &Person, id: &str) -> bool {
    let path = format!("/_matrix/client/v1/media/download/chappe.example/{id}");
    let answer = person.get(&path).await;
    if answer.status != 200 {
        answer.refused(404, "M_NOT_FOUND");
        return false;
    }
    true
}

#[tokio::test]
async fn media_is_withheld_and_given_back() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let (first, second) = (uploads(&alice, "one").await, uploads(&alice, "two").await);
    let path = admin(&format!("v1/users/{}/media", alice.user_id));
    let listed = chief.get(&path).await.ok();
    assert_eq!(listed["total"], 2);
    let upload = &listed["media"][0];
    assert_eq!((&upload["media_type"], &upload["media_length"]), (&json!("text/plain"), &json!(3)));
    assert_eq!(upload["upload_name"], Value::Null, "what it is called is its uploader's");
    let page = chief.get(&format!("{path}?limit=1")).await.ok();
    assert_eq!((page["media"].as_array().unwrap().len(), &page["next_token"]), (1, &json!(1)));

    let quarantine = |id: &str| admin(&format!("v1/media/quarantine/chappe.example/{id}"));
    posts_nothing(&chief, &quarantine(&first)).await.ok();
    assert!(!is_there(&alice, &first).await);
    assert!(is_there(&alice, &second).await);
    let unquarantine = admin(&format!("v1/media/unquarantine/chappe.example/{first}"));
    posts_nothing(&chief, &unquarantine).await.ok();
    assert!(is_there(&alice, &first).await);

    let protect = admin(&format!("v1/media/protect/{first}"));
    posts_nothing(&chief, &protect).await.ok();
    posts_nothing(&chief, &quarantine(&first)).await.refused(403, "M_FORBIDDEN");
    let everything = admin(&format!("v1/user/{}/media/quarantine", alice.user_id));
    assert_eq!(posts_nothing(&chief, &everything).await.ok(), json!({ "num_quarantined": 1 }));
    assert_eq!((is_there(&alice, &first).await, is_there(&alice, &second).await), (true, false));
    posts_nothing(&chief, &admin(&format!("v1/media/unprotect/{first}"))).await.ok();
    posts_nothing(&chief, &quarantine(&first)).await.ok();

    posts_nothing(&chief, &quarantine("nothing")).await.refused(404, "M_NOT_FOUND");
    posts_nothing(&chief, &admin("v1/media/protect/nothing")).await.refused(404, "M_NOT_FOUND");
    let elsewhere = admin("v1/media/quarantine/elsewhere.example/x");
    posts_nothing(&chief, &elsewhere).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn the_media_of_a_room_is_what_is_readable_there() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let (open, sealed) = (uploads(&alice, "one").await, uploads(&alice, "two").await);
    let forum = alice.creates_room(json!({ "preset": "public_chat" })).await;
    let url = format!("mxc://chappe.example/{open}");
    let picture = json!({ "msgtype": "m.image", "body": "p", "url": url });
    alice.sends(&forum, "m.room.message", "1", picture).await;
    let office = alice.creates_room(json!({})).await;
    let avatar = json!({ "url": format!("mxc://chappe.example/{sealed}") });
    let path = format!("/_matrix/client/v3/rooms/{office}/state/m.room.avatar");
    alice.put(&path, avatar).await.ok();

    let media = |room: &str| admin(&format!("v1/room/{room}/media"));
    let found = chief.get(&media(&forum)).await.ok();
    assert_eq!(found, json!({ "local": [url], "remote": [] }));
    chief.get(&media(&office)).await.refused(403, "M_FORBIDDEN");
    let closed = json!({ "join_rule": "invite" });
    alice.put(&at(&forum, "state/m.room.join_rules"), closed).await.ok();
    chief.get(&media(&forum)).await.refused(403, "M_FORBIDDEN");
    let path = format!("{}/quarantine", media(&forum));
    assert_eq!(posts_nothing(&chief, &path).await.ok(), json!({ "num_quarantined": 1 }));
    assert_eq!((is_there(&alice, &open).await, is_there(&alice, &sealed).await), (false, true));
}

#[tokio::test]
async fn media_is_deleted_by_name_by_age_and_with_its_person() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let (first, second) = (uploads(&alice, "one").await, uploads(&alice, "three").await);
    let third = uploads(&bob, "four").await;
    let named = admin(&format!("v1/media/chappe.example/{first}"));
    let deleted = chief.delete(&named).await.ok();
    assert_eq!(deleted, json!({ "deleted_media": [first], "total": 1 }));
    assert!(!is_there(&alice, &first).await);
    chief.delete(&named).await.refused(404, "M_NOT_FOUND");

    let old = |query: &str| admin(&format!("v1/media/delete?{query}"));
    posts_nothing(&chief, &old("before_ts=1600000000")).await.refused(400, "M_INVALID_PARAM");
    posts_nothing(&chief, &old("")).await.refused(400, "M_INVALID_PARAM");
    let nothing = posts_nothing(&chief, &old("before_ts=1600000000000")).await.ok();
    assert_eq!(nothing["total"], 0);
    let large = posts_nothing(&chief, &old("before_ts=9000000000000&size_gt=4")).await.ok();
    assert_eq!(large, json!({ "deleted_media": [second], "total": 1 }));
    assert!(is_there(&bob, &third).await);
    let path = admin(&format!("v1/users/{}/media", bob.user_id));
    assert_eq!(chief.delete(&path).await.ok()["total"], 1);
    assert!(!is_there(&bob, &third).await);
}
