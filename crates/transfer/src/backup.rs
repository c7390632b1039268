//! A backup of a server that goes on working: the data, the keyring apart from them, the media.
//!
//! The data are read at one moment, the keyring at a later one, the media after both: so
//! everything that the data name is there. The key-encryption key is never part of a backup.

use std::fs::File;
use std::path::{Path, PathBuf};

use base::clock::Clock;
use media::Blobs;
use serde::{Deserialize, Serialize};
use store::{Snapshot, Store};

use crate::blobs::BlobCount;
use crate::error::TransferError;
use crate::folder::{Folder, Kind, draft_of};
use crate::manifest::{self, Manifest, MediaPart, Part};
use crate::mark::refuse_unfinished;
use crate::media_part::{self, Since};
use crate::pages::Pages;
use crate::progress::{Phase, Progress};
use crate::segment::{ENDING, Segments};
use crate::survey::{Survey, Tallier};

/// Lies in the directory of a backup until that is whole.
pub(crate) const UNFINISHED: &str = "unfinished";
/// The table of the store's format, and its one value.
const SCHEMA: &str = "schema";

/// What is backed up.
pub struct Source<'a> {
    /// Whose it is.
    pub server_name: &'a str,
    /// The data.
    pub data: &'a Store,
    /// The keyring.
    pub keyring: &'a Store,
    /// The media; `None` leaves them to their own store.
    pub media: Option<&'a Blobs>,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// Where a backup goes: directories of its own, which are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// The data and media.
    pub data: PathBuf,
    /// The keyring: elsewhere, for whoever has both and the key-encryption key has everything.
    pub keyring: PathBuf,
    /// An older backup, whose media are taken over where they are the same.
    pub since: Option<PathBuf>,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows of the data.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows of the keyring.
    pub keyring_rows: u64,
    /// Where the log ends.
    pub log_end: u64,
    /// The media, where they are in the backup.
    pub media: Option<BlobCount>,
    /// Media that the data name and that are not there.
    pub missing: Vec<String>,
}

/// A directory that is being filled by nobody else.
struct Draft {
    folder: Folder,
    /// Locked until it is dropped.
    _lock: File,
}

/// Writes a backup. The source goes on working.
pub async fn back_up(
    source: &Source<'_>,
    target: &Target,
    progress: &Progress,
) -> Result<Summary, TransferError> {
    refuse_unfinished(source.data).await?;
    refuse_unfinished(source.keyring).await?;
    let since = target.since.as_deref().map(Since::open).transpose()?.flatten();
    let (data, keyring) = drafts(&target.data, &target.keyring)?;
    let backup = base::random::base32::<24>();
    let view = source.data.snapshot().await?;
    let mut of_data =
        write_rows(source, (&backup, Part::Data), (&view, &data.folder), progress).await?;
    let keys = source.keyring.snapshot().await?;
    let of_keyring =
        write_rows(source, (&backup, Part::Keyring), (&keys, &keyring.folder), progress).await?;
    of_data.media = Some(match source.media {
        Some(from) => {
            media_part::write(&data.folder, (&view, from), since.as_ref(), progress).await?
        }
        None => MediaPart::Elsewhere,
    });
    keyring.finish(&of_keyring)?;
    data.finish(&of_data)?;
    Ok(Summary::of(&of_data, &of_keyring))
}

impl Summary {
    pub(crate) fn of(data: &Manifest, keyring: &Manifest) -> Self {
        let (media, missing) = match data.media.clone() {
            Some(MediaPart::Here { blobs, bytes, missing, .. }) => {
                (Some(BlobCount { blobs, bytes }), missing)
            }
            _ => (None, Vec::new()),
        };
        Self {
            rows: data.tables.rows(),
            bytes: data.tables.bytes(),
            keyring_rows: keyring.tables.rows(),
            log_end: data.log_end,
            media,
            missing,
        }
    }
}

