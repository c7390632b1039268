//! A person in very many rooms: one change among 1,000, a first sync of 500, the first page of
//! 5,000.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::repeat;
use crate::crowd::people;
use crate::report::Report;
use crate::server::Server;

/// Connections that make rooms at the same time.
const MAKERS: usize = 16;
/// Rooms of whom begins on a new device.
const SOME: usize = 500;
const MANY: usize = 1_000;
const VERY_MANY: usize = 5_000;
/// Members of each of those rooms, of whom one speaks.
const MEMBERS: usize = 5;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "roomer", MEMBERS + 1).await?;
    let owner = crowd.remove(0);
    let guests: Vec<Value> = crowd.iter().map(|guest| json!(guest.user_id)).collect();
    let (some, many, very_many) = (server.times(SOME), server.times(MANY), server.times(VERY_MANY));

    let rooms = make_rooms(&owner, &guests, some).await?;
    for guest in &crowd {
        join_rooms(guest, &rooms).await?;
    }
    first_syncs((&server, report), &owner, some).await?;

    let mut rooms = rooms;
    rooms.extend(make_rooms(&owner, &[], many - some).await?);
    one_change((&server, report), &owner, &rooms).await?;

    make_rooms(&owner, &[], very_many - many).await?;
    first_pages((&server, report), &owner).await
}

/// Makes private rooms of a person's, on several connections.
async fn make_rooms(
    owner: &crate::client::Client,
    invited: &[Value],
    count: usize,
) -> anyhow::Result<Vec<String>> {
    let request = json!({ "preset": "private_chat", "invite": invited });
    let mut makers = Vec::new();
    for maker in 0..MAKERS {
        let (mut client, request) = (owner.again().await?, request.clone());
        let share = (count + maker) / MAKERS;
        makers.push(tokio::spawn(async move {
            let mut rooms = Vec::with_capacity(share);
            for _ in 0..share {
                let room = client.post("/_matrix/client/v3/createRoom", &request).await?;
                rooms.extend(room.get("room_id").and_then(Value::as_str).map(str::to_owned));
            }
            Ok::<_, anyhow::Error>(rooms)
        }));
    }
    let mut rooms = Vec::with_capacity(count);
    for maker in makers {
        rooms.extend(maker.await??);
    }
    Ok(rooms)
}

/// Joins rooms, and says something in each.
async fn join_rooms(guest: &crate::client::Client, rooms: &[String]) -> anyhow::Result<()> {
    let mut joiners = Vec::new();
    for part in rooms.chunks(rooms.len().div_ceil(MAKERS).max(1)) {
        let (mut client, part) = (guest.again().await?, part.to_vec());
        joiners.push(tokio::spawn(async move {
            for room in part {
                client.post(&format!("/_matrix/client/v3/join/{room}"), &json!({})).await?;
                client.says(&room, "hello").await?;
            }
            Ok::<_, anyhow::Error>(())
        }));
    }
    for joiner in joiners {
        joiner.await??;
    }
    Ok(())
}

async fn first_syncs(
    (server, report): (&Server, &mut Report),
    owner: &crate::client::Client,
    rooms: usize,
) -> anyhow::Result<()> {
    let filter = "%7B%22room%22%3A%7B%22state%22%3A%7B%22lazy_load_members%22%3Atrue%7D%7D%7D";
    let path = format!("/_matrix/client/v3/sync?timeout=0&filter={filter}");
    let name = format!("first sync of {rooms} rooms, lazy members");
    let before = server.peak_mib()?;
    let client = Arc::new(Mutex::new(owner.again().await?));
    repeat((server, report), &name, 10, |_| {
        let (client, path) = (Arc::clone(&client), path.clone());
        async move { client.lock().await.call(Method::GET, &path, Bytes::new()).await.map(drop) }
    })
    .await?;
    report.aim("p50", "< 250");
    let answer = client.lock().await.call(Method::GET, &path, Bytes::new()).await?;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    report.add(&name, "bytes of the answer", answer.len() as f64, "B");
    report.add(&name, "more memory at the peak", server.peak_mib()? - before, "MiB");
    Ok(())
}

/// A sync that finds one message in one of many rooms.
async fn one_change(
    (server, report): (&Server, &mut Report),
    owner: &crate::client::Client,
    rooms: &[String],
) -> anyhow::Result<()> {
    let name = format!("sync, one change among {} rooms", rooms.len());
    let (mut reader, mut writer) = (owner.again().await?, owner.again().await?);
    let (_, since) = reader.syncs("?timeout=0").await?;
    let work = Arc::new(Mutex::new((reader, since)));
    for (index, room) in rooms.iter().take(200).enumerate() {
        writer.says(room, &format!("change-{index}")).await?;
        if index == 0 {
            // What stands for all rooms until now is told once.
            let mut work = work.lock().await;
            let query = format!("?timeout=0&since={}", work.1);
            work.1 = work.0.syncs(&query).await?.1;
        }
    }
    let writer = Arc::new(Mutex::new(writer));
    repeat((server, report), &name, 200, |index| {
        let (work, writer) = (Arc::clone(&work), Arc::clone(&writer));
        let room = rooms.get(index % rooms.len().max(1)).cloned().unwrap_or_default();
        async move {
            let mut work = work.lock().await;
            writer.lock().await.says(&room, &format!("one-{index}")).await?;
            let query = format!("?timeout=30000&since={}", work.1);
            work.1 = work.0.syncs(&query).await?.1;
            Ok(())
        }
    })
    .await
}

/// The first page of an application's list of rooms, each time on a new connection.
async fn first_pages(
    (server, report): (&Server, &mut Report),
    owner: &crate::client::Client,
) -> anyhow::Result<()> {
    let client = Arc::new(Mutex::new(owner.again().await?));
    let name = "sliding sync, first 20 rooms of all";
    repeat((server, report), name, 50, |index| {
        let client = Arc::clone(&client);
        async move {
            let request = json!({
                "conn_id": format!("page-{index}"),
                "lists": { "all": {
                    "ranges": [[0, 19]],
                    "timeline_limit": 1,
                    "required_state": [["m.room.name", ""], ["m.room.member", "$LAZY"]],
                } },
            });
            let path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
            let answer = client.lock().await.post(path, &request).await?;
            let rooms =
                answer.get("rooms").and_then(Value::as_object).map_or(0, serde_json::Map::len);
            anyhow::ensure!(rooms == 20, "{rooms} rooms came");
            Ok(())
        }
    })
    .await?;
    report.aim("p50", "< 15");
    Ok(())
}
