//! Measures a server as it ships: real processes, real disk, over HTTP on this machine.
//!
//! Prints one table and, with `--json FILE`, the same as JSON: a server on files, or nodes over a
//! throw-away PostgreSQL that keeps what it acknowledged. CPU seconds are the processes' own, as the
//! system counts them; on a busy machine compare those and ratios, not wall-clock times.

mod client;
mod crowd;
mod database;
mod disk;
mod node;
mod processes;
mod report;
mod scenarios;
mod server;
mod usage;

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::bail;
use clap::{Parser, ValueEnum};

use crate::database::Postgres;
use crate::report::Report;
use crate::scenarios::Interest;
use crate::server::{Pace, Server, Setup};

/// Measures a Chappe server.
#[derive(Parser)]
#[command(name = "bench", about)]
struct Arguments {
    /// The server's program.
    #[arg(long, default_value = "target/release/chappe")]
    server: PathBuf,
    /// What the server keeps its data in.
    #[arg(long, value_enum, default_value = "redb")]
    store: Store,
    /// How many nodes share the store, with "postgres"; 1,2,3 measures one after the other, and is
    /// what happens when nothing is said.
    #[arg(long, value_delimiter = ',', value_name = "N")]
    nodes: Vec<usize>,
    /// Only scenarios whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// A tenth of everything: to try the bench, not for figures.
    #[arg(long)]
    quick: bool,
    /// Where the figures go as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    /// A file, for one process.
    Redb,
    /// A throw-away PostgreSQL.
    Postgres,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report::default();
    let measured = measure(&arguments, &mut report).await;
    // What was found stands, whatever came after it.
    report.print();
    if let Some(path) = &arguments.json {
        report.write_json(path)?;
    }
    measured
}

async fn measure(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    for setup in setups(arguments)? {
        report.begin(&setup.name());
        disk::run(report)?;
        let wanted = scenarios::ALL.iter().filter(|scenario| {
            scenario.name.contains(&arguments.only)
                && (scenario.of_interest_to == Interest::Any || setup.nodes == 1)
        });
        for scenario in wanted {
            report::progress(&format!("measuring {}, {}", scenario.name, setup.name()));
            let server = Server::start(&setup).await?;
            (scenario.run)(server, report).await?;
        }
    }
    Ok(())
}

/// What is measured, one after the other.
fn setups(arguments: &Arguments) -> anyhow::Result<Vec<Setup>> {
    let (postgres, nodes) = match (arguments.store, arguments.nodes.as_slice()) {
        (Store::Redb, [] | [1]) => (None, vec![1]),
        (Store::Redb, _) => bail!("several nodes need --store postgres"),
        (Store::Postgres, []) => (Some(Rc::new(Postgres::start()?)), vec![1, 2, 3]),
        (Store::Postgres, nodes) => (Some(Rc::new(Postgres::start()?)), nodes.to_vec()),
    };
    if nodes.contains(&0) {
        bail!("there must be a node");
    }
    let pace = if arguments.quick { Pace::Quick } else { Pace::Full };
    let setup = |nodes| {
        let (program, postgres) = (arguments.server.clone(), postgres.clone());
        Setup { program, nodes, postgres, pace }
    };
    Ok(nodes.into_iter().map(setup).collect())
}
