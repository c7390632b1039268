//! Moving a server: copies between stores, backups, restores, and the proof that they are whole.
//!
//! Rows are moved as they are: sealed rows stay sealed, and nothing here knows what they mean. A
//! store that is being filled carries a mark until it is whole; whoever would use one asks
//! [`refuse_unfinished`] first.
//!
//! The attackers here are the thief of a backup, who must find noise, and whoever can write into
//! its directory: nothing there is followed, believed or measured by what it says of itself.

mod backup;
mod blobs;
mod checksum;
mod copy;
mod error;
mod fill;
mod folder;
mod inspect;
mod log;
mod manifest;
mod mark;
mod media_part;
mod pages;
mod progress;
mod restore;
mod segment;
mod survey;
mod verify;

pub use backup::{Source, Summary, Target, back_up};
pub use blobs::{BlobCount, copy_blobs};
pub use checksum::Checksum;
pub use copy::copy;
pub use error::TransferError;
pub use inspect::Fault;
pub use log::check_log;
pub use manifest::{Manifest, MediaPart, Part};
pub use mark::refuse_unfinished;
pub use progress::{Phase, Progress, Step};
pub use restore::{Destination, restore};
pub use survey::{Difference, Survey, Tally};
pub use verify::{Halves, Opened, Opening, Verified, verify};
