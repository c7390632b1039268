//! From a send on one node to a waiting sync on the next, nothing else going on.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::crowd::{people, room_of};
use crate::report::Report;
use crate::server::Server;

/// Time for a sync to arrive and wait.
const PAUSE: Duration = Duration::from_millis(30);

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "talker", 2).await?;
    let room = room_of(&mut crowd).await?;
    let [sender, listener] = crowd.as_mut_slice() else { return Ok(()) };
    let (_, mut since) = listener.syncs("?timeout=0").await?;
    let mut times = Vec::new();
    for index in 0..server.times(200) {
        let text = format!("here{index}there");
        let said = async {
            tokio::time::sleep(PAUSE).await;
            let start = Instant::now();
            sender.says(&room, &text).await?;
            Ok(start)
        };
        let heard = hear(listener, &mut since, &text);
        let (start, end) = tokio::try_join!(said, heard)?;
        times.push(end.duration_since(start));
    }
    report.add_times("send to a waiting sync on the next node", &mut times);
    Ok(())
}

/// Waits until a message has come.
async fn hear(client: &mut Client, since: &mut String, mark: &str) -> anyhow::Result<Instant> {
    loop {
        let (bytes, next) = client.syncs(&format!("?timeout=30000&since={since}")).await?;
        let now = Instant::now();
        *since = next;
        if String::from_utf8_lossy(&bytes).contains(mark) {
            return Ok(now);
        }
    }
}
