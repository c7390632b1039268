//! What people report, as an administrator deals with it.

use serde_json::{Value, json};

use super::{admin, administered};
use crate::rooms::at;

#[tokio::test]
async fn reports_are_read_and_put_away() {
    let (server, chief) = administered().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let forum = alice.creates_room(json!({ "preset": "public_chat", "name": "Forum" })).await;
    bob.joins(&forum).await;
    let said = json!({ "msgtype": "m.text", "body": "rude" });
    let event = bob.sends(&forum, "m.room.message", "1", said).await;
    let report = at(&forum, &format!("report/{event}"));
    alice.post(&report, json!({ "reason": "rude" })).await.ok();
    let office = bob.creates_room(json!({})).await;
    bob.brings(&alice, &office).await;
    let sealed = bob.says(&office, "sealed").await;
    alice.post(&at(&office, &format!("report/{sealed}")), json!({})).await.ok();
    alice.post(&at(&office, "report"), json!({ "reason": "all of it" })).await.ok();
    let person = format!("/_matrix/client/v3/users/{}/report", bob.user_id);
    alice.post(&person, json!({ "reason": "him" })).await.ok();

    let path = admin("v1/event_reports");
    let all = chief.get(&format!("{path}?dir=f")).await.ok();
    assert_eq!(all["total"], 4);
    let first = &all["event_reports"][0];
    let expected = [
        ("event_id", json!(event)),
        ("room_id", json!(forum)),
        ("name", json!("Forum")),
        ("sender", json!(bob.user_id)),
        ("user_id", json!(alice.user_id)),
        ("reason", json!("rude")),
    ];
    for (field, value) in expected {
        assert_eq!(first[field], value, "{field}");
    }
    let of_room = chief.get(&format!("{path}?room_id={office}&limit=1")).await.ok();
    assert_eq!((&of_room["total"], &of_room["next_token"]), (&json!(2), &json!(1)));
    assert_eq!(of_room["event_reports"][0]["reason"], "all of it", "the newest first");

    let details = chief.get(&format!("{path}/{}", first["id"])).await.ok();
    assert_eq!(details["event_json"]["content"]["body"], "rude");
    let second = &all["event_reports"][1];
    let details = chief.get(&format!("{path}/{}", second["id"])).await.ok();
    assert_eq!(details["event_json"]["content"], json!({}), "private rooms are not read");
    assert_eq!(all["event_reports"][3]["sender"], json!(bob.user_id));
    assert_eq!(all["event_reports"][3]["room_id"], Value::Null);

    let one = format!("{path}/{}", first["id"]);
    chief.delete(&one).await.ok();
    chief.delete(&one).await.refused(404, "M_NOT_FOUND");
    assert_eq!(chief.get(&path).await.ok()["total"], 3);
}
