//! All nodes write one room at the same time: what that costs more than rooms of their own.

use super::send_all;
use crate::crowd::{people, room_of};
use crate::report::Report;
use crate::server::Server;

const CLIENTS: usize = 12;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "neighbour", CLIENTS).await?;
    let room = room_of(&mut crowd).await?;
    let places = crowd.into_iter().map(|person| (person, room.clone())).collect();
    let name = format!("one room, {CLIENTS} clients on all nodes");
    let before = server.conflicts()?;
    let sent = send_all((&server, report), &name, places, server.times(200)).await?;
    let conflicts = server.conflicts()? - before;
    #[expect(clippy::cast_precision_loss, reason = "some thousand sends")]
    let per_thousand = conflicts as f64 * 1000.0 / sent as f64;
    report.add(&name, "conflicts per 1000", per_thousand, "");
    Ok(())
}
