//! Media from one storage to another: sealed, moved as they are.

use futures_util::{StreamExt, TryStreamExt};
use media::{BlobEntry, BlobStream, Blobs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::checksum::Checksum;
use crate::error::TransferError;
use crate::progress::{Phase, Progress};

/// Blobs on their way at a time.
const AT_A_TIME: usize = 4;
/// Names listed at a time.
const PAGE: usize = 1000;

/// How many blobs, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobCount {
    /// Blobs.
    pub blobs: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Copies every blob to where it is not yet. Each is read back and compared; killed at any
/// moment and started again, it goes on.
pub async fn copy_blobs(
    from: &Blobs,
    to: &Blobs,
    progress: &Progress,
) -> Result<BlobCount, TransferError> {
    progress.begin(Phase::Survey, None);
    let mut all = BlobCount::default();
    let mut after = None;
    while let Some(page) = page(from, &mut after).await? {
        let bytes = page.iter().map(|blob| blob.size).sum();
        progress.add(page.len() as u64, bytes);
        all.add(page.len() as u64, bytes);
    }
    progress.begin(Phase::Media, Some(all.bytes));
    let (mut copied, mut after) = (BlobCount::default(), None);
    while let Some(page) = page(from, &mut after).await? {
        let tasks = page.into_iter().map(|blob| copy_one((from, to), blob, progress));
        let mut tasks = futures_util::stream::iter(tasks).buffer_unordered(AT_A_TIME);
        while let Some(size) = tasks.try_next().await? {
            copied.add(1, size);
        }
    }
    progress.end();
    if copied == all { Ok(copied) } else { Err(TransferError::SourceMoved) }
}

/// The blobs after the last of the page before; `None` at the end.
async fn page(
    blobs: &Blobs,
    after: &mut Option<String>,
) -> Result<Option<Vec<BlobEntry>>, TransferError> {
    let page = blobs.list(after.as_deref(), PAGE).await?;
    *after = page.last().map(|blob| blob.name.clone());
    Ok(after.is_some().then_some(page))
}

async fn copy_one(
    (from, to): (&Blobs, &Blobs),
    blob: BlobEntry,
    progress: &Progress,
) -> Result<u64, TransferError> {
    let (_, content) = from.read(&blob.name).await?.ok_or(TransferError::SourceMoved)?;
    ensure(to, &blob.name, content).await?;
    progress.add(1, blob.size);
    Ok(blob.size)
}

/// Makes sure that a blob is there with this content: writes it, or finds it there. Either way
/// it is read back.
pub(crate) async fn ensure(
    to: &Blobs,
    name: &str,
    content: BlobStream,
) -> Result<(), TransferError> {
    let expected = if to.size(name).await?.is_some() {
        checksum(content).await?
    } else {
        let (sender, passed) = tokio::sync::oneshot::channel();
        to.write(name, hashing(content, sender)).await?;
        passed.await.map_err(|_| TransferError::BlobDiffers { name: name.to_owned() })?
    };
    let there = match to.read(name).await? {
        Some((_, content)) => Some(checksum(content).await?),
        None => None,
    };
    if there == Some(expected) {
        Ok(())
    } else {
        Err(TransferError::BlobDiffers { name: name.to_owned() })
    }
}

/// Content, whose checksum is told at its end.
fn hashing(content: BlobStream, end: tokio::sync::oneshot::Sender<Checksum>) -> BlobStream {
    let state = (content, Sha256::new(), Some(end));
    let step = |(mut content, mut hasher, mut end): (BlobStream, Sha256, Option<_>)| async move {
        let Some(piece) = content.try_next().await? else {
            if let Some(end) = end.take() {
                // Nobody waits when the writing failed.
                let _ = tokio::sync::oneshot::Sender::send(end, Checksum::from_hasher(hasher));
            }
            return Ok(None);
        };
        hasher.update(&piece);
        Ok(Some((piece, (content, hasher, end))))
    };
    futures_util::stream::try_unfold(state, step).boxed()
}

impl BlobCount {
    fn add(&mut self, blobs: u64, bytes: u64) {
        self.blobs += blobs;
        self.bytes += bytes;
    }
}

/// Whether a name is one of a blob: letters and digits.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (2..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// The folder in which a blob lies: named for its first two letters, so that none grows huge.
pub(crate) fn folder_of(name: &str) -> &str {
    name.get(..2).unwrap_or(name)
}

/// The checksum of content.
pub(crate) async fn checksum(mut content: BlobStream) -> Result<Checksum, TransferError> {
    let mut hasher = Sha256::new();
    while let Some(piece) = content.try_next().await? {
        hasher.update(&piece);
    }
    Ok(Checksum::from_hasher(hasher))
}
