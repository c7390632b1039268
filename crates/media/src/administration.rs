//! Media as those who administer the server see them: whose, how large, how old. Nothing that the
//! uploader said of them but the type, and nothing of what is in them.

use base::clock::Timestamp;
use ruma_common::UserId;
use store::{Batch, CommitError, Direction, Prefix};
use vault::Owner;

use crate::error::MediaError;
use crate::file::MediaId;
use crate::media::Media;
use crate::tables::{
    BEGUN, Begun, MEDIA, MediaRow, PROTECTED, QUARANTINED, QuarantineRow, THUMBNAILS,
};

/// Rows read at a time.
const PAGE: usize = 512;
/// How often a change is decided again.
const ATTEMPTS: usize = 16;

/// Media of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaInfo {
    /// Which.
    pub id: MediaId,
    /// Its type, as the uploader said.
    pub content_type: Option<String>,
    /// Bytes.
    pub size: u64,
    /// When it was uploaded.
    pub created: Timestamp,
    /// Who withheld it from everybody, if anybody did.
    pub quarantined_by: Option<String>,
    /// Whether it is safe from being withheld with others.
    pub protected: bool,
}

/// Which media are to be deleted.
#[derive(Clone, Copy, Debug)]
pub struct Old {
    /// Uploaded before.
    pub before: Timestamp,
    /// Larger than that.
    pub larger_than: u64,
}

/// What became of media that were to be withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Nobody gets it any more.
    Yes,
    /// It is protected.
    Protected,
    /// There is no such media.
    Unknown,
}

impl Media {
    /// What a person has uploaded, the newest first. Reads all media, a page at a time: there is no
    /// index by person.
    pub async fn media_of(&self, user: &UserId) -> Result<Vec<MediaInfo>, MediaError> {
        let mut found = Vec::new();
        let mut part = Prefix::all();
        loop {
            let rows = MEDIA.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { break };
            part = Prefix::all().after(last);
            for (id, row) in rows {
                if let MediaRow::Stored { uploader, .. } = &row
                    && uploader == user
                {
                    found.extend(self.info_of(&id, &row).await?);
                }
            }
        }
        found.sort_by_key(|info| std::cmp::Reverse(info.created));
        Ok(found)
    }

    /// One upload, if its content has come.
    pub async fn info(&self, id: &MediaId) -> Result<Option<MediaInfo>, MediaError> {
        match MEDIA.get(&self.0.store, &id.as_str().to_owned()).await? {
            Some(row) => self.info_of(id.as_str(), &row).await,
            None => Ok(None),
        }
    }

    /// Withholds media from everybody, unless it is protected.
    pub async fn quarantine(&self, id: &MediaId, by: &UserId) -> Result<Withheld, MediaError> {
        let key = id.as_str().to_owned();
        for _ in 0..ATTEMPTS {
            let Some(row) = MEDIA.get(&self.0.store, &key).await? else {
                return Ok(Withheld::Unknown);
            };
            if PROTECTED.get(&self.0.store, &key).await?.is_some() {
                return Ok(Withheld::Protected);
            }
            let mut batch = Batch::new();
            MEDIA.check_equals(&mut batch, &key, &row)?;
            PROTECTED.check_absent(&mut batch, &key);
            QUARANTINED.put(&mut batch, &key, &QuarantineRow { by: by.to_string() })?;
            if self.done(batch).await? {
                return Ok(Withheld::Yes);
            }
        }
        Err(MediaError::Interrupted)
    }

    /// Gives media back to who may have it.
    pub async fn release(&self, id: &MediaId) -> Result<(), MediaError> {
        let mut batch = Batch::new();
        QUARANTINED.delete(&mut batch, &id.as_str().to_owned());
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Protects media from being withheld with others, or does not any more.
    pub async fn set_protected(&self, id: &MediaId, protected: bool) -> Result<(), MediaError> {
        let key = id.as_str().to_owned();
        let mut batch = Batch::new();
        if protected {
            PROTECTED.put(&mut batch, &key, &())?;
        } else {
            PROTECTED.delete(&mut batch, &key);
        }
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Deletes media, and its thumbnails; whether there was such. Its rows go at once, so that
    /// nobody gets it; the blobs after them, now or with what broken uploads left.
    pub async fn delete(&self, id: &MediaId) -> Result<bool, MediaError> {
        let key = id.as_str().to_owned();
        for _ in 0..ATTEMPTS {
            let Some(row) = MEDIA.get(&self.0.store, &key).await? else { return Ok(false) };
            let MediaRow::Stored { blob, .. } = &row else { return Ok(false) };
            let part = Prefix::of(&key);
            let thumbnails = THUMBNAILS.all(&self.0.store, &part).await?;
            let mut batch = Batch::new();
            MEDIA.check_equals(&mut batch, &key, &row)?;
            MEDIA.delete(&mut batch, &key);
            QUARANTINED.delete(&mut batch, &key);
            PROTECTED.delete(&mut batch, &key);
            THUMBNAILS.delete_range(&mut batch, part);
            let blobs = std::iter::once(blob).chain(thumbnails.iter().map(|(_, blob)| blob));
            let names: Vec<_> = blobs.map(|blob| blob.name.clone()).collect();
            for name in &names {
                BEGUN.put(&mut batch, name, &Begun::GivenUp)?;
            }
            if self.done(batch).await? {
                for name in &names {
                    self.discard_for_now(name).await;
                }
                return Ok(true);
            }
        }
        Err(MediaError::Interrupted)
    }

    /// Deletes what is old and large, but for what is protected; which.
    pub async fn delete_old(&self, old: Old) -> Result<Vec<MediaId>, MediaError> {
        let mut deleted = Vec::new();
        let mut part = Prefix::all();
        loop {
            let rows = MEDIA.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(deleted) };
            part = Prefix::all().after(last);
            for (id, row) in rows {
                let MediaRow::Stored { created, blob, .. } = row else { continue };
                if created >= old.before || blob.size <= old.larger_than {
                    continue;
                }
                let id = MediaId::parse(&id)?;
                let protected = PROTECTED.get(&self.0.store, &id.as_str().to_owned()).await?;
                if protected.is_none() && self.delete(&id).await? {
                    deleted.push(id);
                }
            }
        }
    }

    /// Refuses media that is withheld: for everybody it is as if there were none.
    pub(crate) async fn refuse_quarantined(&self, id: &MediaId) -> Result<(), MediaError> {
        match QUARANTINED.get(&self.0.store, &id.as_str().to_owned()).await? {
            Some(_) => Err(MediaError::NotFound),
            None => Ok(()),
        }
    }

    async fn info_of(&self, id: &str, row: &MediaRow) -> Result<Option<MediaInfo>, MediaError> {
        let MediaRow::Stored { uploader, created, blob } = row else { return Ok(None) };
        let id = MediaId::parse(id)?;
        let key = id.as_str().to_owned();
        let sealing_key = self.0.vault.existing_key(&Owner::Person(uploader.clone())).await?;
        let details = sealing_key.map(|sealing_key| Self::details(&sealing_key, &id, blob));
        let quarantined = QUARANTINED.get(&self.0.store, &key).await?;
        Ok(Some(MediaInfo {
            content_type: details.transpose()?.and_then(|details| details.content_type),
            size: blob.size,
            created: *created,
            quarantined_by: quarantined.map(|row| row.by),
            protected: PROTECTED.get(&self.0.store, &key).await?.is_some(),
            id,
        }))
    }

    async fn done(&self, batch: Batch) -> Result<bool, MediaError> {
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}
