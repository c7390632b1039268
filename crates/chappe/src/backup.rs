//! `chappe backup`: everything that a server holds, while it goes on working.

use std::path::{Path, PathBuf};

use anyhow::Context;
use base::clock::SystemClock;
use media::Blobs;
use store::Store;
use transfer::{Progress, Source, Summary, Target};

use crate::cli::say;
use crate::config::Config;
use crate::control::{self, Media, Request};
use crate::{bar, logging, stores};

/// Backs a server up while it goes on working: its data, its keyring apart from them, its media.
///
/// A running server with a store in a file writes the backup itself, asked over its control
/// socket; otherwise this command reads the stores. The key-encryption key is never part of a
/// backup: keep a copy of it in a third place, for without it nothing in the backup opens.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the data and the media go: a directory, which is made, or an empty one.
    #[arg(long, value_name = "DIRECTORY")]
    to: PathBuf,
    /// Where the keyring goes: another directory, neither inside the other.
    #[arg(long, value_name = "DIRECTORY")]
    keyring_to: PathBuf,
    /// "copy" puts media into the backup; "skip" leaves them to the versions that an S3 bucket
    /// keeps itself.
    #[arg(long, value_name = "WHAT", default_value = "copy")]
    media: Media,
    /// The data of an older backup: media that are in it are taken over, as the same files where
    /// both are on one disk.
    #[arg(long, value_name = "DIRECTORY")]
    since: Option<PathBuf>,
}

/// What a backup reads.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) data: Store,
    pub(crate) keyring: Store,
    pub(crate) blobs: Blobs,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::load(arguments.config.as_deref())?;
    logging::start_for_command()?;
    let target = Target {
        data: absolute(&arguments.to)?,
        keyring: absolute(&arguments.keyring_to)?,
        since: arguments.since.as_deref().map(absolute).transpose()?,
    };
    let media = arguments.media;
    let summary = if let Some(connection) = control::connect(&config).await? {
        connection.back_up(Request::Backup { target, media }).await?
    } else {
        let stores = Stores::open(&config).await?;
        write(&config, &stores, (&target, media), &bar::shown()).await?
    };
    say(&report(&summary, &stores::master_file(&config)))
}

/// Writes a backup.
pub(crate) async fn write(
    config: &Config,
    stores: &Stores,
    (target, media): (&Target, Media),
    progress: &Progress,
) -> anyhow::Result<Summary> {
    let name = config.server.name.as_ref().context("server.name is missing")?;
    let source = Source {
        server_name: name.as_str(),
        data: &stores.data,
        keyring: &stores.keyring,
        media: (media == Media::Copy).then_some(&stores.blobs),
        clock: &SystemClock,
    };
    Ok(transfer::back_up(&source, target, progress).await?)
}

impl Stores {
    /// Opens the stores of a server that is not running, or whose stores have room for more.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        stores::require_made(config)?;
        Ok(Self {
            data: stores::data(config).await?,
            keyring: stores::keyring(config).await?,
            blobs: stores::blobs(config)?,
        })
    }
}

/// What is in a backup, in words.
pub(crate) fn figures(summary: &Summary) -> String {
    let Summary { rows, bytes, keyring_rows, log_end, media, missing } = summary;
    let media = match media {
        Some(count) => format!("{} files, {}", count.blobs, bar::size(count.bytes)),
        None => "not in it: the bucket keeps its own versions".to_owned(),
    };
    let mut lines = vec![
        format!("data     {rows} rows, {}; the log ends at {log_end}", bar::size(*bytes)),
        format!("keyring  {keyring_rows} rows"),
        format!("media    {media}"),
    ];
    let gone = |name: &String| format!("missing  media {name} is named by the data, and not there");
    lines.extend(missing.iter().map(gone));
    lines.join("\n")
}

fn report(summary: &Summary, master: &Path) -> String {
    let figures = figures(summary);
    let master = master.display();
    format!(
        "the backup is whole\n{figures}\n\
         The key-encryption key, {master}, is not in it and never will be: keep a copy of it in a \
         third place. Without it nothing in this backup opens."
    )
}

/// A path that means the same to the server, which runs elsewhere.
pub(crate) fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| path.display().to_string())
}
