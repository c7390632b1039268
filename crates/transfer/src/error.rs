//! Why something could not be moved.

use std::path::{Path, PathBuf};

use media::MediaError;
use store::{CommitError, StoreError};
use vault::VaultError;

use crate::inspect::Fault;
use crate::survey::Difference;

/// A copy, a backup, a restore or a check that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The store is being filled and the filling has not come to its end.
    #[error(
        "the store is the target of a {purpose} that has not come to its end: start it again, \
         and it goes on; until then the store must not be used"
    )]
    Unfinished {
        /// Of what.
        purpose: &'static str,
    },
    /// The target holds something already.
    #[error("the target holds data already ({table} and maybe more): only an empty one is filled")]
    NotEmpty {
        /// A table that has rows.
        table: String,
    },
    /// The target is half filled, from something else.
    #[error(
        "the target holds an unfinished {purpose} of something else, or its source changed since: \
         empty the target and begin again"
    )]
    AnotherOrigin {
        /// Of what.
        purpose: &'static str,
    },
    /// The source was written to while it was copied.
    #[error(
        "the source was written to while it was copied: stop every server that uses it, empty the \
         target and begin again"
    )]
    SourceMoved,
    /// What came to the target is not what was sent.
    #[error("the target does not hold what was sent: {}", sentences(.0))]
    Differs(Vec<Difference>),
    /// A directory cannot be used for a backup.
    #[error("{}: {reason}", .path.display())]
    Place {
        /// Which directory or file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A file does not read or write.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The backup is damaged, or is none.
    #[error("the backup is not whole:\n  {}", lines(.0))]
    Damaged(Vec<Fault>),
    /// The backup is of another server.
    #[error("the backup is of {found}, this server is {expected}")]
    AnotherServer {
        /// Whose backup it is.
        found: String,
        /// Who this server is.
        expected: String,
    },
    /// A table has a name, or a row a size, that a backup does not carry.
    #[error("table {table:?}: {reason}")]
    Unsuited {
        /// Which table.
        table: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The log misses a record.
    #[error("the log has a gap: after {after} comes {found}")]
    Gap {
        /// The last position before the gap.
        after: u64,
        /// The next one.
        found: u64,
    },
    /// A record of the log is not one.
    #[error("the log's record at {position} does not read: {reason}")]
    Record {
        /// Where it stands.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// A blob is there with other content.
    #[error("media {name} is in the target already, with other content")]
    BlobDiffers {
        /// Its name.
        name: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Media failed.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The keyring failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl TransferError {
    pub(crate) fn place(path: &Path, reason: impl Into<String>) -> Self {
        Self::Place { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

impl From<CommitError> for TransferError {
    /// A batch of ours checks one thing only: that nobody else fills the same target.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => Self::Store(error),
            CommitError::Conflict { table } => Self::NotEmpty { table: table.to_owned() },
        }
    }
}

fn sentences(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}
