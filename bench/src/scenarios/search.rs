//! Searching a forum of 100,000 messages.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::repeat;
use crate::crowd::people;
use crate::report::Report;
use crate::server::Server;

const MESSAGES: usize = 100_000;
const WRITERS: usize = 64;
/// What messages are made of, beside a word of their own.
const WORDS: [&str; 16] = [
    "réunion",
    "budget",
    "mairie",
    "préfecture",
    "dossier",
    "demande",
    "conseil",
    "projet",
    "meeting",
    "report",
    "town",
    "council",
    "agenda",
    "minutes",
    "vote",
    "school",
];

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "writer", WRITERS).await?;
    let request = json!({ "preset": "public_chat" });
    let owner = crowd.first_mut().context("nobody")?;
    let room = owner.post("/_matrix/client/v3/createRoom", &request).await?;
    let room = room.get("room_id").and_then(Value::as_str).context("no room")?.to_owned();
    let reader = Arc::new(Mutex::new(owner.again().await?));
    let each = server.times(MESSAGES) / WRITERS;
    let before = server.usage()?;
    let mut writers = Vec::new();
    for (writer, mut person) in crowd.into_iter().enumerate() {
        let room = room.clone();
        writers.push(tokio::spawn(async move {
            person.post(&format!("/_matrix/client/v3/join/{room}"), &json!({})).await?;
            for index in 0..each {
                let number = writer * each + index;
                let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/t{index}");
                let content = json!({ "msgtype": "m.text", "body": sentence(number) });
                person.call(Method::PUT, &path, Bytes::from(content.to_string())).await?;
            }
            Ok::<_, anyhow::Error>(())
        }));
    }
    for writer in writers {
        writer.await??;
    }
    // The first search waits until all is in the index.
    search(&mut *reader.lock().await, "premier").await?;
    let used = server.used_since(&before)?;
    #[expect(clippy::cast_precision_loss, reason = "a hundred thousand")]
    let count = (each * WRITERS) as f64;
    report.add(
        "messages that are indexed",
        "server CPU per 1000",
        used.server * 1000.0 / count,
        "s",
    );
    for (name, term) in [("a word of one message", "n31415"), ("a common word", "reunions")] {
        let name = format!("search in {} messages, {name}", each * WRITERS);
        repeat((&server, report), &name, 50, |_| {
            let reader = Arc::clone(&reader);
            async move { search(&mut *reader.lock().await, term).await }
        })
        .await?;
    }
    Ok(())
}

async fn search(reader: &mut crate::client::Client, term: &str) -> anyhow::Result<()> {
    let request = json!({ "search_categories": { "room_events": { "search_term": term } } });
    reader.post("/_matrix/client/v3/search", &request).await.map(drop)
}

fn sentence(number: usize) -> String {
    let word = |place: usize| WORDS.get((number / place + place) % WORDS.len()).unwrap_or(&"");
    format!("{} {} {} {} n{number}", word(1), word(3), word(7), word(11))
}
