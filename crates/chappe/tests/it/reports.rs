//! Reports of events, rooms and people, and the administrators' inbox.

use serde_json::{Value, json};

use crate::harness::{ADMINISTRATION, Person, Server};
use crate::rooms::at;

const INBOX: &str = "/_synapse/admin/v1/event_reports";

async fn scene() -> (Server, Person, Person, String) {
    let server = Server::start_with(ADMINISTRATION).await;
    let (chief, alice) =
        (server.register_administrator("root").await, server.register("alice").await);
    let bob = server.register("bob").await;
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    (server, chief, bob, room)
}

async fn inbox(chief: &Person) -> Vec<Value> {
    let told = chief.get(INBOX).await.ok();
    let reports = told["event_reports"].as_array().unwrap().clone();
    assert_eq!(told["total"], reports.len());
    reports
}

#[tokio::test]
async fn a_report_of_an_event_reaches_the_administrators() {
    let (server, chief, bob, room) = scene().await;
    let event = bob.says(&room, "rude").await;
    let path = at(&room, &format!("report/{event}"));
    bob.post(&path, json!({ "reason": "this makes me sad" })).await.ok();
    let reports = inbox(&chief).await;
    assert_eq!(reports.len(), 1);
    let told = [&reports[0]["event_id"], &reports[0]["user_id"], &reports[0]["reason"]];
    assert_eq!(told, [&json!(event), &json!(bob.user_id), &json!("this makes me sad")]);
    // Said again it is one report; without a reason it is one too.
    bob.post(&path, json!({})).await.ok();
    let reports = inbox(&chief).await;
    assert_eq!((reports.len(), &reports[0]["reason"]), (1, &Value::Null));
    bob.get(INBOX).await.refused(403, "M_FORBIDDEN");
    assert!(server.files_with(b"this makes me sad").is_empty());
}

#[tokio::test]
async fn an_event_is_reported_by_who_is_in_its_room_and_sees_it() {
    let (server, chief, bob, room) = scene().await;
    let eve = server.register("eve").await;
    let event = bob.says(&room, "rude").await;
    let path = at(&room, &format!("report/{event}"));
    eve.post(&path, json!({})).await.refused(404, "M_NOT_FOUND");
    for elsewhere in ["!none:chappe.example", room.as_str()] {
        let path = at(elsewhere, "report/$unknown");
        bob.post(&path, json!({})).await.refused(404, "M_NOT_FOUND");
    }
    bob.post(&at(&room, "leave"), json!({})).await.ok();
    bob.post(&path, json!({})).await.refused(404, "M_NOT_FOUND");
    assert!(inbox(&chief).await.is_empty());
}

#[tokio::test]
async fn a_report_of_a_room_or_a_person_says_nothing_of_whether_there_is_one() {
    let (server, _, bob, room) = scene().await;
    let eve = server.register("eve").await;
    let reason = json!({ "reason": "spam" });
    let mut answers = Vec::new();
    for path in [
        at(&room, "report"),
        at("!none:chappe.example", "report"),
        format!("/_matrix/client/v3/users/{}/report", bob.user_id),
        "/_matrix/client/v3/users/@nobody:chappe.example/report".to_owned(),
        "/_matrix/client/v3/users/@nobody:elsewhere.example/report".to_owned(),
    ] {
        let answer = eve.post(&path, reason.clone()).await;
        answers.push((answer.status, answer.bytes));
    }
    assert!(answers.iter().all(|answer| *answer == (200, "{}".into())), "{answers:?}");
}

#[tokio::test]
async fn a_report_that_is_none_is_refused() {
    let (_server, _, bob, room) = scene().await;
    let event = bob.says(&room, "rude").await;
    let long = json!({ "reason": "r".repeat(4097) });
    let user = format!("/_matrix/client/v3/users/{}/report", bob.user_id);
    for path in [at(&room, &format!("report/{event}")), at(&room, "report"), user.clone()] {
        bob.careless().post(&path, json!({ "reason": 5 })).await.refused(400, "M_BAD_JSON");
        bob.post(&path, long.clone()).await.refused(413, "M_TOO_LARGE");
    }
    bob.careless().post(&user, json!({})).await.refused(400, "M_BAD_JSON");
    let nobody = "/_matrix/client/v3/users/nobody/report";
    bob.careless().post(nobody, json!({ "reason": "" })).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_flood_of_reports_is_stopped() {
    let server = Server::start_with("[limits]\nreports_per_minute = 2").await;
    let alice = server.register("alice").await;
    let path = at("!none:chappe.example", "report");
    for _ in 0..2 {
        alice.post(&path, json!({ "reason": "spam" })).await.ok();
    }
    let refused = alice.post(&path, json!({ "reason": "spam" })).await;
    assert!(refused.refused(429, "M_LIMIT_EXCEEDED")["retry_after_ms"].is_u64());
}
