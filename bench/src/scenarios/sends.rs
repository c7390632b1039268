//! Sends by 1, 16 and 64 clients in 50 rooms of 4: rate, times, costs, bytes on disk.

use super::send_all;
use crate::crowd::{people, room_of};
use crate::report::Report;
use crate::server::Server;

const ROOMS: usize = 50;
const MEMBERS: usize = 4;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "sender", ROOMS * MEMBERS).await?;
    let mut rooms = Vec::new();
    for members in crowd.chunks_mut(MEMBERS) {
        rooms.push(room_of(members).await?);
    }
    let disk_before = server.disk_bytes()?;
    let mut sent = 0;
    for (clients, each) in [(1, 1_500), (16, 400), (64, 300)] {
        // Clients are spread over rooms first, then over members of the same room; and over nodes.
        let mut places = Vec::new();
        for index in 0..clients {
            let (room, member) = (index % ROOMS, index / ROOMS);
            if let (Some(person), Some(room)) =
                (crowd.get(room * MEMBERS + member), rooms.get(room))
            {
                places.push((person.at(server.address(index)).await?, room.clone()));
            }
        }
        let name = format!("send, {clients} clients");
        sent += send_all((&server, report), &name, places, server.times(each)).await?;
        if clients == 64 {
            report.aim("rate", "≥ 3000, durable");
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "file sizes")]
    let per_event = (server.disk_bytes()? - disk_before) as f64 / sent as f64;
    report.add("send", "bytes on disk per event", per_event, "B");
    Ok(())
}
