//! What is measured: one file per family of figures, each on a server of its own.

mod fan_out;
mod footprint;
mod keys;
mod media;
mod reads;
mod sends;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::report::Report;
use crate::server::Server;

/// A family of figures.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) run: for<'r> fn(Server, &'r mut Report) -> Run<'r>,
}

type Run<'r> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + 'r>>;

/// All of them, in the order in which they run.
pub(crate) const ALL: [Scenario; 6] = [
    Scenario { name: "footprint", run: |server, report| Box::pin(footprint::run(server, report)) },
    Scenario { name: "sends", run: |server, report| Box::pin(sends::run(server, report)) },
    Scenario { name: "fan-out", run: |server, report| Box::pin(fan_out::run(server, report)) },
    Scenario { name: "reads", run: |server, report| Box::pin(reads::run(server, report)) },
    Scenario { name: "keys", run: |server, report| Box::pin(keys::run(server, report)) },
    Scenario { name: "media", run: |server, report| Box::pin(media::run(server, report)) },
];

/// Repeats something and reports its times, and the server's CPU milliseconds for each.
async fn repeat<F: Future<Output = anyhow::Result<()>>>(
    (server, report): (&Server, &mut Report),
    name: &str,
    times: usize,
    mut work: impl FnMut(usize) -> F,
) -> anyhow::Result<()> {
    let mut durations: Vec<Duration> = Vec::with_capacity(times);
    let before = server.cpu_seconds()?;
    for index in 0..times {
        let start = Instant::now();
        work(index).await?;
        durations.push(start.elapsed());
    }
    let cpu = server.cpu_seconds()? - before;
    report.add_times(name, &mut durations);
    #[expect(clippy::cast_precision_loss, reason = "few repetitions")]
    report.add(name, "server CPU each", cpu * 1000.0 / times as f64, "ms");
    Ok(())
}
