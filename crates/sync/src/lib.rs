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
mod first;
mod follow;
mod hub;
mod json;
mod make;
mod memory;
mod moment;
mod moved;
mod peek;
mod presence;
mod section;
mod service;
mod sliding;
mod state;
mod stream;
mod summary;
mod timeline;
mod token;
mod typing;
mod writer;

pub use answer::{
    Answer, DeviceLists, JoinedRoom, KeysLeft, LeftRoom, State, Summary, Timeline, UnreadCounts,
};
pub use attention::Counts;
pub use error::SyncError;
pub use filter::{Filter, RoomFilter};
pub use first::First;
pub use peek::{Peek, PeekRequest};
pub use service::{Choice, Reply, Sync, SyncRequest};
pub use sliding::request::{
    Detail, Extensions, Filters, Form, List, Questions, Scope, SlidingRequest, ToDevice,
};
pub use sliding::required::{Pattern, RequiredState};
pub use stream::{Stream, StreamRequest};
pub use token::Token;
