//! Blobs: sealed content in the object store.
//!
//! A blob is a sequence of sealed chunks. How long the content is stands in its row, so where the
//! last chunk begins is known, and what was cut or lengthened does not open.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{BoxStream, try_unfold};
use futures_util::{StreamExt, TryStreamExt};
use object_store::chunked::ChunkedStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use vault::{CHUNK, Opener, SEALED_CHUNK, Sealer};

use crate::error::MediaError;

/// Bytes handed to the object store at a time.
const PART: usize = 16 * SEALED_CHUNK;
/// Bytes read at a time from a file: its own default of 8 KiB costs a thread's turn each.
const PIECE: usize = 4 * SEALED_CHUNK;

/// Content on its way.
pub(crate) type Body = BoxStream<'static, Result<Bytes, MediaError>>;

/// Where blobs are kept: a folder of this machine.
pub(crate) struct Blobs {
    files: Arc<LocalFileSystem>,
    store: ChunkedStore,
}

/// A blob that was written.
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

impl Blobs {
    /// Blobs in a folder, which is made if it is not there.
    pub(crate) fn open(directory: &Path) -> Result<Self, MediaError> {
        std::fs::create_dir_all(directory).map_err(folder_failed)?;
        let files = Arc::new(LocalFileSystem::new_with_prefix(directory)?.with_fsync(true));
        let store = ChunkedStore::new(Arc::clone(&files) as Arc<dyn ObjectStore>, PIECE);
        Ok(Self { files, store })
    }

    /// Writes and seals content as it comes, up to `limit` bytes. Durable when it returns; gone
    /// without trace when it fails.
    pub(crate) async fn write(
        &self,
        name: &str,
        sealer: Sealer,
        limit: u64,
        body: Body,
    ) -> Result<Written, MediaError> {
        let mut upload = self.store.put_multipart(&path(name)).await?;
        match fill(&mut *upload, sealer, limit, body).await {
            Ok(written) => {
                upload.complete().await?;
                Ok(written)
            }
            Err(error) => {
                upload.abort().await?;
                Err(error)
            }
        }
    }

    /// Reads a blob whose content has `size` bytes, opening it as it goes.
    pub(crate) async fn read(
        &self,
        name: &str,
        opener: Opener,
        size: u64,
    ) -> Result<Body, MediaError> {
        let source = self.store.get(&path(name)).await?;
        if source.meta.size != sealed_size(size) {
            return Err(MediaError::Damaged);
        }
        let source = source.into_stream().map_err(MediaError::from).boxed();
        let reader = Reader { source, buffer: BytesMut::new(), opener: Some(opener), left: size };
        Ok(try_unfold(reader, Reader::step).boxed())
    }

    /// Removes a blob, if it is there, and what a writer that was killed left of it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), MediaError> {
        let path = path(name);
        match self.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // Until it is complete, the object store writes to a file of this name.
        let mut draft = self.files.path_to_filesystem(&path)?.into_os_string();
        draft.push("#1");
        match tokio::fs::remove_file(draft).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(folder_failed(error)),
            _ => Ok(()),
        }
    }
}

/// Writes the content's chunks, sealed.
async fn fill(
    upload: &mut dyn MultipartUpload,
    mut sealer: Sealer,
    limit: u64,
    mut body: Body,
) -> Result<Written, MediaError> {
    let (mut digest, mut size) = (Sha256::new(), 0_u64);
    let (mut plain, mut part) = (BytesMut::new(), BytesMut::new());
    while let Some(piece) = body.try_next().await? {
        size = size.saturating_add(piece.len() as u64);
        if size > limit {
            return Err(MediaError::TooLarge { limit });
        }
        digest.update(&piece);
        plain.extend_from_slice(&piece);
        // The last chunk is sealed in another way, so one is always kept back.
        while plain.len() > CHUNK {
            if part.is_empty() {
                part.reserve(PART);
            }
            part.extend_from_slice(&sealer.next(&plain.split_to(CHUNK))?);
            if part.len() >= PART {
                upload.put_part(part.split().freeze().into()).await?;
            }
        }
    }
    part.extend_from_slice(&sealer.last(&plain)?);
    upload.put_part(part.freeze().into()).await?;
    Ok(Written { size, sha256: digest.finalize().into() })
}

/// Opens a blob's chunks, one at a step.
struct Reader {
    source: Body,
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

/// Blobs lie in folders named for their first two letters, so that no folder grows huge.
fn path(name: &str) -> BlobPath {
    let folder: String = name.chars().take(2).collect();
    BlobPath::from_iter([folder.as_str(), name])
}

/// How long a blob is whose content has `size` bytes: there is always a last chunk.
fn sealed_size(size: u64) -> u64 {
    let chunks = size.div_ceil(CHUNK as u64).max(1);
    size + chunks * (SEALED_CHUNK - CHUNK) as u64
}

fn folder_failed(error: std::io::Error) -> MediaError {
    object_store::Error::Generic { store: "media", source: error.into() }.into()
}
