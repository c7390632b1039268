//! What is said over the control socket: lines of JSON.

use serde::{Deserialize, Serialize};
use transfer::{Step, Summary, Target};

/// Bytes of a line at most.
pub(super) const LINE: u64 = 1 << 20;

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// A backup.
    Backup {
        /// Where it goes.
        target: Target,
        /// What is done about media.
        media: Media,
    },
    /// That the log is read through.
    Verify,
}

/// What a backup does about media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Media {
    /// They are in it.
    Copy,
    /// They are left to their own store.
    Skip,
}

/// How it goes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// How far it is.
    Step(Step),
    /// The backup is whole.
    BackedUp(Summary),
    /// The log is whole, and has so many records.
    Verified(u64),
    /// It did not come to its end.
    Failed(String),
}
