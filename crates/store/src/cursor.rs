//! Cursors of consumers that must do their work once, whichever node they run on.

use base::number::LogPosition;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::snapshot::Reader;
use crate::table::Table;

/// How far each consumer has come.
const CURSORS: Table<String, u64> = Table::new("cursors");

/// A consumer's place in the log. Every node may run the consumer: what it does for a stretch of
/// the log goes into one batch with the step of the cursor, and of two nodes that did the same
/// stretch the second's batch is refused as a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(&'static str);

impl Cursor {
    /// The cursor of the consumer of this name.
    pub const fn new(consumer: &'static str) -> Self {
        Self(consumer)
    }

    /// How far the consumer has come; the log's beginning when it never ran.
    pub async fn position(&self, store: &impl Reader) -> Result<LogPosition, StoreError> {
        let position = CURSORS.get(store, &self.0.to_owned()).await?;
        Ok(LogPosition(position.unwrap_or_default()))
    }

    /// The batch is refused unless the consumer still stands at `from`; it then stands at `to`.
    pub fn step(
        &self,
        batch: &mut Batch,
        from: LogPosition,
        to: LogPosition,
    ) -> Result<(), StoreError> {
        let key = self.0.to_owned();
        match from {
            LogPosition(0) => CURSORS.check_absent(batch, &key),
            LogPosition(from) => CURSORS.check_equals(batch, &key, &from)?,
        }
        CURSORS.put(batch, &key, &to.0)
    }
}
