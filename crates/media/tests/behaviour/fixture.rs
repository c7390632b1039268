//! Media on a real folder, with a clock that tests move.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::clock::{ManualClock, Timestamp};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use media::{Download, FileInfo, Media, MediaError, MediaId, Settings};
use ruma_common::{UserId, owned_server_name, user_id};
use store::{MemoryDisk, Store};
use tempfile::TempDir;
use vault::{KeyEncryptionKey, Vault};

pub(crate) const LIMIT: u64 = 1_000_000;
pub(crate) const NO_WAIT: Duration = Duration::ZERO;

/// A server's media.
pub(crate) struct Fixture {
    folder: TempDir,
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) media: Media,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let keyring = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let master = KeyEncryptionKey::from_bytes([7; 32]);
        let vault = Vault::open(keyring, master).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        let media = open(&store, &vault, folder.path(), &clock).await;
        Self { folder, store, vault, clock, media }
    }

    /// The same store and folder, as another process finds them.
    pub(crate) async fn opened_again(&self) -> Media {
        open(&self.store, &self.vault, self.folder.path(), &self.clock).await
    }

    pub(crate) async fn uploads(&self, content: &[u8]) -> MediaId {
        self.uploads_as("text/plain", content).await
    }

    pub(crate) async fn uploads_as(&self, kind: &str, content: &[u8]) -> MediaId {
        let info = FileInfo { content_type: Some(kind.to_owned()), name: None };
        self.media.upload(alice(), info, pieces(content)).await.unwrap()
    }

    pub(crate) async fn reads(&self, id: &MediaId) -> Result<Vec<u8>, MediaError> {
        read(self.media.download(id, NO_WAIT).await?).await
    }

    /// Every file in the folder.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(self.folder.path(), &mut found);
        found
    }
}

async fn open(store: &Store, vault: &Vault, folder: &Path, clock: &Arc<ManualClock>) -> Media {
    let settings = Settings {
        server_name: owned_server_name!("one.example"),
        directory: folder.to_owned(),
        upload_bytes: LIMIT,
    };
    let clock = Arc::clone(clock);
    Media::open(store.clone(), vault.clone(), settings, clock).await.unwrap()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

pub(crate) fn alice() -> &'static UserId {
    user_id!("@alice:one.example")
}

pub(crate) fn bob() -> &'static UserId {
    user_id!("@bob:one.example")
}

/// Content in pieces of awkward sizes.
pub(crate) fn pieces(
    content: &[u8],
) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + use<> {
    let pieces: Vec<_> = content.chunks(10_007).map(|part| Ok(part.to_vec().into())).collect();
    stream::iter(pieces)
}

pub(crate) async fn read(download: Download) -> Result<Vec<u8>, MediaError> {
    let parts: Vec<Bytes> = download.body.try_collect().await?;
    let content = parts.concat();
    assert_eq!(content.len() as u64, download.size);
    Ok(content)
}

/// Content that does not repeat.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0..length).map(|n| ((n * n) >> 7).to_le_bytes()[0] ^ n.to_le_bytes()[0]).collect()
}
