//! Announcing an upload: the identifier first, the content later (asynchronous uploads).

use std::time::Duration;

use base::clock::Timestamp;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use ruma_common::{OwnedUserId, UserId};
use store::{Batch, CommitError, Prefix};

use crate::error::MediaError;
use crate::file::{FileInfo, MediaId};
use crate::media::Media;
use crate::tables::{MEDIA, MediaRow, RESERVED, RESERVING};

/// How long an identifier waits for its content.
const LIFETIME: Duration = Duration::from_hours(24);
/// Identifiers that one person may have waiting.
const WAITING: usize = 32;

/// An identifier without content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The identifier.
    pub id: MediaId,
    /// Until when it waits for its content.
    pub expires: Timestamp,
}

impl Media {
    /// Reserves an identifier for content that comes later.
    pub async fn reserve(&self, uploader: &UserId) -> Result<Reservation, MediaError> {
        let expires = self.0.clock.now().plus(LIFETIME);
        let reservation = Reservation { id: MediaId::random(), expires };
        loop {
            let batch = self.reserving(uploader, &reservation).await?;
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(reservation),
                // Another one of this person's went in between: there is one less to give.
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
    }

    /// The batch that reserves, if nobody else reserves for this person meanwhile. Takes away what
    /// has expired, if no content came to it meanwhile.
    async fn reserving(
        &self,
        uploader: &UserId,
        reservation: &Reservation,
    ) -> Result<Batch, MediaError> {
        let (now, person) = (self.0.clock.now(), uploader.to_string());
        let mut batch = Batch::new();
        let turn = RESERVING.get(&self.0.store, &person).await?;
        RESERVING.check(&mut batch, &person, turn.as_ref())?;
        RESERVING.put(&mut batch, &person, &turn.unwrap_or_default().wrapping_add(1))?;
        let mut waiting = 0;
        for (key, expires) in RESERVED.all(&self.0.store, &Prefix::of(&person)).await? {
            if expires > now {
                waiting += 1;
            } else {
                RESERVED.check_equals(&mut batch, &key, &expires)?;
                RESERVED.delete(&mut batch, &key);
                MEDIA.delete(&mut batch, &key.1);
            }
        }
        if waiting >= WAITING {
            return Err(MediaError::TooManyReserved);
        }
        let (key, expires) = (reservation.id.as_str().to_owned(), reservation.expires);
        let row = MediaRow::Reserved { uploader: uploader.to_owned(), expires };
        MEDIA.put(&mut batch, &key, &row)?;
        RESERVED.put(&mut batch, &(person, key), &expires)?;
        Ok(batch)
    }

    /// Stores the content of an identifier that its uploader has reserved. Goes on to a clean end
    /// when the caller goes away.
    pub async fn upload_reserved<E: Send + 'static>(
        &self,
        uploader: &UserId,
        id: MediaId,
        info: FileInfo,
        body: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<(), MediaError> {
        info.check()?;
        let row = self.reserved_row(uploader, &id).await?;
        let (media, uploader) = (self.clone(), uploader.to_owned());
        let body = body.map(|piece| piece.map_err(|_| MediaError::Interrupted)).boxed();
        let task = async move {
            let kept = media.keep(&uploader, &id, info, body).await?;
            let batch = taking(&row, &uploader, &id)?;
            media.publish(batch, &id, uploader, kept).await?;
            media.tell_arrival();
            Ok(())
        };
        tokio::spawn(task).await?
    }

    /// The row of an identifier that this person may fill now.
    async fn reserved_row(&self, uploader: &UserId, id: &MediaId) -> Result<MediaRow, MediaError> {
        let row = MEDIA.get(&self.0.store, &id.as_str().to_owned()).await?;
        match row.ok_or(MediaError::NotFound)? {
            MediaRow::Stored { .. } => Err(MediaError::AlreadyUploaded),
            MediaRow::Reserved { uploader: theirs, .. } if theirs != uploader => {
                Err(MediaError::NotTheirs)
            }
            MediaRow::Reserved { expires, .. } if expires <= self.0.clock.now() => {
                Err(MediaError::NotFound)
            }
            row @ MediaRow::Reserved { .. } => Ok(row),
        }
    }
}

/// A batch that ends a reservation, if it is still what was read.
fn taking(row: &MediaRow, uploader: &OwnedUserId, id: &MediaId) -> Result<Batch, MediaError> {
    let key = id.as_str().to_owned();
    let mut batch = Batch::new();
    MEDIA.check_equals(&mut batch, &key, row)?;
    RESERVED.delete(&mut batch, &(uploader.to_string(), key));
    Ok(batch)
}
