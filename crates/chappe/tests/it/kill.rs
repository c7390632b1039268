//! Killing the server under load: nothing that it acknowledged is lost, nothing is half there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::harness::{Person, Server};

/// How often the server is killed.
const KILLS: usize = 12;
/// People who write at the same time.
const WRITERS: usize = 6;

/// Transactions of one writer: what the server said of each, when it said anything.
type Sent = BTreeMap<String, Option<String>>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_being_killed_and_what_was_not_is_whole_or_absent() {
    let mut server = Server::start().await;
    let (writers, room) = writers(&server).await;
    let token = writers[0].syncs("?timeout=0").await["next_batch"].as_str().unwrap().to_owned();
    let mut sent: Vec<Sent> = vec![Sent::new(); WRITERS];
    for round in 0..KILLS {
        // Another moment in each round: after 20, 33, 46… answers.
        let until = 20 + round * 13;
        sent = write_until_killed(&mut server, (&writers, &room), sent, (round, until)).await;
        server.start_again().await;
        let reader = server.again(&writers[0]);
        let found = everything_said(&reader, &room).await;
        for (transaction, event) in sent.iter().flatten() {
            if let Some(event) = event {
                assert_eq!(found.get(event).map(String::as_str), Some(transaction.as_str()));
            }
        }
        // What nobody acknowledged may be there, once and whole; sent again, it is there once.
        for (writer, sent) in writers.iter().zip(&mut sent) {
            let writer = server.again(writer);
            for (transaction, event) in sent.iter_mut().filter(|(_, event)| event.is_none()) {
                let before = found.iter().find(|(_, said)| *said == transaction).map(|(id, _)| id);
                let again = says(&writer, &room, transaction).await.unwrap();
                assert!(before.is_none_or(|before| *before == again));
                *event = Some(again);
            }
        }
    }
    let reader = server.again(&writers[0]);
    let found = everything_said(&reader, &room).await;
    let acknowledged: BTreeSet<_> =
        sent.iter().flatten().filter_map(|(_, event)| event.clone()).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), acknowledged);
    // A token of before the first kill still leads on.
    let since = reader.syncs(&format!("?timeout=0&since={token}")).await;
    assert!(since["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap().len() > 1);
}

async fn writers(server: &Server) -> (Vec<Person>, String) {
    let mut writers = Vec::new();
    for index in 0..WRITERS {
        writers.push(server.register(&format!("writer{index}")).await);
    }
    let room = writers[0].creates_room(json!({ "preset": "private_chat" })).await;
    for writer in &writers[1..] {
        writers[0].brings(writer, &room).await;
    }
    (writers, room)
}

/// Everybody writes as fast as answers come, until `until` came in all; then the server dies.
async fn write_until_killed(
    server: &mut Server,
    (writers, room): (&[Person], &str),
    sent: Vec<Sent>,
    (round, until): (usize, usize),
) -> Vec<Sent> {
    let answers = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for ((index, writer), mut sent) in writers.iter().enumerate().zip(sent) {
        let (writer, room) = (server.again(writer), room.to_owned());
        let answers = Arc::clone(&answers);
        tasks.push(tokio::spawn(async move {
            for number in 0.. {
                let transaction = format!("r{round}w{index}n{number}");
                let event = says(&writer, &room, &transaction).await;
                let dead = event.is_none();
                sent.insert(transaction, event);
                answers.fetch_add(1, Ordering::SeqCst);
                if dead {
                    break;
                }
            }
            sent
        }));
    }
    while answers.load(Ordering::SeqCst) < until {
        tokio::task::yield_now().await;
    }
    server.kill().await;
    let mut sent = Vec::new();
    for task in tasks {
        sent.push(task.await.unwrap());
    }
    sent
}

/// Sends one message; `None` when the server died before it answered.
async fn says(writer: &Person, room: &str, transaction: &str) -> Option<String> {
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": transaction });
    let uri = format!(
        "{}/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{transaction}",
        writer.http.base()
    );
    let request = Request::builder()
        .method(Method::PUT)
        .uri(uri)
        .header("authorization", format!("Bearer {}", writer.token))
        .body(Full::<Bytes>::from(content.to_string()))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.ok()?.into_body().collect().await.ok()?.to_bytes();
    let answer: Value = serde_json::from_slice(&answer).expect("a whole answer");
    Some(answer["event_id"].as_str().expect("an event id").to_owned())
}

/// Every message of the room: event id and what it says.
async fn everything_said(reader: &Person, room: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut from = String::new();
    loop {
        let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=200{from}");
        let page = reader.get(&path).await.ok();
        for event in page["chunk"].as_array().unwrap() {
            if event["type"] == "m.room.encrypted" {
                let said = event["content"]["ciphertext"].as_str().expect("a whole event");
                let id = event["event_id"].as_str().unwrap().to_owned();
                assert!(found.insert(id, said.to_owned()).is_none(), "an event stands twice");
            }
        }
        match page["end"].as_str() {
            Some(end) => from = format!("&from={end}"),
            None => return found,
        }
    }
}
