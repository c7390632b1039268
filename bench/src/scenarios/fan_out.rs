//! From send to receive in a room of 100 connected people, at 1 and 10 events a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::crowd::{people, room_of};
use crate::report::Report;
use crate::server::Server;

const PEOPLE: usize = 100;
/// Marks a message in the bytes of a sync: `@@` number `@@`.
const MARK: &str = "@@";

type SentAt = Arc<Mutex<HashMap<usize, Instant>>>;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "listener", PEOPLE).await?;
    let room = room_of(&mut crowd).await?;
    for (rate, events) in [(1_u32, 10), (10, 100)] {
        let name = format!("fan-out, {PEOPLE} people, {rate} events/s");
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), SentAt::default());
        let mut listeners = Vec::new();
        for person in &crowd {
            let (client, stop, sent) =
                (person.again().await?, Arc::clone(&stop), Arc::clone(&sent));
            listeners.push(tokio::spawn(listen(client, stop, sent)));
        }
        // Everybody's first sync is over before the first message goes out.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let events = server.times(events);
        let before = server.usage()?;
        let Some(first) = crowd.first() else { continue };
        let mut sender = first.again().await?;
        let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
        for index in 0..events {
            tick.tick().await;
            sent.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.insert(index, Instant::now());
            sender.says(&room, &format!("{MARK}{index}{MARK}{rate}")).await?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let used = server.used_since(&before)?;
        stop.store(true, Ordering::SeqCst);
        sender.says(&room, &format!("end-{rate}")).await?;
        let mut times = Vec::new();
        for listener in listeners {
            times.extend(listener.await??);
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousand deliveries")]
        let (received, due) = (times.len() as f64, (events * PEOPLE) as f64);
        report.add(&name, "delivered", received * 100.0 / due, "%");
        report.add_times(&name, &mut times);
        report.aim("p95", "< 20");
        let per_thousand = 1000.0 / received;
        report.add(&name, "server CPU per 1000 deliveries", used.server * per_thousand, "s");
        if let Some(database) = used.database {
            let cpu = database.cpu * per_thousand;
            report.add(&name, "PostgreSQL CPU per 1000 deliveries", cpu, "s");
        }
    }
    Ok(())
}

/// Polls until told to stop; the time from send to receipt of each marked message.
async fn listen(
    mut client: Client,
    stop: Arc<AtomicBool>,
    sent: SentAt,
) -> anyhow::Result<Vec<Duration>> {
    let filter = "&filter={\"room\":{\"timeline\":{\"limit\":50}}}".replace('"', "%22");
    let filter = filter.replace('{', "%7B").replace('}', "%7D");
    let (_, mut since) = client.syncs(&format!("?timeout=0{filter}")).await?;
    let mut times = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let query = format!("?timeout=30000&since={since}{filter}");
        let (bytes, next) = client.syncs(&query).await?;
        since = next;
        let now = Instant::now();
        let text = String::from_utf8_lossy(&bytes);
        let sent = sent.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        // A message of this round carries its number between marks in its ciphertext.
        for number in text.split("\"ciphertext\":\"").skip(1) {
            let number = number.split(MARK).nth(1).and_then(|number| number.parse().ok());
            if let Some(at) = number.and_then(|number: usize| sent.get(&number)) {
                times.push(now.duration_since(*at));
            }
        }
    }
    Ok(times)
}
