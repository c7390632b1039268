//! The command line.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use store::Migration;

use crate::config::{self, Config};
use crate::{backup, copy, demo, logging, restore, search, server, stores, verify};

/// Sealed messaging for public services, on the open Matrix protocol.
#[derive(Parser)]
#[command(name = "chappe", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server until it is told to stop.
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Looks at a configuration without starting anything.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Runs a server with a demo organisation: for a first look, not for real use.
    Demo {
        /// Where its data are kept.
        #[arg(long, value_name = "DIRECTORY")]
        directory: PathBuf,
        /// Where it listens.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8008")]
        listen: SocketAddr,
        /// Makes the organisation on the server of this configuration instead, and ends.
        #[arg(long, value_name = "FILE", conflicts_with = "listen")]
        config: Option<PathBuf>,
    },
    /// Makes the schema of the configured databases, or brings it up to date. Deletes nothing.
    Migrate {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    Copy(copy::Arguments),
    Backup(backup::Arguments),
    Restore(restore::Arguments),
    Verify(verify::Arguments),
    /// Works on the index of search.
    Search {
        #[command(subcommand)]
        command: search::Command,
    },
    /// Says which version this is.
    Version,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Checks a configuration and says what it will do.
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Prints a configuration with every key, its meaning and its default.
    Example,
}

/// Does what the command line says.
pub(crate) fn run() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Serve { config } => {
            let config = Config::load(config.as_deref())?;
            logging::start(&config.log)?;
            runtime()?.block_on(server::run(config))
        }
        Command::Config { command: ConfigCommand::Check { config } } => {
            let config = Config::load(config.as_deref())?;
            say(&config::describe(&config))
        }
        Command::Config { command: ConfigCommand::Example } => say(config::EXAMPLE),
        Command::Demo { directory, listen, config: None } => {
            runtime()?.block_on(demo::run(&directory, listen))
        }
        Command::Demo { directory, config: Some(config), .. } => {
            let config = Config::load(Some(&config))?;
            runtime()?.block_on(demo::settle(&directory, config))
        }
        Command::Migrate { config } => {
            let config = Config::load(config.as_deref())?;
            logging::start_for_command()?;
            runtime()?.block_on(migrate(&config))
        }
        Command::Copy(arguments) => runtime()?.block_on(copy::run(arguments)),
        Command::Backup(arguments) => runtime()?.block_on(backup::run(arguments)),
        Command::Restore(arguments) => runtime()?.block_on(restore::run(arguments)),
        Command::Verify(arguments) => runtime()?.block_on(verify::run(arguments)),
        Command::Search { command } => runtime()?.block_on(search::run(command)),
        Command::Version => say(concat!("chappe ", env!("CARGO_PKG_VERSION"))),
    }
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let done = stores::migrate(config).await?;
    if done.is_empty() {
        return say("the embedded store needs no migration");
    }
    for (what, Migration { from, to }) in done {
        say(&match from {
            0 => format!("{what}: schema {to} made"),
            same if same == to => format!("{what}: schema {to} was there already"),
            older => format!("{what}: schema {older} brought to {to}"),
        })?;
    }
    Ok(())
}

/// Tells the operator something: on standard output, the log being elsewhere.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end()).context("standard output is closed")?;
    out.flush().context("standard output is closed")
}

/// Tells the operator why the program ends.
pub(crate) fn complain(error: &anyhow::Error) {
    // Nobody left to tell when this fails too.
    let _ = writeln!(std::io::stderr(), "chappe: {error:#}");
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime does not start")
}
