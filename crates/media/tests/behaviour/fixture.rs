//! The nodes of a server over one storage, with clocks that tests move.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{ManualClock, Timestamp};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use media::{Blobs, Download, FileInfo, Media, MediaError, MediaId, Settings};
use ruma_common::{UserId, owned_server_name, user_id};
use store::{Crash, MemoryDisk, Store};
use vault::{KeyEncryptionKey, Vault};

use super::place::Place;

/// More than one part of an upload to S3.
pub(crate) const LIMIT: u64 = 8_000_000;
pub(crate) const NO_WAIT: Duration = Duration::ZERO;

/// A server's media, as its first node has it.
pub(crate) struct Fixture {
    pub(crate) place: Place,
    disk: MemoryDisk,
    keyring: MemoryDisk,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) media: Media,
}

/// Another node.
pub(crate) struct Node {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) media: Media,
}

impl Fixture {
    pub(crate) async fn at(place: Place) -> Self {
        let (disk, keyring) = (MemoryDisk::new(), MemoryDisk::new());
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        let vault = vault(&keyring).await;
        let store = Store::open_memory(&disk, None).unwrap();
        let media = open(&place, store, vault.clone(), &clock).await;
        Self { place, disk, keyring, vault, clock, media }
    }

    /// Another node, with a clock of its own that shows the same.
    pub(crate) async fn node(&self) -> Node {
        self.node_that(None).await
    }

    /// Another node, which is killed at a batch.
    pub(crate) async fn node_that(&self, crashes: Option<Crash>) -> Node {
        use base::clock::Clock;
        let clock = Arc::new(ManualClock::at(self.clock.now()));
        let store = Store::open_memory(&self.disk, crashes).unwrap();
        let media = open(&self.place, store, vault(&self.keyring).await, &clock).await;
        Node { clock, media }
    }

    /// A node over another storage.
    pub(crate) async fn node_at(&self, place: &Place) -> Node {
        let store = Store::open_memory(&self.disk, None).unwrap();
        let media = open(place, store, self.vault.clone(), &self.clock).await;
        Node { clock: Arc::clone(&self.clock), media }
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

    /// Every file in the storage, also of what is not complete.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.place.files()
    }

    pub(crate) fn blobs(&self) -> Blobs {
        Blobs::open(&self.place.storage()).unwrap()
    }
}

async fn vault(keyring: &MemoryDisk) -> Vault {
    let keyring = Store::open_memory(keyring, None).unwrap();
    Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap()
}

async fn open(place: &Place, store: Store, vault: Vault, clock: &Arc<ManualClock>) -> Media {
    let settings = Settings {
        server_name: owned_server_name!("one.example"),
        storage: place.storage(),
        upload_bytes: LIMIT,
    };
    let clock = Arc::clone(clock);
    Media::open(store, vault, settings, clock).await.unwrap()
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
