//! Thumbnails: made when first asked for, kept sealed as their picture is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ruma_common::UserId;
use store::{Batch, Direction, Prefix};

use crate::error::MediaError;
use crate::file::{Download, FileInfo, MediaId};
use crate::media::Media;
use crate::picture::{Fit, Size, Thumbnail, thumbnail};
use crate::tables::{BlobRow, THUMBNAILS, ThumbnailKey};

/// Bytes of a picture at most of which thumbnails are made: it is held whole meanwhile.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Thumbnails of one picture that are kept; who asks for odd shapes gets them made each time.
const KEPT: usize = 16;

impl Media {
    /// A thumbnail of a picture, of that size at least; the picture itself when it is no larger.
    pub async fn thumbnail(
        &self,
        id: &MediaId,
        wish: Size,
        fit: Fit,
        wait: Duration,
    ) -> Result<Download, MediaError> {
        let (uploader, original) = self.stored(id, wait).await?;
        let Some(size) = wish.for_wish(fit) else {
            return self.picture(id, &uploader, &original).await;
        };
        let key = (id.as_str().to_owned(), size.width.into(), size.height.into(), [fit as u8]);
        if let Some(blob) = THUMBNAILS.get(&self.0.store, &key).await? {
            return self.give(id, &uploader, &blob).await;
        }
        let Some(made) =
            self.make(self.picture(id, &uploader, &original).await?, size, fit).await?
        else {
            return self.picture(id, &uploader, &original).await;
        };
        let info = FileInfo { content_type: Some(made.content_type.to_owned()), name: None };
        let thumbnail = Ready { info, bytes: made.bytes.into() };
        if self.has_room_for(id, &thumbnail).await? {
            let (media, id, ready) = (self.clone(), id.clone(), thumbnail.clone());
            let task = async move { media.keep_thumbnail(&uploader, &id, key, ready).await };
            match tokio::spawn(task).await? {
                // It was made, and can be made again.
                Ok(()) | Err(MediaError::StorageUnavailable) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(thumbnail.into_download())
    }

    /// The original, which must say that it is a picture.
    async fn picture(
        &self,
        id: &MediaId,
        uploader: &UserId,
        original: &BlobRow,
    ) -> Result<Download, MediaError> {
        let picture = self.give(id, uploader, original).await?;
        match &picture.info.content_type {
            Some(kind) if kind.starts_with("image/") => Ok(picture),
            _ => Err(MediaError::NoThumbnail("it is not a picture".to_owned())),
        }
    }

    /// Makes a thumbnail, as soon as a decoder is free.
    async fn make(
        &self,
        picture: Download,
        size: Size,
        fit: Fit,
    ) -> Result<Option<Thumbnail>, MediaError> {
        if picture.size > MOST_BYTES {
            return Err(MediaError::PictureTooLarge);
        }
        let decoder = Arc::clone(&self.0.decoders).acquire_owned().await;
        let decoder = decoder.map_err(|_| MediaError::Interrupted)?;
        let parts: Vec<Bytes> = picture.body.try_collect().await?;
        let making = move || {
            let _decoder = decoder;
            thumbnail(&parts.concat(), size, fit)
        };
        tokio::task::spawn_blocking(making).await?
    }

    async fn has_room_for(&self, id: &MediaId, ready: &Ready) -> Result<bool, MediaError> {
        let theirs = Prefix::of(&id.as_str().to_owned());
        let kept = THUMBNAILS.scan(&self.0.store, &theirs, Direction::Forward, KEPT).await?;
        Ok(kept.len() < KEPT && ready.bytes.len() as u64 <= self.0.settings.upload_bytes)
    }

    async fn keep_thumbnail(
        &self,
        uploader: &UserId,
        id: &MediaId,
        key: ThumbnailKey,
        ready: Ready,
    ) -> Result<(), MediaError> {
        let Download { info, body, .. } = ready.into_download();
        let kept = self.keep(uploader, id, info, body).await?;
        let mut batch = Batch::new();
        THUMBNAILS.check_absent(&mut batch, &key);
        THUMBNAILS.put(&mut batch, &key, &kept.blob)?;
        kept.taken(&mut batch)?;
        match self.commit_or_discard(batch, &kept.blob.name).await {
            // Two made it at once, on this node or another: both are right.
            Err(MediaError::AlreadyUploaded) => Ok(()),
            other => other,
        }
    }
}

/// A thumbnail as it is given out.
#[derive(Clone)]
struct Ready {
    info: FileInfo,
    bytes: Bytes,
}

impl Ready {
    fn into_download(self) -> Download {
        let size = self.bytes.len() as u64;
        let body = stream::iter([Ok(self.bytes)]).boxed();
        Download { info: self.info, size, body }
    }
}
