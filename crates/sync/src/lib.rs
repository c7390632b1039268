//! What is new for a person: `/sync`, from the log.
//!
//! A hub follows the log and marks, for each connected person, what moved; a sync waits for a mark
//! and tells what it stands for, exactly up to the position that its token names. Nothing polls and
//! nothing scans. Nothing here writes rooms, or knows of HTTP.
//!
//! `spec/content/client-server-api/_index.md`, "Syncing".

mod answer;
mod cell;
mod device_lists;
mod ephemeral;
mod error;
mod fields;
mod filter;
mod follow;
mod hub;
mod json;
mod make;
mod memory;
mod moment;
mod moved;
mod section;
mod service;
mod state;
mod summary;
mod timeline;
mod token;
mod typing;
mod unread;

pub use answer::{
    Answer, DeviceLists, JoinedRoom, KeysLeft, LeftRoom, State, Summary, Timeline, UnreadCounts,
};
pub use error::SyncError;
pub use filter::{Filter, RoomFilter};
pub use service::{Choice, Sync, SyncRequest};
pub use token::Token;
pub use unread::Counts;
