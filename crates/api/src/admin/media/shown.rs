//! Media as answers show them, and how they are named.

use media::{MediaId, MediaInfo, Withheld};
use ruma_common::UserId;
use serde::Serialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// An upload. What its uploader called it is theirs.
#[expect(clippy::struct_field_names, reason = "the names of the interface")]
#[derive(Serialize)]
pub(crate) struct Upload {
    media_id: String,
    media_type: Option<String>,
    media_length: u64,
    created_ts: u64,
    last_access_ts: Option<u64>,
    upload_name: Option<String>,
    quarantined_by: Option<String>,
    safe_from_quarantine: bool,
}

impl From<MediaInfo> for Upload {
    fn from(info: MediaInfo) -> Self {
        Self {
            media_id: info.id.as_str().to_owned(),
            media_type: info.content_type,
            media_length: info.size,
            created_ts: info.created.0,
            last_access_ts: None,
            upload_name: None,
            quarantined_by: info.quarantined_by,
            safe_from_quarantine: info.protected,
        }
    }
}

/// How many media nobody gets any more.
#[derive(Serialize)]
pub(crate) struct Quarantined {
    num_quarantined: usize,
}

impl Quarantined {
    /// Withholds these from everybody, but for what is protected, or not there.
    pub(crate) async fn all<'a>(
        app: &App,
        by: &UserId,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ApiError> {
        let mut num_quarantined = 0;
        for id in ids {
            // What people write is no address of media for that.
            let Ok(id) = MediaId::parse(id) else { continue };
            if app.media.quarantine(&id, by).await? == Withheld::Yes {
                num_quarantined += 1;
            }
        }
        Ok(Self { num_quarantined })
    }
}

/// What was deleted.
#[derive(Serialize)]
pub(crate) struct Deleted {
    deleted_media: Vec<String>,
    total: usize,
}

impl From<Vec<MediaId>> for Deleted {
    fn from(ids: Vec<MediaId>) -> Self {
        let deleted_media: Vec<_> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        Self { total: deleted_media.len(), deleted_media }
    }
}

/// The upload that a path names by its server and identifier.
pub(super) fn named(app: &App, ask: &Ask) -> Result<MediaId, ApiError> {
    require_own(app, ask.part(0))?;
    Ok(MediaId::parse(ask.part(1))?)
}

/// Nothing is kept here of other servers' media.
pub(super) fn require_own(app: &App, server: &str) -> Result<(), ApiError> {
    if app.settings.server_name == server {
        return Ok(());
    }
    Err(ApiError::invalid_param(format!("no media of {server:?} is kept here")))
}

/// Refuses an identifier under which nothing was uploaded.
pub(super) async fn require_known(app: &App, id: &MediaId) -> Result<(), ApiError> {
    match app.media.info(id).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::not_found("there is no such media")),
    }
}
