//! All rows of a store, in order, a page at a time.

use store::{Snapshot, StoreError};

use crate::mark::{self, Place};

/// Rows read at a time at most.
const ROWS: usize = 1024;
/// Bytes that a page should have.
const BYTES: usize = 4 << 20;

/// Rows of one table, in order of their keys.
pub(crate) struct Page {
    pub(crate) table: String,
    pub(crate) rows: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Reads a snapshot through: tables by name, rows by key.
pub(crate) struct Pages<'a> {
    view: &'a Snapshot,
    tables: std::vec::IntoIter<String>,
    table: Option<String>,
    after: Option<Vec<u8>>,
    /// Rows of the next page: as many as have the right size if they are like those before.
    limit: usize,
}

impl<'a> Pages<'a> {
    /// Every row after a place; from the first row on where none is given.
    pub(crate) async fn after(
        view: &'a Snapshot,
        place: Option<&Place>,
    ) -> Result<Self, StoreError> {
        let mut tables = view.tables().await?;
        tables.retain(|table| !mark::is_mark(table) && place.is_none_or(|(last, _)| table >= last));
        let mut tables = tables.into_iter();
        let table = tables.next();
        let after = place.filter(|(last, _)| table.as_ref() == Some(last));
        let after = after.map(|(_, key)| key.clone());
        Ok(Self { view, tables, table, after, limit: ROWS })
    }

    /// The next page; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Page>, StoreError> {
        // An embedded engine answers at once: whoever else waits on this thread has their turn.
        tokio::task::yield_now().await;
        while let Some(table) = &self.table {
            let rows = self.view.rows(table, self.after.as_deref(), self.limit).await?;
            if let Some((key, _)) = rows.last() {
                self.after = Some(key.clone());
                let bytes: usize = rows.iter().map(|(key, value)| key.len() + value.len()).sum();
                self.limit = (BYTES * rows.len() / bytes.max(1)).clamp(16, ROWS);
                return Ok(Some(Page { table: table.clone(), rows }));
            }
            (self.table, self.after) = (self.tables.next(), None);
        }
        Ok(None)
    }
}

impl Page {
    pub(crate) fn bytes(&self) -> u64 {
        self.rows.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }
}
