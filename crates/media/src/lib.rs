//! Media: what people upload, kept sealed, streamed both ways, never whole in memory.
//!
//! Content is a *blob*, sealed in chunks under a key of its own, which is wrapped under the
//! uploader's key: destroying that key makes the content unreadable in every copy. A row says
//! what the blob is. The blob is written first, so a row never points at nothing; a blob that
//! was begun and has no row is on record and removed at the next start.
//!
//! The attackers here are the thief of a disk, who may also exchange, cut or reorder blobs, and
//! the uploader of a file made to exhaust whoever makes its thumbnail.

mod blob;
mod error;
mod file;
mod media;
mod picture;
mod reserve;
mod tables;
mod thumbnail;

pub use error::MediaError;
pub use file::{Download, FileInfo, MediaId};
pub use media::{Media, Settings};
pub use picture::{Fit, Size};
pub use reserve::Reservation;
