//! A room of 10,000 people and 10,000 messages: joining it, its members, its history.

use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Places, repeat, send_all};
use crate::client::Client;
use crate::crowd::people;
use crate::report::Report;
use crate::server::Server;

const MEMBERS: usize = 10_000;
const MESSAGES: usize = 10_000;
/// Clients that send them.
const WRITERS: usize = 16;
/// Joins that are measured: the last.
const JOINS: usize = 100;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "member", server.times(MEMBERS)).await?;
    let first = crowd.first_mut().context("nobody")?;
    let request = json!({ "preset": "public_chat" });
    let room = first.post("/_matrix/client/v3/createRoom", &request).await?;
    let room = room.get("room_id").and_then(Value::as_str).context("no room")?.to_owned();
    let last = crowd.split_off(crowd.len().saturating_sub(server.times(JOINS)));
    crowd = join_all(crowd, &room).await?;

    let last: Arc<Vec<_>> = Arc::new(last.into_iter().map(Mutex::new).collect());
    let path = format!("/_matrix/client/v3/join/{room}");
    let name = format!("joining a room of {}", crowd.len());
    repeat((&server, report), &name, JOINS, |index| {
        let (last, path) = (Arc::clone(&last), path.clone());
        async move {
            let Some(person) = last.get(index) else { return Ok(()) };
            person.lock().await.post(&path, &json!({})).await.map(drop)
        }
    })
    .await?;

    let reader = Arc::new(Mutex::new(crowd.first().context("nobody")?.again().await?));
    for kind in ["members", "joined_members"] {
        let path = format!("/_matrix/client/v3/rooms/{room}/{kind}");
        let name = format!("/{kind} of {}", crowd.len() + last.len());
        repeat((&server, report), &name, 10, |_| {
            let (reader, path) = (Arc::clone(&reader), path.clone());
            async move { reader.lock().await.get(&path).await.map(drop) }
        })
        .await?;
    }

    let writers: Places = crowd.drain(..WRITERS).map(|writer| (writer, room.clone())).collect();
    let name = format!("send into a room of {}", crowd.len() + WRITERS + last.len());
    let each = server.times(MESSAGES / WRITERS);
    send_all((&server, report), &name, writers, each).await?;
    let name = format!("/messages through {} events", each * WRITERS);
    repeat((&server, report), &name, 3, |_| {
        let (reader, room) = (Arc::clone(&reader), room.clone());
        async move { through(&mut *reader.lock().await, &room, each * WRITERS).await }
    })
    .await
}

/// Everybody comes in, several at a time.
async fn join_all(crowd: Vec<Client>, room: &str) -> anyhow::Result<Vec<Client>> {
    let mut joined = Vec::with_capacity(crowd.len());
    let mut coming = crowd.into_iter();
    loop {
        let joining = coming.by_ref().take(WRITERS).map(|mut person| {
            let path = format!("/_matrix/client/v3/join/{room}");
            async move {
                person.post(&path, &json!({})).await?;
                Ok::<_, anyhow::Error>(person)
            }
        });
        let some = futures_util::future::try_join_all(joining).await?;
        if some.is_empty() {
            return Ok(joined);
        }
        joined.extend(some);
    }
}

/// Pages back through as many events.
async fn through(reader: &mut Client, room: &str, events: usize) -> anyhow::Result<()> {
    let (mut seen, mut from) = (0, String::new());
    while seen < events {
        let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100{from}");
        let page = reader.get(&path).await?;
        seen += page.get("chunk").and_then(Value::as_array).map_or(0, Vec::len);
        let end = page.get("end").and_then(Value::as_str).context("the room ended early")?;
        from = format!("&from={end}");
    }
    Ok(())
}
