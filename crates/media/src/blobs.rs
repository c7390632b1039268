//! Blobs: sealed content, as it lies in the storage. Neither read nor understood here.
//!
//! Nothing is ever whole in memory. A blob that is being written is seen by nobody until it is
//! complete.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{BoxStream, try_unfold};
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path as BlobPath;
use object_store::{GetResult, ObjectMeta, ObjectStoreExt};

use crate::draft::Draft;
use crate::error::MediaError;
use crate::outage::{NOT_THERE, Outage};
use crate::storage::{Place, Storage};

/// Bytes on their way.
pub type BlobStream = BoxStream<'static, Result<Bytes, MediaError>>;

/// The blobs of a storage. For the media service, and for copies and backups, which need no key.
/// Cheap to clone.
#[derive(Clone)]
pub struct Blobs(Arc<Inner>);

struct Inner {
    place: Place,
    outage: Outage,
}

/// A blob, as a list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobEntry {
    /// Its name: lower-case letters and digits.
    pub name: String,
    /// Its sealed bytes.
    pub size: u64,
}

impl Blobs {
    /// The blobs of a storage. An S3 store need not answer now.
    pub fn open(storage: &Storage) -> Result<Self, MediaError> {
        Ok(Self(Arc::new(Inner { place: storage.open()?, outage: Outage::default() })))
    }

    /// The first blobs in the order of their names, after a name. Fewer than `limit` only at the
    /// end.
    pub async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<BlobEntry>, MediaError> {
        self.require_directory().await?;
        let after = after.unwrap_or_default();
        let mut found = Vec::new();
        for folder in self.folders().await? {
            if found.len() >= limit {
                break;
            }
            // The folder's name begins the names of the blobs in it.
            if folder.filename().is_some_and(|folder| !after.starts_with(folder) && folder < after)
            {
                continue;
            }
            let mut blobs = self.folder(&folder).await?;
            blobs.retain(|blob| blob.name.as_str() > after);
            blobs.sort_unstable_by(|one, other| one.name.cmp(&other.name));
            found.append(&mut blobs);
        }
        found.truncate(limit);
        Ok(found)
    }

    /// How many bytes a blob has; `None` when there is none of that name.
    pub async fn size(&self, name: &str) -> Result<Option<u64>, MediaError> {
        let path = self.path(name)?;
        let found = self.outage().find(self.0.place.objects.head(&path)).await?;
        Ok(self.found(&path, found).await?.map(|meta| meta.size))
    }

    /// How many bytes a blob has, and they; `None` when there is none of that name.
    pub async fn read(&self, name: &str) -> Result<Option<(u64, BlobStream)>, MediaError> {
        let path = self.path(name)?;
        let found = self.outage().find(self.0.place.objects.get(&path)).await?;
        let found = self.found(&path, found).await?;
        Ok(found.map(|found| (found.meta.size, self.clone().stream(found))))
    }

    /// Writes a blob, in place of the one that has this name; how many bytes it has. Durable when
    /// it returns. When its bytes fail, it was never there; when the storage fails, it is not
    /// known whether it is.
    pub async fn write<E: From<MediaError>>(
        &self,
        name: &str,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<u64, E> {
        let mut draft = self.draft(name).await?;
        let mut size = 0;
        while let Some(piece) = bytes.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    draft.abandon().await;
                    return Err(error);
                }
            };
            size += piece.len() as u64;
            if let Err(error) = draft.push(piece).await {
                draft.forsake();
                return Err(error.into());
            }
        }
        draft.finish().await?;
        Ok(size)
    }

    /// A blob to be written.
    pub(crate) async fn draft(&self, name: &str) -> Result<Draft, MediaError> {
        let path = self.path(name)?;
        self.require_directory().await?;
        Ok(Draft::new(self.clone(), path))
    }

    fn stream(self, found: GetResult) -> BlobStream {
        let step = |(blobs, mut source): (Self, BoxStream<'static, _>)| async move {
            let piece = blobs.outage().ask(source.try_next()).await?;
            Ok(piece.map(|piece| (piece, (blobs, source))))
        };
        try_unfold((self, found.into_stream()), step).boxed()
    }

    /// Removes a blob, if it is there, and what a writer that was killed left of it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), MediaError> {
        let path = self.path(name)?;
        self.require_directory().await?;
        self.outage().find(self.0.place.objects.delete(&path)).await?;
        let Some(draft) = self.draft_file(&path) else { return Ok(()) };
        match tokio::fs::remove_file(draft).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.outage().is_seen("a file that was not completed cannot be removed"))
            }
            _ => Ok(()),
        }
    }

    /// The file that a directory's blob is until it is complete.
    fn draft_file(&self, path: &BlobPath) -> Option<PathBuf> {
        Some(self.0.place.directory.as_ref()?.join(format!("{path}#1")))
    }

    async fn folders(&self) -> Result<Vec<BlobPath>, MediaError> {
        let Place { objects, root, .. } = &self.0.place;
        let listed = self.outage().ask(objects.list_with_delimiter(Some(root))).await?;
        let mut folders = listed.common_prefixes;
        folders.sort_unstable();
        Ok(folders)
    }

    async fn folder(&self, folder: &BlobPath) -> Result<Vec<BlobEntry>, MediaError> {
        let listed = self.0.place.objects.list(Some(folder));
        let listed: Vec<_> = self.outage().ask(listed.try_collect()).await?;
        Ok(listed.iter().filter_map(|meta| self.entry(meta)).collect())
    }

    /// What is none of ours is none of ours.
    fn entry(&self, meta: &ObjectMeta) -> Option<BlobEntry> {
        let name = meta.location.filename()?;
        let ours = self.path(name).is_ok_and(|path| path == meta.location);
        ours.then(|| BlobEntry { name: name.to_owned(), size: meta.size })
    }

    /// Blobs lie in folders named for their first two letters, so that no folder grows huge.
    fn path(&self, name: &str) -> Result<BlobPath, MediaError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        match name.get(..2) {
            Some(folder) if name.len() <= 64 && name.bytes().all(allowed) => {
                Ok(self.0.place.root.clone().join(folder).join(name))
            }
            _ => Err(MediaError::NotFound),
        }
    }

    /// What was not found may be there all the same, when its whole bucket or directory is not: of
    /// both, stores say the same.
    async fn found<T>(&self, path: &BlobPath, found: Option<T>) -> Result<Option<T>, MediaError> {
        if found.is_none() {
            self.require_directory().await?;
            // There is nothing below a blob, but a list of nothing needs a bucket.
            self.outage().ask(self.0.place.objects.list(Some(path)).try_next()).await?;
        }
        Ok(found)
    }

    /// Refuses to go on without the directory, which a write would silently make again.
    async fn require_directory(&self) -> Result<(), MediaError> {
        let Some(directory) = &self.0.place.directory else { return Ok(()) };
        match tokio::fs::metadata(directory).await {
            Ok(meta) if meta.is_dir() => Ok(()),
            _ => Err(self.outage().is_seen(NOT_THERE)),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }

    pub(crate) fn outage(&self) -> &Outage {
        &self.0.outage
    }
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").finish_non_exhaustive()
    }
}
