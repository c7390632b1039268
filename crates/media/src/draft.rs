//! A blob that is being written: part by part, or at once when it is small.

use bytes::Bytes;
use object_store::path::Path as BlobPath;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};

use crate::blobs::Blobs;
use crate::error::MediaError;

/// A blob that nobody sees yet. One that is dropped was never there; on an S3 store its parts
/// wait for the bucket's lifecycle rule then.
pub(crate) struct Draft {
    blobs: Blobs,
    path: BlobPath,
    /// What was not handed over yet: at most a part and a piece.
    pieces: Vec<Bytes>,
    held: usize,
    /// From the second part on.
    upload: Option<Box<dyn MultipartUpload>>,
}

impl Draft {
    pub(crate) fn new(blobs: Blobs, path: BlobPath) -> Self {
        Self { blobs, path, pieces: Vec::new(), held: 0, upload: None }
    }

    /// Adds bytes at the end.
    pub(crate) async fn push(&mut self, piece: Bytes) -> Result<(), MediaError> {
        // A full part waits for the next piece, so that the last part is never empty.
        if self.held >= self.blobs.place().part {
            self.send().await?;
        }
        self.held += piece.len();
        self.pieces.push(piece);
        Ok(())
    }

    /// Makes it a blob. When this fails, it is not known whether it became one.
    pub(crate) async fn finish(mut self) -> Result<(), MediaError> {
        if self.upload.is_none() {
            let payload = self.part();
            let put = self.blobs.place().objects.put(&self.path, payload);
            return self.blobs.outage().ask(put).await.map(drop);
        }
        let completed = self.complete().await;
        if completed.is_err() {
            self.forsake();
        }
        completed
    }

    async fn complete(&mut self) -> Result<(), MediaError> {
        self.send().await?;
        let Some(upload) = &mut self.upload else { return Ok(()) };
        self.blobs.outage().ask(upload.complete()).await.map(drop)
    }

    /// Gives it up, and is done when nothing is left of it.
    pub(crate) async fn abandon(self) {
        let Self { blobs, upload, .. } = self;
        if let Some(mut upload) = upload {
            // What remains takes room until the storage's own rule removes it: nobody's error.
            let _ = blobs.outage().ask(upload.abort()).await;
        }
    }

    /// Gives it up because the storage has failed, which nobody needs to wait for again.
    pub(crate) fn forsake(self) {
        tokio::spawn(self.abandon());
    }

    async fn send(&mut self) -> Result<(), MediaError> {
        let part = self.part();
        let outage = self.blobs.outage();
        let upload = if let Some(upload) = &mut self.upload {
            upload
        } else {
            let objects = &self.blobs.place().objects;
            self.upload.insert(outage.ask(objects.put_multipart(&self.path)).await?)
        };
        outage.ask(upload.put_part(part)).await
    }

    fn part(&mut self) -> PutPayload {
        self.held = 0;
        std::mem::take(&mut self.pieces).into_iter().collect()
    }
}
