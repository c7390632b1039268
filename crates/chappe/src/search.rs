//! The search index of this node: opened beside the server, or made anew by `chappe search rebuild`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use base::clock::SystemClock;
use rooms::Rooms;
use search::Search;
use store::Store;
use vault::Vault;

use crate::cli::say;
use crate::config::Config;
use crate::control::{self, Request};
use crate::{logging, server, stores};

/// What there is to do about the search index.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Makes the search index of this node anew from the store, and says how much is in it.
    ///
    /// A running server does it itself, asked over its control socket, and goes on working: until it
    /// is done, searches find less. An index that is missing, damaged, or of another version is made
    /// anew without being asked.
    Rebuild {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Runs the command.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Rebuild { config } = command;
    let config = Config::load(config.as_deref())?;
    logging::start_for_command()?;
    if !config.search.enabled {
        bail!("search.enabled is false: there is no index");
    }
    let indexed = match control::reach(&config).await? {
        Some(connection) => connection.rebuild_search(Request::RebuildSearch).await?,
        None => rebuild(&config).await?,
    };
    say(&format!("the search index is whole: {indexed} messages, names and topics"))
}

/// The same, where no server runs.
async fn rebuild(config: &Config) -> anyhow::Result<u64> {
    stores::require_made(config)?;
    let name = config.server.name.as_ref().context("server.name is missing")?;
    let data = stores::data(config).await?;
    let vault = stores::vault(config, stores::keyring(config).await?).await?;
    let settings = server::rooms_settings(config, name);
    let rooms = Rooms::open(data.clone(), vault.clone(), settings, Arc::new(SystemClock)).await?;
    let search = Search::open(data, &vault, rooms, folder(config)).await?;
    let indexed = search.rebuild().await?;
    search.close().await;
    Ok(indexed)
}

/// The index beside a server. One that cannot be opened is no reason not to serve; one that is
/// switched off leaves nothing behind, for nobody follows what is to leave it.
pub(crate) async fn open(
    config: &Config,
    store: &Store,
    vault: &Vault,
    rooms: &Rooms,
) -> Option<Search> {
    let opened = if config.search.enabled {
        Search::open(store.clone(), vault, rooms.clone(), folder(config)).await.map(Some)
    } else {
        search::remove(&folder(config)).map(|()| None)
    };
    opened.unwrap_or_else(|error| {
        tracing::error!(%error, "there is no search");
        None
    })
}

fn folder(config: &Config) -> PathBuf {
    config.server.data_directory.join("search")
}
