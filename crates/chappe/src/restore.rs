//! `chappe restore`: a server from its backup.

use std::path::{Path, PathBuf};

use anyhow::Context;
use store::Store;
use transfer::Destination;
use vault::{KeyEncryptionKey, Vault};

use crate::backup::figures;
use crate::cli::say;
use crate::config::Config;
use crate::{bar, logging, stores};

/// Restores a server from a backup into the empty stores of a configuration, whatever the engine.
///
/// Every file is checked before anything is written, and nothing that is there is overwritten or
/// deleted. A restore that was interrupted goes on when started again; until then no server starts
/// on it. People stay signed in.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The configuration file of the server that is restored.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data of the backup.
    #[arg(long, value_name = "DIRECTORY")]
    from: PathBuf,
    /// The keyring of the same backup.
    #[arg(long, value_name = "DIRECTORY")]
    keyring_from: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::load(arguments.config.as_deref())?;
    logging::start_for_command()?;
    let name = config.server.name.clone().context("server.name is missing")?;
    let (data, keyring) = (stores::data(&config).await?, stores::keyring(&config).await?);
    let blobs = stores::blobs(&config)?;
    let to =
        Destination { server_name: name.as_str(), data: &data, keyring: &keyring, media: &blobs };
    let from = (arguments.from.as_path(), arguments.keyring_from.as_path());
    let summary = transfer::restore(from, &to, &bar::shown()).await?;
    let master = stores::master_file(&config);
    let next = next(&config, keyring, &master).await;
    let media = if summary.media.is_some() {
        ""
    } else {
        "The backup has no media: the configuration must name the bucket that has them.\n"
    };
    say(&format!("the server is restored\n{}\n{media}{next}", figures(&summary)))
}

/// What is left to do: the key-encryption key is never in a backup.
async fn next(config: &Config, keyring: Store, master: &Path) -> String {
    let place = master.display();
    let opened = match KeyEncryptionKey::load(master) {
        Ok(Some(key)) => Vault::open_with(keyring, key, stores::sealing(config)).await.map(drop),
        Ok(None) => {
            return format!(
                "Now put the key-encryption key of this server at {place}: without it the server \
                 does not start, and nothing opens."
            );
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) => format!("The key-encryption key {place} opens it: the server can start."),
        Err(error) => format!("WARNING: the key-encryption key {place} is another one: {error}."),
    }
}
