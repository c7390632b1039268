//! The service: upload and download.

use std::sync::{Arc, Weak};
use std::time::Duration;

use base::clock::Clock;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use ruma_common::{OwnedServerName, OwnedUserId, UserId};
use store::{Batch, Hint, Store};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, Semaphore, broadcast};
use vault::{Owner, Place, SealingKey, Vault};

use crate::blobs::{BlobStream, Blobs};
use crate::error::MediaError;
use crate::file::{Download, FileInfo, MediaId};
use crate::storage::Storage;
use crate::tables::{BEGUN, Begun, BlobRow, Details, MEDIA, MediaRow};
use crate::{sealed, sweep};

/// Pictures decoded at a time: each may take a quarter of a gigabyte for a moment.
const PICTURES_AT_A_TIME: usize = 2;
/// Nodes say under this topic that the content of a reserved identifier has come.
const ARRIVAL: &str = "media.arrival";
/// How often one who waits for content looks by themselves: what nodes say may be lost.
const LOOK: Duration = Duration::from_secs(1);

/// Where media is kept, and how much.
#[derive(Debug)]
pub struct Settings {
    /// The server's name: the first part of every `mxc://` address.
    pub server_name: OwnedServerName,
    /// Where the blobs are.
    pub storage: Storage,
    /// Bytes of an upload at most.
    pub upload_bytes: u64,
}

/// The media of a server. Cheap to clone.
#[derive(Clone)]
pub struct Media(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) blobs: Blobs,
    /// Told whenever the content of a reserved identifier has come.
    pub(crate) arrivals: Notify,
    pub(crate) decoders: Arc<Semaphore>,
}

impl Media {
    /// Opens the media of a server. The storage need not answer now. From then on, what uploads
    /// that broke off have left is removed, at once and every day.
    pub async fn open(
        store: Store,
        vault: Vault,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MediaError> {
        let blobs = Blobs::open(&settings.storage)?;
        let decoders = Arc::new(Semaphore::new(PICTURES_AT_A_TIME));
        let arrivals = Notify::new();
        let media =
            Self(Arc::new(Inner { store, vault, settings, clock, blobs, arrivals, decoders }));
        media.take_over_first_records().await?;
        tokio::spawn(sweep::every_day(Arc::downgrade(&media.0)));
        tokio::spawn(hear_arrivals(media.0.store.hints(), Arc::downgrade(&media.0)));
        Ok(media)
    }

    /// The server's settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Stores content as it comes; its new identifier. Goes on to a clean end when the caller
    /// goes away.
    pub async fn upload<E: Send + 'static>(
        &self,
        uploader: &UserId,
        info: FileInfo,
        body: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<MediaId, MediaError> {
        info.check()?;
        let (media, id, uploader) = (self.clone(), MediaId::random(), uploader.to_owned());
        let body = body.map(|piece| piece.map_err(|_| MediaError::Interrupted)).boxed();
        let task = async move {
            let kept = media.keep(&uploader, &id, info, body).await?;
            let mut batch = Batch::new();
            let key = id.as_str().to_owned();
            MEDIA.check_absent(&mut batch, &key);
            media.publish(batch, &id, uploader, kept).await?;
            Ok(id)
        };
        tokio::spawn(task).await?
    }

    /// The content of media; waits for it, when it is announced and has not come yet.
    pub async fn download(&self, id: &MediaId, wait: Duration) -> Result<Download, MediaError> {
        let (uploader, blob) = self.stored(id, wait).await?;
        self.give(id, &uploader, &blob).await
    }

    /// Who uploaded media, and the blob; waits for an announced one.
    pub(crate) async fn stored(
        &self,
        id: &MediaId,
        wait: Duration,
    ) -> Result<(OwnedUserId, BlobRow), MediaError> {
        self.refuse_quarantined(id).await?;
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            // Listens before it looks: what comes between is heard.
            let arrival = self.0.arrivals.notified();
            match MEDIA.get(&self.0.store, &id.as_str().to_owned()).await? {
                Some(MediaRow::Stored { uploader, blob, .. }) => return Ok((uploader, blob)),
                Some(MediaRow::Reserved { expires, .. }) if expires > self.0.clock.now() => {}
                Some(MediaRow::Reserved { .. }) | None => return Err(MediaError::NotFound),
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(MediaError::NotYetUploaded);
            }
            let next_look = deadline.min(tokio::time::Instant::now() + LOOK);
            // Whether it was told or not, it looks.
            let _ = tokio::time::timeout_at(next_look, arrival).await;
        }
    }

    /// Opens a blob of media for whoever may read it.
    pub(crate) async fn give(
        &self,
        id: &MediaId,
        uploader: &UserId,
        blob: &BlobRow,
    ) -> Result<Download, MediaError> {
        let owner = Owner::Person(uploader.to_owned());
        let key = self.0.vault.existing_key(&owner).await?.ok_or(MediaError::NotFound)?;
        let details = Self::details(&key, id, blob)?;
        let opener = key.open_stream(stream_place(id, &blob.name).borrow(), &blob.wrapped)?;
        let body = sealed::read(&self.0.blobs, &blob.name, opener, blob.size).await?;
        let info = FileInfo { content_type: details.content_type, name: details.name };
        Ok(Download { info, size: blob.size, body })
    }

