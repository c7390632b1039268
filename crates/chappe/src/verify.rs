//! `chappe verify`: whether a backup would bring a server back, or a server's log is whole.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use store::{LogEntry, Store};
use transfer::{Halves, Opening, Progress, Verified};
use vault::KeyEncryptionKey;

use crate::backup::figures;
use crate::cli::say;
use crate::config::Config;
use crate::control::{self, Request};
use crate::{bar, logging, stores};

/// Verifies a backup, or the log of a server.
///
/// Of a backup: every file is there and as it was written, nothing else is there, the rows are in
/// order, the log has no gap, the format is known. With the keyring and the key-encryption key: every
/// key unwraps, and a sample of sealed rows opens. Of a server (without --from): its log is dense
/// and every record reads, also while it runs.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data of a backup.
    #[arg(long, value_name = "DIRECTORY", required_unless_present = "config")]
    from: Option<PathBuf>,
    /// The keyring of the same backup.
    #[arg(long, value_name = "DIRECTORY", requires = "from")]
    keyring_from: Option<PathBuf>,
    /// The key-encryption key that opens the keyring.
    #[arg(long, value_name = "FILE", requires = "keyring_from")]
    key_encryption_key: Option<PathBuf>,
    /// The configuration file: of the server whose log is verified; with --from, its
    /// key-encryption key is used where none is given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    logging::start_for_command()?;
    let config = arguments.config.as_deref();
    let config = config.map(|path| Config::load(Some(path))).transpose()?;
    match (&arguments.from, config) {
        (Some(from), config) => backup(from, &arguments, config.as_ref()).await,
        (None, Some(config)) => live(&config).await,
        (None, None) => bail!("name a backup with --from, or a server with --config"),
    }
}

async fn backup(from: &Path, arguments: &Arguments, config: Option<&Config>) -> anyhow::Result<()> {
    let master = match (&arguments.key_encryption_key, config) {
        (Some(path), _) => {
            let key = KeyEncryptionKey::load(path)?;
            Some(key.with_context(|| format!("{} is not there", path.display()))?)
        }
        (None, Some(config)) => KeyEncryptionKey::load(&stores::master_file(config))?,
        (None, None) => None,
    };
    let tables = [&accounts::SEALED_BY_PERSON[..], &devices::SEALED_BY_PERSON[..]].concat();
    let sealing = config.map_or(vault::Sealing::On, stores::sealing);
    let opening = master.map(|master| Opening { master, sealing, tables: &tables });
    let opening = opening.filter(|_| arguments.keyring_from.is_some());
    let keyring = arguments.keyring_from.as_deref();
    let halves = Halves { data: from, keyring, opening };
    let verified = transfer::verify(halves, &bar::shown()).await?;
    say(&report(&verified))?;
    match verified.faults.len() {
        0 => say("the backup is whole"),
        1 => bail!("the backup is not whole: 1 fault"),
        count => bail!("the backup is not whole: {count} faults"),
    }
}

/// What was found, in words.
fn report(verified: &Verified) -> String {
    let manifest = &verified.data;
    let mut lines = vec![
        format!("backup   {} of {}", manifest.backup, manifest.server_name),
        figures(&verified.summary()),
        match (verified.opened, &verified.keyring) {
            (Some(opened), _) => {
                format!("opened   {} keys, {} sealed rows", opened.keys, opened.rows)
            }
            (None, Some(_)) => "opened   nothing: there was no key to open it with".to_owned(),
            (None, None) => "opened   nothing: no keyring was given".to_owned(),
        },
    ];
    let open = |place: &PathBuf| format!("careful  {} can be opened by others", place.display());
    lines.extend(verified.open_to_others.iter().map(open));
    lines.extend(verified.faults.iter().map(|fault| format!("FAULT    {fault}")));
    lines.join("\n")
}

/// The log of a server, running or not.
async fn live(config: &Config) -> anyhow::Result<()> {
    let records = if let Some(connection) = control::connect(config).await? {
        connection.verify(Request::Verify).await?
    } else {
        stores::require_made(config)?;
        log(&stores::data(config).await?, &bar::shown()).await?
    };
    say(&format!("the log is whole: {records} records, none missing, each of them reads"))
}

/// Reads a log through.
pub(crate) async fn log(data: &Store, progress: &Progress) -> anyhow::Result<u64> {
    transfer::refuse_unfinished(data).await?;
    let read = |entry: &LogEntry| match journal::decode(entry) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    Ok(transfer::check_log(data, &read, progress).await?)
}
