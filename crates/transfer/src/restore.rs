//! From a backup into empty stores, whatever their engines.
//!
//! Everything is checked before anything is written. The stores are marked until all of it is
//! there and was read back: what was interrupted cannot be used, and goes on when started again.

use std::path::Path;

use media::Blobs;
use store::Store;

use crate::backup::Summary;
use crate::checksum::Checksum;
use crate::error::TransferError;
use crate::fill::Filling;
use crate::folder::Folder;
use crate::inspect::inspect_part;
use crate::manifest::{MEDIA, Manifest, MediaPart, Part};
use crate::mark::Purpose;
use crate::media_part::{self, Reader};
use crate::progress::{Phase, Progress};
use crate::segment::{Rows, RowsError};
use crate::{Fault, blobs};

/// Where a backup is restored: empty stores.
pub struct Destination<'a> {
    /// Whose they are: the backup must be of the same server.
    pub server_name: &'a str,
    /// The data.
    pub data: &'a Store,
    /// The keyring.
    pub keyring: &'a Store,
    /// The media.
    pub media: &'a Blobs,
}

/// Restores both halves of a backup; what it held.
pub async fn restore(
    (data, keyring): (&Path, &Path),
    to: &Destination<'_>,
    progress: &Progress,
) -> Result<Summary, TransferError> {
    let (of_data, of_keyring) = checked((data, keyring), to.server_name, progress)?;
    let mut halves = Vec::new();
    for (path, manifest, store) in [(keyring, &of_keyring, to.keyring), (data, &of_data, to.data)] {
        let (origin, expected) = (checksum(path, manifest)?, (&manifest.tables, progress));
        let filling = Filling::begin(store, Purpose::Restore, &origin, expected).await?;
        halves.push((Folder::open(path)?, manifest, filling));
    }
    let mut whole = Vec::new();
    for (folder, manifest, filling) in halves {
        let Some(mut filling) = filling else { continue };
        fill(&folder, manifest, &mut filling, progress).await?;
        filling.check(&manifest.tables, progress).await?;
        whole.push(filling);
    }
    if let Some(MediaPart::Here { bytes, .. }) = &of_data.media {
        progress.begin(Phase::Media, Some(*bytes));
        restore_media(&Folder::open(data)?, to.media, progress).await?;
        progress.end();
    }
    for filling in whole {
        filling.end().await?;
    }
    Ok(Summary::of(&of_data, &of_keyring))
}

/// Both manifests, when nothing at all is wrong with the backup.
fn checked(
    (data, keyring): (&Path, &Path),
    server_name: &str,
    progress: &Progress,
) -> Result<(Manifest, Manifest), TransferError> {
    let of_data = inspect_part(data, Part::Data, progress, &mut |_, _, _| {})?;
    let of_keyring = inspect_part(keyring, Part::Keyring, progress, &mut |_, _, _| {})?;
    let mut faults = of_data.faults;
    faults.extend(of_keyring.faults);
    let (of_data, of_keyring) = (of_data.manifest, of_keyring.manifest);
    faults.extend(of_two_backups(keyring, &of_data, &of_keyring));
    if !faults.is_empty() {
        return Err(TransferError::Damaged(faults));
    }
    if of_data.server_name != server_name {
        let (found, expected) = (of_data.server_name, server_name.to_owned());
        return Err(TransferError::AnotherServer { found, expected });
    }
    Ok((of_data, of_keyring))
}

/// The fault that two halves are not of one backup.
pub(crate) fn of_two_backups(keyring: &Path, data: &Manifest, keys: &Manifest) -> Option<Fault> {
    let what = "is of another backup than the data".to_owned();
    (data.backup != keys.backup).then(|| Fault { path: keyring.to_owned(), what })
}

async fn fill(
    folder: &Folder,
    manifest: &Manifest,
    filling: &mut Filling<'_>,
    progress: &Progress,
) -> Result<(), TransferError> {
    progress.begin(Phase::Copy, Some(manifest.tables.bytes()));
    for segment in &manifest.files {
        let damaged = |error: RowsError| {
            TransferError::Damaged(vec![Fault::new(folder, &segment.file, error.to_string())])
        };
        let missing = || TransferError::Damaged(vec![Fault::new(folder, &segment.file, "is gone")]);
        let file = folder.read(&segment.file)?.ok_or_else(missing)?;
        let mut rows = Rows::of(file).map_err(damaged)?;
        while let Some((key, value)) = rows.next().map_err(damaged)? {
            progress.add(1, (key.len() + value.len()) as u64);
            if !filling.has(&segment.table, &key) {
                filling.put(&segment.table, key, value).await?;
            }
        }
    }
    progress.end();
    Ok(())
}

async fn restore_media(
    folder: &Folder,
    to: &Blobs,
    progress: &Progress,
) -> Result<(), TransferError> {
    let media = folder.inside(MEDIA)?;
    let mut list = Reader::open(folder)?;
    while let Some(listed) = list.next()? {
        let gone = || TransferError::Damaged(vec![Fault::new(&media, &listed.name, "is gone")]);
        let content = media_part::content(&media, &listed.name)?.ok_or_else(gone)?;
        blobs::ensure(to, &listed.name, content).await?;
        progress.add(1, listed.size);
    }
    Ok(())
}

/// Stands for the whole half of a backup.
fn checksum(path: &Path, manifest: &Manifest) -> Result<Checksum, TransferError> {
    manifest.checksum().map_err(|error| TransferError::place(path, error.to_string()))
}
