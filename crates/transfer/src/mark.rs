//! The mark on a store that is being filled: whoever would use it looks for it first.
//!
//! It says from what the store is filled and how far, and is written together with the rows, so
//! that a filling that was killed goes on exactly where it was.

use serde::{Deserialize, Serialize};
use store::{Batch, RawRow, Snapshot, Store, StoreError, Table};

use crate::checksum::Checksum;
use crate::error::TransferError;

/// The mark, in a store that is being filled; nothing in every other.
const MARK: Table<(), Mark> = Table::new("copy");
/// The store's own table of its format, which is in an empty store too.
const SCHEMA: &str = "schema";

/// Why a store is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// With another store's rows.
    Copy,
    /// With a backup's rows.
    Restore,
}

/// A row's place: its table and its key. Places sort as rows are read.
pub(crate) type Place = (String, Vec<u8>);

/// What is known of a filling.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) purpose: Purpose,
    /// Stands for all that the source holds: a source that changed is another one.
    pub(crate) origin: [u8; 32],
    /// The last row that is there: all before it are.
    pub(crate) upto: Option<Place>,
}

/// Refuses a store that is being filled: what it holds is half of something.
pub async fn refuse_unfinished(store: &Store) -> Result<(), TransferError> {
    match MARK.get(store, &()).await? {
        Some(mark) => Err(TransferError::Unfinished { purpose: mark.purpose.name() }),
        None => Ok(()),
    }
}

/// Whether a table is the mark's.
pub(crate) fn is_mark(table: &str) -> bool {
    table == MARK.name()
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Restore => "restore",
        }
    }
}

impl Mark {
    /// Marks an empty store; or finds the mark of the same filling, begun before.
    pub(crate) async fn begin(
        store: &Store,
        purpose: Purpose,
        origin: &Checksum,
    ) -> Result<Self, TransferError> {
        if let Some(mark) = MARK.get(store, &()).await? {
            return if mark.purpose == purpose && mark.origin == *origin.bytes() {
                Ok(mark)
            } else {
                Err(TransferError::AnotherOrigin { purpose: mark.purpose.name() })
            };
        }
        require_empty(&store.snapshot().await?).await?;
        let mark = Self { purpose, origin: *origin.bytes(), upto: None };
        let mut batch = Batch::new();
        MARK.check_absent(&mut batch, &());
        MARK.put(&mut batch, &(), &mark)?;
        store.commit(batch).await?;
        Ok(mark)
    }

    /// The mark as a row, to be written together with the rows that it tells of.
    pub(crate) fn row(&self) -> Result<RawRow, StoreError> {
        MARK.raw(&(), self)
    }

    /// Takes the mark away: the store is whole.
    pub(crate) async fn remove(store: &Store) -> Result<(), TransferError> {
        let mut batch = Batch::new();
        MARK.delete(&mut batch, &());
        store.commit(batch).await?;
        Ok(())
    }
}

async fn require_empty(view: &Snapshot) -> Result<(), TransferError> {
    let tables = view.tables().await?;
    match tables.into_iter().find(|table| table != SCHEMA) {
        Some(table) => Err(TransferError::NotEmpty { table }),
        None => Ok(()),
    }
}
