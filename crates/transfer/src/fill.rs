//! Filling an empty store, row by row, in steps that survive being killed.

use store::{RawRow, Store};

use crate::checksum::Checksum;
use crate::error::TransferError;
use crate::mark::{Mark, Purpose};
use crate::progress::{Phase, Progress};
use crate::survey::Survey;

/// Rows written at a time at most.
const ROWS: usize = 4096;
/// Bytes written at a time, a row more or less.
const BYTES: usize = 4 << 20;

/// A store that is being filled. Rows come in order; what is written is written together with
/// how far it goes.
pub(crate) struct Filling<'a> {
    store: &'a Store,
    mark: Mark,
    waiting: Vec<RawRow>,
    bytes: usize,
}

impl<'a> Filling<'a> {
    /// Begins to fill an empty store, or goes on with what the same source began. `None` when the
    /// store is whole already, and holds just what is expected.
    pub(crate) async fn begin(
        store: &'a Store,
        purpose: Purpose,
        origin: &Checksum,
        (expected, progress): (&Survey, &Progress),
    ) -> Result<Option<Self>, TransferError> {
        match Mark::begin(store, purpose, origin).await {
            Ok(mark) => Ok(Some(Self { store, mark, waiting: Vec::new(), bytes: 0 })),
            Err(error @ TransferError::NotEmpty { .. }) => {
                let view = store.snapshot().await?;
                let alike = view.tables().await?.iter().eq(expected.0.keys());
                let phase = (Phase::Compare, Some(expected.bytes()));
                if alike && Survey::of(&view, progress, phase).await? == *expected {
                    Ok(None)
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The last row that is there already.
    pub(crate) fn upto(&self) -> Option<&(String, Vec<u8>)> {
        self.mark.upto.as_ref()
    }

    /// Whether a row is there already.
    pub(crate) fn has(&self, table: &str, key: &[u8]) -> bool {
        let upto = self.mark.upto.as_ref();
        upto.is_some_and(|(last, upto)| (table, key) <= (last.as_str(), upto.as_slice()))
    }

    /// Adds the next row.
    pub(crate) async fn put(
        &mut self,
        table: &str,
        key: Vec<u8>,
        value: Vec<u8>,
    ) -> Result<(), TransferError> {
        self.bytes += key.len() + value.len();
        self.waiting.push(RawRow { table: table.to_owned(), key, value });
        if self.bytes >= BYTES || self.waiting.len() >= ROWS {
            self.flush().await?;
        }
        Ok(())
    }

    /// Writes what waits, with the mark that says so.
    async fn flush(&mut self) -> Result<(), TransferError> {
        let Some(last) = self.waiting.last() else { return Ok(()) };
        self.mark.upto = Some((last.table.clone(), last.key.clone()));
        let mut rows = std::mem::take(&mut self.waiting);
        rows.push(self.mark.row()?);
        self.bytes = 0;
        Ok(self.store.import(rows).await?)
    }

    /// Writes the rest, and reads everything back: it must be what was expected.
    pub(crate) async fn check(
        &mut self,
        expected: &Survey,
        progress: &Progress,
    ) -> Result<(), TransferError> {
        self.flush().await?;
        self.store.finish_import().await?;
        let view = self.store.snapshot().await?;
        let phase = (Phase::Compare, Some(expected.bytes()));
        expected.require(&Survey::of(&view, progress, phase).await?)
    }

    /// Declares the store whole.
    pub(crate) async fn end(self) -> Result<(), TransferError> {
        Mark::remove(self.store).await
    }
}
