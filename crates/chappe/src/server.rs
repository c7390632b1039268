//! Wiring: the store, the keys, the services over them, the listeners before them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use anyhow::Context;
use api::{App, Services};
use base::clock::{Clock, SystemClock};
use devices::Devices;
use media::Media;
use rooms::Rooms;
use ruma_common::OwnedServerName;
use store::Store;
use sync::Sync;
use tokio::signal::unix::{SignalKind, signal};
use vault::{KeyEncryptionKey, Vault};

use crate::cli::say;
use crate::config::{self, Config};
use crate::listen::Listeners;

/// Page cache of the keyring's store: every key is held in memory once used.
const KEYRING_CACHE: usize = 4 << 20;

/// A server whose services are open.
pub(crate) struct Server {
    config: Config,
    app: App,
}

/// Runs a server until told to stop.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    if config.rooms.encryption == config::Encryption::Optional {
        tracing::warn!("rooms.encryption is \"optional\": private rooms may hold readable messages");
    }
    let listening = Server::open(config).await?.listen().await?;
    for address in listening.addresses() {
        say(&format!("chappe is ready on http://{address}"))?;
    }
    listening.run(told_to_stop()).await;
    tracing::info!("stopped");
    Ok(())
}

/// Waits for Ctrl-C, or for the system's polite request to end.
pub(crate) async fn told_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "the signal to end cannot be heard");
            // Ctrl-C is all that is left; when that fails too, the process is killed.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