    /// What the uploader said of media.
    pub(crate) fn details(
        key: &SealingKey,
        id: &MediaId,
        blob: &BlobRow,
    ) -> Result<Details, MediaError> {
        let details = key.open(details_place(id, &blob.name).borrow(), &blob.details)?;
        postcard::from_bytes(&details).map_err(|_| MediaError::Damaged)
    }

    /// Writes content of media to a new blob, on record as begun until a row takes it.
    pub(crate) async fn keep(
        &self,
        uploader: &UserId,
        id: &MediaId,
        info: FileInfo,
        body: BlobStream,
    ) -> Result<Kept, MediaError> {
        let key = self.0.vault.key(&Owner::Person(uploader.to_owned())).await?;
        let name = base::random::base32::<32>();
        let mut begun = Batch::new();
        let since = Begun::Since(self.0.clock.now());
        BEGUN.put(&mut begun, &name, &since)?;
        self.0.store.commit(begun).await?;
        match self.write(&key, id, (&name, info), body).await {
            Ok(blob) => Ok(Kept { blob, begun: since }),
            // It may have become a blob, and may yet: that is looked at in a day.
            Err(MediaError::StorageUnavailable) => Err(MediaError::StorageUnavailable),
            Err(error) => {
                self.discard_for_now(&name).await;
                Err(error)
            }
        }
    }

    async fn write(
        &self,
        key: &SealingKey,
        id: &MediaId,
        (name, info): (&str, FileInfo),
        body: BlobStream,
    ) -> Result<BlobRow, MediaError> {
        let (sealer, wrapped) = key.seal_stream(stream_place(id, name).borrow())?;
        let limit = self.0.settings.upload_bytes;
        let written = sealed::write(&self.0.blobs, name, sealer, limit, body).await?;
        let FileInfo { content_type, name: file_name } = info;
        let details = Details { content_type, name: file_name, sha256: written.sha256 };
        let details = postcard::to_allocvec(&details).map_err(|_| MediaError::Damaged)?;
        let details = key.seal(details_place(id, name).borrow(), &details)?;
        Ok(BlobRow { name: name.to_owned(), size: written.size, wrapped, details })
    }

    /// Commits the row of media, unless the batch's checks fail: then the blob goes.
    pub(crate) async fn publish(
        &self,
        mut batch: Batch,
        id: &MediaId,
        uploader: OwnedUserId,
        kept: Kept,
    ) -> Result<(), MediaError> {
        kept.taken(&mut batch)?;
        let blob = kept.blob;
        let name = blob.name.clone();
        let created = self.0.clock.now();
        MEDIA.put(
            &mut batch,
            &id.as_str().to_owned(),
            &MediaRow::Stored { uploader, created, blob },
        )?;
        self.commit_or_discard(batch, &name).await
    }

    pub(crate) async fn commit_or_discard(
        &self,
        batch: Batch,
        blob: &str,
    ) -> Result<(), MediaError> {
        let committed = self.0.store.commit(batch).await.map_err(MediaError::from);
        if matches!(committed, Err(MediaError::AlreadyUploaded | MediaError::Interrupted)) {
            self.discard_for_now(blob).await;
        }
        committed.map(drop)
    }

    /// Removes a blob that no row has taken; what cannot be removed now goes later.
    pub(crate) async fn discard_for_now(&self, name: &str) {
        if let Err(error) = self.discard(name).await {
            tracing::debug!(%error, "what an upload left is removed later");
        }
    }

    /// Removes a blob that no row has taken.
    pub(crate) async fn discard(&self, name: &str) -> Result<(), MediaError> {
        self.0.blobs.remove(name).await?;
        let mut batch = Batch::new();
        BEGUN.delete(&mut batch, &name.to_owned());
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Tells everybody, on every node, that the content of a reserved identifier has come.
    pub(crate) fn tell_arrival(&self) {
        self.0.arrivals.notify_waiters();
        self.0.store.publish(ARRIVAL, Vec::new());
    }
}

/// A blob that was written, and that no row has taken yet.
pub(crate) struct Kept {
    pub(crate) blob: BlobRow,
    begun: Begun,
}

impl Kept {
    /// Ends its time without a row, unless it was given up meanwhile.
    pub(crate) fn taken(&self, batch: &mut Batch) -> Result<(), MediaError> {
        BEGUN.check_equals(batch, &self.blob.name, &self.begun)?;
        BEGUN.delete(batch, &self.blob.name);
        Ok(())
    }
}

/// Wakes who waits here when content has come to another node.
async fn hear_arrivals(mut hints: broadcast::Receiver<Hint>, media: Weak<Inner>) {
    loop {
        let heard = hints.recv().await;
        let Some(media) = media.upgrade() else { return };
        match heard {
            Ok(hint) if hint.topic != ARRIVAL => {}
            Ok(_) | Err(RecvError::Lagged(_)) => media.arrivals.notify_waiters(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// A place in a table, with its key.
pub(crate) struct OwnedPlace(&'static str, Vec<u8>);

impl OwnedPlace {
    fn borrow(&self) -> Place<'_> {
        Place { table: self.0, key: &self.1 }
    }
}

/// What is sealed of a blob opens for its media and its name only.
fn details_place(id: &MediaId, blob: &str) -> OwnedPlace {
    OwnedPlace("media_details", format!("{}/{blob}", id.as_str()).into_bytes())
}

fn stream_place(id: &MediaId, blob: &str) -> OwnedPlace {
    OwnedPlace("media_blob", format!("{}/{blob}", id.as_str()).into_bytes())
}
