//! Measures a server as it ships: real process, real disk, over HTTP on this machine.
//!
//! Prints one table and, with `--json FILE`, the same as JSON. CPU seconds are the server's own, as
//! the system counts them; on a busy machine compare those and ratios, not wall-clock times.

mod client;
mod crowd;
mod report;
mod scenarios;
mod server;

use std::path::PathBuf;

use clap::Parser;

use crate::report::Report;
use crate::server::Server;

/// Measures a Chappe server.
#[derive(Parser)]
#[command(name = "bench", about)]
struct Arguments {
    /// The server's program.
    #[arg(long, default_value = "target/release/chappe")]
    server: PathBuf,
    /// Only scenarios whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Where the figures go as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report::default();
    for scenario in scenarios::ALL.iter().filter(|s| s.name.contains(&arguments.only)) {
        report::progress(scenario.name);
        let server = Server::start(&arguments.server).await?;
        (scenario.run)(server, &mut report).await?;
    }
    report.print();
    if let Some(path) = arguments.json {
        report.write_json(&path)?;
    }
    Ok(())
}
