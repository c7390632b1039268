//! Sends by 1, 16 and 64 clients in 50 rooms of 4: rate, times, CPU, bytes on disk.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::client::Client;
use crate::crowd::{people, room_of};
use crate::report::Report;
use crate::server::Server;

const ROOMS: usize = 50;
const MEMBERS: usize = 4;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server.address, "sender", ROOMS * MEMBERS).await?;
    let mut rooms = Vec::new();
    for members in crowd.chunks_mut(MEMBERS) {
        rooms.push(room_of(members).await?);
    }
    let disk_before = server.disk_bytes()?;
    let mut sent = 0;
    for (clients, each) in [(1, 1_500), (16, 400), (64, 300)] {
        let name = format!("send, {clients} clients");
        // Clients are spread over rooms first, then over members of the same room.
        let mut places = Vec::new();
        for index in 0..clients {
            let (room, member) = (index % ROOMS, index / ROOMS);
            places.push((room, room * MEMBERS + member));
        }
        let mut connections = Vec::new();
        for (room, person) in places {
            if let (Some(person), Some(room)) = (crowd.get(person), rooms.get(room)) {
                connections.push((person.again().await?, room.clone()));
            }
        }
        let cpu = server.cpu_seconds()?;
        let start = Instant::now();
        let work = connections.into_iter().enumerate();
        let times = try_join_all(work.map(|(index, (client, room))| {
            tokio::spawn(send_many(client, room, format!("c{clients}-{index}"), each))
        }))
        .await?;
        let elapsed = start.elapsed().as_secs_f64();
        let cpu = server.cpu_seconds()? - cpu;
        let mut times: Vec<Duration> =
            times.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        #[expect(clippy::cast_precision_loss, reason = "some thousand sends")]
        let count = times.len() as f64;
        sent += times.len();
        report.add(&name, "rate", count / elapsed, "sends/s");
        if clients == 64 {
            report.aim("rate", "≥ 3000, durable");
        }
        report.add_times(&name, &mut times);
        report.add(&name, "server CPU per 1000", cpu * 1000.0 / count, "s");
        report.aim("server CPU per 1000", "≤ 0.35");
    }
    #[expect(clippy::cast_precision_loss, reason = "file sizes")]
    let per_event = (server.disk_bytes()? - disk_before) as f64 / sent as f64;
    report.add("send", "bytes on disk per event", per_event, "B");
    Ok(())
}

async fn send_many(
    mut client: Client,
    room: String,
    prefix: String,
    count: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(count);
    for index in 0..count {
        let start = Instant::now();
        client.says(&room, &format!("{prefix}-{index}")).await?;
        times.push(start.elapsed());
    }
    Ok(times)
}
