//! What is measured: one file per family of figures, each on a server of its own.

mod big_room;
mod fan_out;
mod footprint;
mod keys;
mod many_rooms;
mod media;
mod moving;
mod node_to_node;
mod one_room;
mod reads;
mod search;
mod sends;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::client::Client;
use crate::report::Report;
use crate::server::Server;

/// A family of figures.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) of_interest_to: Interest,
    pub(crate) run: for<'r> fn(Server, &'r mut Report) -> Run<'r>,
}

/// Which servers a family is measured on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    /// More nodes may change the figures.
    Any,
    /// What one node does for itself.
    OneNode,
}

type Run<'r> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + 'r>>;

/// All of them, in the order in which they run.
pub(crate) const ALL: [Scenario; 12] = [
    scenario("footprint", Interest::OneNode, |server, report| {
        Box::pin(footprint::run(server, report))
    }),
    scenario("sends", Interest::Any, |server, report| Box::pin(sends::run(server, report))),
    scenario("one room", Interest::Any, |server, report| Box::pin(one_room::run(server, report))),
    scenario("node to node", Interest::Any, |server, report| {
        Box::pin(node_to_node::run(server, report))
    }),
    scenario("fan-out", Interest::Any, |server, report| Box::pin(fan_out::run(server, report))),
    scenario("reads", Interest::OneNode, |server, report| Box::pin(reads::run(server, report))),
    scenario("many rooms", Interest::OneNode, |server, report| {
        Box::pin(many_rooms::run(server, report))
    }),
    scenario("big room", Interest::OneNode, |server, report| {
        Box::pin(big_room::run(server, report))
    }),
    scenario("search", Interest::OneNode, |server, report| Box::pin(search::run(server, report))),
    scenario("keys", Interest::OneNode, |server, report| Box::pin(keys::run(server, report))),
    scenario("media", Interest::OneNode, |server, report| Box::pin(media::run(server, report))),
    scenario("moving", Interest::OneNode, |server, report| Box::pin(moving::run(server, report))),
];

const fn scenario(
    name: &'static str,
    of_interest_to: Interest,
    run: for<'r> fn(Server, &'r mut Report) -> Run<'r>,
) -> Scenario {
    Scenario { name, of_interest_to, run }
}

/// Many clients in their rooms.
type Places = Vec<(Client, String)>;

/// Each client sends so many messages into its room, all at the same time: times and costs.
async fn send_all(
    (server, report): (&Server, &mut Report),
    name: &str,
    places: Places,
    each: usize,
) -> anyhow::Result<usize> {
    let clients = places.len();
    let before = server.usage()?;
    let start = Instant::now();
    let work = places.into_iter().enumerate().map(|(index, (client, room))| {
        tokio::spawn(send_many(client, room, format!("{index}-of-{clients}"), each))
    });
    let sent = try_join_all(work).await?;
    let elapsed = start.elapsed().as_secs_f64();
    let used = server.used_since(&before)?;
    let (mut times, mut put_off) = (Vec::new(), 0);
    for sent in sent {
        let sent = sent?;
        times.extend(sent.times);
        put_off += sent.put_off;
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousand sends")]
    let count = times.len() as f64;
    report.add(name, "rate", count / elapsed, "sends/s");
    report.add_times(name, &mut times);
    used.report_sends(report, name, count);
    if put_off > 0 {
        #[expect(clippy::cast_precision_loss, reason = "some thousand sends")]
        let put_off = put_off as f64;
        report.add(name, "put off (503) and repeated", put_off * 1000.0 / count, "per 1000");
    }
    Ok(times.len())
}

/// What came of one client's sends.
#[derive(Default)]
struct Sent {
    times: Vec<Duration>,
    /// How often the client was told to come again.
    put_off: usize,
}

async fn send_many(
    mut client: Client,
    room: String,
    prefix: String,
    count: usize,
) -> anyhow::Result<Sent> {
    let mut sent = Sent::default();
    for index in 0..count {
        let start = Instant::now();
        sent.put_off += client.insists(&room, &format!("{prefix}-{index}")).await?;
        sent.times.push(start.elapsed());
    }
    Ok(sent)
}

/// Repeats something and reports its times, and what each of them cost.
async fn repeat<F: Future<Output = anyhow::Result<()>>>(
    (server, report): (&Server, &mut Report),
    name: &str,
    times: usize,
    mut work: impl FnMut(usize) -> F,
) -> anyhow::Result<()> {
    let mut durations: Vec<Duration> = Vec::with_capacity(times);
    let times = server.times(times);
    let before = server.usage()?;
    for index in 0..times {
        let start = Instant::now();
        work(index).await?;
        durations.push(start.elapsed());
    }
    let used = server.used_since(&before)?;
    report.add_times(name, &mut durations);
    #[expect(clippy::cast_precision_loss, reason = "few repetitions")]
    used.report_each(report, name, times as f64);
    Ok(())
}