/// The two directories, neither inside the other.
fn drafts(data: &Path, keyring: &Path) -> Result<(Draft, Draft), TransferError> {
    let (data, keyring) = (Folder::make(data)?, Folder::make(keyring)?);
    if data.place().starts_with(keyring.place()) || keyring.place().starts_with(data.place()) {
        let reason = "the keyring goes to a directory apart from the data, neither in the other";
        return Err(TransferError::place(keyring.place(), reason));
    }
    Ok((Draft::begin(data)?, Draft::begin(keyring)?))
}

impl Draft {
    /// Takes an empty directory, or one where a backup was interrupted.
    fn begin(folder: Folder) -> Result<Self, TransferError> {
        let items = folder.items()?;
        if items.iter().any(|item| item.name == manifest::FILE) {
            let reason = "this directory holds a backup already, and none is overwritten";
            return Err(TransferError::place(folder.place(), reason));
        }
        let interrupted = items.iter().any(|item| item.name == UNFINISHED);
        if !interrupted && !items.is_empty() {
            return Err(TransferError::place(folder.place(), "this directory is not empty"));
        }
        let lock = match folder.read(UNFINISHED)? {
            Some(file) => file,
            None => folder.create(UNFINISHED)?,
        };
        if lock.try_lock().is_err() {
            let reason = "another backup is being written here";
            return Err(TransferError::place(folder.place(), reason));
        }
        let parts = [draft_of(manifest::FILE), draft_of(manifest::MEDIA_LIST)];
        for item in items.iter().filter(|item| item.kind == Kind::File) {
            let ours = item.name.ends_with(ENDING) || item.name == manifest::MEDIA_LIST;
            if ours || parts.contains(&item.name) {
                folder.remove(&item.name)?;
            }
        }
        if items.iter().any(|item| item.name == manifest::MEDIA && item.kind == Kind::Folder) {
            media_part::remove_drafts(&folder)?;
        }
        Ok(Self { folder, _lock: lock })
    }

    fn finish(&self, manifest: &Manifest) -> Result<(), TransferError> {
        self.folder.sync()?;
        manifest.write(&self.folder)?;
        self.folder.remove(UNFINISHED)
    }
}

/// Writes every row of a moment, and says what was written.
async fn write_rows(
    source: &Source<'_>,
    (backup, part): (&str, Part),
    (view, folder): (&Snapshot, &Folder),
    progress: &Progress,
) -> Result<Manifest, TransferError> {
    progress.begin(if part == Part::Data { Phase::Data } else { Phase::Keyring }, None);
    let made_at = source.clock.now();
    let (mut schema, mut log_end) = (0, 0);
    let (mut tables, mut tallier) = (Survey::default(), Tallier::default());
    let (mut segments, mut table) = (Segments::new(folder), None);
    let mut pages = Pages::after(view, None).await?;
    while let Some(page) = pages.next().await? {
        progress.add(page.rows.len() as u64, page.bytes());
        if let Some(last) = table.replace(page.table.clone()).filter(|last| *last != page.table) {
            tables.0.insert(last, std::mem::take(&mut tallier).tally());
        }
        for (key, value) in page.rows {
            match page.table.as_str() {
                SCHEMA => schema = store::schema_version(&value)?,
                crate::log::TABLE => log_end = crate::log::position(&key).unwrap_or(log_end),
                _ => {}
            }
            tallier.add(&key, &value);
            segments.put(&page.table, &key, &value)?;
        }
    }
    if let Some(last) = table {
        tables.0.insert(last, tallier.tally());
    }
    progress.end();
    let files = segments.finish()?;
    let (format, backup) = (Manifest::format(), backup.to_owned());
    let server_name = source.server_name.to_owned();
    Ok(Manifest {
        format,
        part,
        backup,
        server_name,
        made_at,
        schema,
        log_end,
        tables,
        files,
        media: None,
    })
}
