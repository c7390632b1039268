//! What is known of media, beside the blobs.

use base::clock::Timestamp;
use ruma_common::OwnedUserId;
use serde::{Deserialize, Serialize};
use store::Table;

/// Media by identifier.
pub(crate) const MEDIA: Table<String, MediaRow> = Table::new("media");
/// Thumbnails of pictures.
pub(crate) const THUMBNAILS: Table<ThumbnailKey, BlobRow> = Table::new("media_thumbnails");
/// Identifiers that a person has reserved without uploading yet, and until when.
pub(crate) const RESERVED: Table<(String, String), Timestamp> = Table::new("media_reserved");
/// How many times a person has reserved: of two nodes at it at once, one must count again.
pub(crate) const RESERVING: Table<String, u64> = Table::new("media_reserving");
/// Blobs that were begun and belong to no row yet.
pub(crate) const BEGUN: Table<String, Begun> = Table::new("media_uploads");
/// The same, as the first version wrote them.
pub(crate) const BEGUN_AT_FIRST: Table<String, ()> = Table::new("media_begun");

/// Media that an administrator withholds from everybody.
pub(crate) const QUARANTINED: Table<String, QuarantineRow> = Table::new("media_quarantined");
/// Media that is not to be withheld with others.
pub(crate) const PROTECTED: Table<String, ()> = Table::new("media_protected");

/// Media, width, height, fit.
pub(crate) type ThumbnailKey = (String, u64, u64, [u8; 1]);

/// A blob that belongs to no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Begun {
    /// Somebody writes it since then, by their clock.
    Since(Timestamp),
    /// It will be removed, whoever may still write it.
    GivenUp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum MediaRow {
    Reserved { uploader: OwnedUserId, expires: Timestamp },
    Stored { uploader: OwnedUserId, created: Timestamp, blob: BlobRow },
}

/// A sealed blob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BlobRow {
    /// Its name in the storage.
    pub(crate) name: String,
    /// Bytes of the content.
    pub(crate) size: u64,
    /// The blob's key, sealed under the uploader's key.
    pub(crate) wrapped: Vec<u8>,
    /// [`Details`], sealed likewise.
    pub(crate) details: Vec<u8>,
}

/// Media that is withheld.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct QuarantineRow {
    /// Who withheld it.
    pub(crate) by: String,
}

/// What the uploader said of the content, and its fingerprint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) content_type: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) sha256: [u8; 32],
}
