//! Copying a store to another place, and backing a server up: how many rows in a second.

use std::time::Instant;

use anyhow::Context;

use super::send_all;
use crate::crowd::{people, room_of};
use crate::report::Report;
use crate::server::Server;

const ROOMS: usize = 4;
const MEMBERS: usize = 4;

pub(super) async fn run(mut server: Server, report: &mut Report) -> anyhow::Result<()> {
    fill(&server).await?;
    let start = Instant::now();
    let backup = ["backup", "--config", "chappe.toml", "--to", "b/data", "--keyring-to", "b/keys"];
    let rows = rows(&server.run(&backup).await?, "data ")?;
    report.add(
        "backup, the server running",
        "rate",
        rows / start.elapsed().as_secs_f64(),
        "rows/s",
    );
    server.stop().await?;
    let source = match server.databases() {
        Some(_) => "data:chappe.toml",
        None => "redb:data/chappe.redb",
    };
    copy(&server, report, (source, "redb:copy.redb"), "copy to a file").await?;
    if let Some(databases) = server.databases() {
        let target = databases.further()?;
        copy(&server, report, ("redb:copy.redb", &target), "copy from a file to PostgreSQL")
            .await?;
    }
    Ok(())
}

/// Something to be copied.
async fn fill(server: &Server) -> anyhow::Result<()> {
    let mut crowd = people(server, "mover", ROOMS * MEMBERS).await?;
    let mut places = Vec::new();
    for members in crowd.chunks_mut(MEMBERS) {
        let room = room_of(members).await?;
        for member in members {
            places.push((member.again().await?, room.clone()));
        }
    }
    // Their cost is told by another scenario.
    send_all((server, &mut Report::default()), "", places, server.times(300)).await.map(drop)
}

async fn copy(
    server: &Server,
    report: &mut Report,
    (from, to): (&str, &str),
    name: &str,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let said = server.run(&["copy", "--from", from, "--to", to]).await?;
    let rows = rows(&said, "copied and compared: ")?;
    report.add(name, "rate, compared", rows / start.elapsed().as_secs_f64(), "rows/s");
    Ok(())
}

/// The number of rows that a command has said, in a line that begins so.
fn rows(said: &str, beginning: &str) -> anyhow::Result<f64> {
    let rest = said.lines().find_map(|line| line.strip_prefix(beginning));
    let number = rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("no number of rows in:\n{said}"))
}
