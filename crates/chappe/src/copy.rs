//! `chappe copy`: a store, or the media, from one place to another.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use media::{Blobs, Storage};
use store::Store;
use transfer::Survey;

use crate::cli::say;
use crate::config::Config;
use crate::{bar, stores};

/// Page cache of a store that is copied.
const CACHE: usize = 64 << 20;

/// Copies a store, or the media, to another place: one thing at a time.
///
/// A server has two stores, its data and its keyring, and its media: three copies. No server may
/// run meanwhile. The target must be empty. A copy that was interrupted goes on when started
/// again; until it was read back and found to be the same, no server starts on it.
#[derive(clap::Args)]
#[command(after_help = "\
Places:
  redb:FILE                    a store in a file
  postgres://USER@HOST/NAME    a store in a PostgreSQL database
  data:CONFIG                  the data of the server of a configuration file
  keyring:CONFIG               its keyring
  files:DIRECTORY              media in a directory
  media:CONFIG                 the media of the server of a configuration file

A configuration file keeps passwords out of the list of processes, and says what the others
cannot: the certificate of the database, the address and the keys of an S3 store.

From one machine's files to a cluster, with new.toml naming the cluster's stores:
  chappe copy --from redb:data/chappe.redb --to data:new.toml
  chappe copy --from redb:keyring/keyring.redb --to keyring:new.toml
  chappe copy --from files:data/media --to media:new.toml")]
pub(crate) struct Arguments {
    /// What is copied.
    #[arg(long, value_name = "PLACE")]
    from: Place,
    /// Where it goes.
    #[arg(long, value_name = "PLACE")]
    to: Place,
}

/// A place that holds a store or media.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Redb(PathBuf),
    Postgres(String),
    Data(PathBuf),
    Keyring(PathBuf),
    Files(PathBuf),
    Media(PathBuf),
}

/// Which end of the copy a place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Source,
    Target,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { from, to } = arguments;
    if from == to {
        bail!("the source and the target are the same");
    }
    match (from.is_media(), to.is_media()) {
        (true, true) => {
            let (from, to) = (from.blobs(End::Source)?, to.blobs(End::Target)?);
            let count = transfer::copy_blobs(&from, &to, &bar::shown()).await?;
            say(&format!(
                "copied and compared: {} files of media, {}",
                count.blobs,
                bar::size(count.bytes)
            ))
        }
        (false, false) => {
            let source = from.store(End::Source).await.context("the source")?;
            let target = to.store(End::Target).await.context("the target")?;
            let survey = transfer::copy(&source, &target, &bar::shown()).await?;
            say(&table(&survey))
        }
        _ => bail!("one place holds media and the other a store"),
    }
}

/// What was copied, table by table.
fn table(survey: &Survey) -> String {
    let mut text = format!("{:<24} {:>12} {:>10}  sha-256\n", "table", "rows", "size");
    for (name, tally) in &survey.0 {
        let checksum: String = tally.sha256.to_string().chars().take(16).collect();
        let size = bar::size(tally.bytes);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<24} {:>12} {size:>10}  {checksum}…", tally.rows);
    }
    let (rows, size) = (survey.rows(), bar::size(survey.bytes()));
    text + &format!("copied and compared: {rows} rows, {size}, the same in source and target")
}

impl Place {
    fn is_media(&self) -> bool {
        matches!(self, Self::Files(_) | Self::Media(_))
    }

    async fn store(&self, end: End) -> anyhow::Result<Store> {
        match self {
            Self::Redb(path) => {
                end.require(path)?;
                stores::redb(path, CACHE).await
            }
            Self::Postgres(url) => {
                if end == End::Target {
                    Store::migrate_postgres(&stores::postgres_settings(url)).await?;
                }
                stores::postgres(url).await
            }
            Self::Data(path) => {
                let config = end.config(path)?;
                stores::data(&config).await
            }
            Self::Keyring(path) => {
                let config = end.config(path)?;
                stores::keyring(&config).await
            }
            Self::Files(_) | Self::Media(_) => bail!("this place holds media and no store"),
        }
    }

    fn blobs(&self, end: End) -> anyhow::Result<Blobs> {
        match self {
            Self::Files(path) => {
                end.require(path)?;
                stores::make_private(path)?;
                Ok(Blobs::open(&Storage::Directory(path.clone()))?)
            }
            Self::Media(path) => stores::blobs(&Config::load(Some(path))?),
            _ => bail!("this place holds a store and no media"),
        }
    }
}

impl End {
    /// A source is there; it is not made by looking for it.
    fn require(self, path: &Path) -> anyhow::Result<()> {
        if self == Self::Source && !path.exists() {
            bail!("{} is not there", path.display());
        }
        Ok(())
    }

    fn config(self, path: &Path) -> anyhow::Result<Config> {
        let config = Config::load(Some(path))?;
        if self == Self::Source {
            stores::require_made(&config)?;
        }
        Ok(config)
    }
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let path = PathBuf::from(rest);
        match kind {
            _ if rest.is_empty() => Err("a place is written KIND:WHERE".to_owned()),
            "redb" => Ok(Self::Redb(path)),
            "data" => Ok(Self::Data(path)),
            "keyring" => Ok(Self::Keyring(path)),
            "files" => Ok(Self::Files(path)),
            "media" => Ok(Self::Media(path)),
            _ => Err(format!("{kind:?} is no kind of place")),
        }
    }
}
