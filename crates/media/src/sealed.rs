//! Content to blobs and back: sealed chunk by chunk as it passes.
//!
//! A blob is a sequence of sealed chunks. How long the content is stands in its row, so where the
//! last chunk begins is known, and what was cut or lengthened does not open.

use bytes::{Bytes, BytesMut};
use futures_util::stream::try_unfold;
use futures_util::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use vault::{CHUNK, Opener, SEALED_CHUNK, Sealer};

use crate::blobs::{BlobStream, Blobs};
use crate::draft::Draft;
use crate::error::MediaError;

/// Content that was written.
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

/// Writes and seals content as it comes, up to `limit` bytes. Durable when it returns; gone
/// without trace when it fails.
pub(crate) async fn write(
    blobs: &Blobs,
    name: &str,
    sealer: Sealer,
    limit: u64,
    content: BlobStream,
) -> Result<Written, MediaError> {
    let mut draft = blobs.draft(name).await?;
    match fill(&mut draft, sealer, limit, content).await {
        Ok(written) => draft.finish().await.map(|()| written),
        Err(MediaError::StorageUnavailable) => {
            draft.forsake();
            Err(MediaError::StorageUnavailable)
        }
        Err(error) => {
            draft.abandon().await;
            Err(error)
        }
    }
}

/// Reads content of `size` bytes, opening it as it goes.
pub(crate) async fn read(
    blobs: &Blobs,
    name: &str,
    opener: Opener,
    size: u64,
) -> Result<BlobStream, MediaError> {
    let (found, source) = blobs.read(name).await?.ok_or(MediaError::Lost)?;
    if found != sealed_size(size) {
        return Err(MediaError::Damaged);
    }
    let reader = Reader { source, buffer: BytesMut::new(), opener: Some(opener), left: size };
    Ok(try_unfold(reader, Reader::step).boxed())
}

/// Writes the content's chunks, sealed.
async fn fill(
    draft: &mut Draft,
    mut sealer: Sealer,
    limit: u64,
    mut content: BlobStream,
) -> Result<Written, MediaError> {
    let (mut digest, mut size, mut plain) = (Sha256::new(), 0_u64, BytesMut::new());
    while let Some(piece) = content.try_next().await? {
        size = size.saturating_add(piece.len() as u64);
        if size > limit {
            return Err(MediaError::TooLarge { limit });
        }
        digest.update(&piece);
        plain.extend_from_slice(&piece);
        // The last chunk is sealed in another way, so one is always kept back.
        while plain.len() > CHUNK {
            draft.push(sealer.next(&plain.split_to(CHUNK))?.into()).await?;
        }
    }
    draft.push(sealer.last(&plain)?.into()).await?;
    Ok(Written { size, sha256: digest.finalize().into() })
}

/// Opens a blob's chunks, one at a step.
struct Reader {
    source: BlobStream,
    buffer: BytesMut,
    /// Until the last chunk was opened.
    opener: Option<Opener>,
    left: u64,
}

impl Reader {
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, MediaError> {
        let Some(mut opener) = self.opener.take() else { return Ok(None) };
        let plain = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK);
        let sealed = plain + (SEALED_CHUNK - CHUNK);
        while self.buffer.len() < sealed {
            let piece = self.source.try_next().await?.ok_or(MediaError::Damaged)?;
            self.buffer.extend_from_slice(&piece);
        }
        let sealed = self.buffer.split_to(sealed);
        self.left -= plain as u64;
        let chunk = if self.left == 0 {
            opener.last(&sealed)?
        } else {
            let chunk = opener.next(&sealed)?;
            self.opener = Some(opener);
            chunk
        };
        Ok(Some((chunk.into(), self)))
    }
}

/// How long a blob is whose content has `size` bytes: there is always a last chunk.
pub(crate) fn sealed_size(size: u64) -> u64 {
    let chunks = size.div_ceil(CHUNK as u64).max(1);
    size + chunks * (SEALED_CHUNK - CHUNK) as u64
}
