//! Media: what people upload, kept sealed, streamed both ways, never whole in memory.
//!
//! Content is a *blob*, sealed in chunks under a key of its own, which is wrapped under the
//! uploader's key: destroying that key makes the content unreadable in every copy. A row says
//! what the blob is. The blob is written first, so a row never points at nothing; a blob is on
//! record from before its beginning until a row takes it, and one that none takes is removed.
//!
//! Blobs lie in a directory or in a bucket of an S3 store ([`Storage`]). The nodes of a cluster
//! share it, and the rows: what one has stored, each gives out. A storage that does not answer is
//! an error of those who need it now, never of the server.
//!
//! The attackers here are the thief of a disk, who may also exchange, cut or reorder blobs, and
//! the uploader of a file made to exhaust whoever makes its thumbnail.

mod administration;
mod blobs;
mod draft;
mod error;
mod file;
mod media;
mod named;
mod outage;
mod picture;
mod reserve;
mod sealed;
mod storage;
mod sweep;
mod tables;
mod thumbnail;

pub use administration::{MediaInfo, Old, Withheld};
pub use blobs::{BlobEntry, BlobStream, Blobs};
pub use error::MediaError;
pub use file::{Download, FileInfo, MediaId};
pub use media::{Media, Settings};
pub use named::{NamedBlob, NamedBlobs};
pub use picture::{Fit, Size};
pub use reserve::Reservation;
pub use storage::{S3Settings, Storage};
