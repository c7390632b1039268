//! Reading: full and idle sync, and a page of history.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::repeat;
use crate::crowd::people;
use crate::report::Report;
use crate::server::Server;

const ROOMS: usize = 50;
const MEMBERS: usize = 20;
const MESSAGES: usize = 20;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "reader", MEMBERS).await?;
    let mut rooms = Vec::new();
    for index in 0..server.times(ROOMS) {
        let room = crate::crowd::room_of(&mut crowd).await?;
        for message in 0..MESSAGES {
            if let Some(person) = crowd.get_mut(message % MEMBERS) {
                person.says(&room, &format!("m{index}-{message}")).await?;
            }
        }
        rooms.push(room);
    }
    let (Some(first), Some(room)) = (crowd.first(), rooms.first()) else { return Ok(()) };
    let full = "?timeout=0&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A20%7D%7D%7D";
    let reader = Arc::new(Mutex::new(first.again().await?));
    let name = format!("initial sync, {ROOMS} rooms × {MESSAGES} messages × {MEMBERS} members");
    repeat((&server, report), &name, 30, |_| {
        let reader = Arc::clone(&reader);
        async move { reader.lock().await.syncs(full).await.map(drop) }
    })
    .await?;
    report.aim("p50", "≤ 10");

    let (_, since) = reader.lock().await.syncs("?timeout=0").await?;
    let query = format!("?timeout=0&since={since}");
    repeat((&server, report), "incremental sync, idle", 5_000, |_| {
        let (reader, query) = (Arc::clone(&reader), query.clone());
        async move { reader.lock().await.syncs(&query).await.map(drop) }
    })
    .await?;
    report.aim("p50", "≤ 0.06");

    let mut writer = first.again().await?;
    for index in 0..200 {
        writer.says(room, &format!("page-{index}")).await?;
    }
    let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100");
    repeat((&server, report), "/messages, page of 100", 200, |_| {
        let (reader, path) = (Arc::clone(&reader), path.clone());
        async move { reader.lock().await.get(&path).await.map(drop) }
    })
    .await
}
