//! A change as a value: checks, operations and log records, applied together or not at all.

/// A condition on what the store holds when the batch is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// The key is not there.
    Absent { table: &'static str, key: Vec<u8> },
    /// The key holds exactly this value.
    Equals { table: &'static str, key: Vec<u8>, value: Vec<u8> },
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Sets a key.
    Put { table: &'static str, key: Vec<u8>, value: Vec<u8> },
    /// Removes a key, if it is there.
    Delete { table: &'static str, key: Vec<u8> },
    /// Removes all keys from `from` (included) to `to` (excluded; `None` is the table's end).
    DeleteRange { table: &'static str, from: Vec<u8>, to: Option<Vec<u8>> },
    /// Adds to a counter (big-endian `i64`; absent counts as 0). Two batches that add never conflict.
    Add { table: &'static str, key: Vec<u8>, amount: i64 },
}

/// A row whose key is `prefix` and the log position of the batch's `record`th record, which is
/// known inside the commit only: an index into the log. Such rows come after all operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AtLog {
    pub(crate) table: &'static str,
    pub(crate) prefix: Vec<u8>,
    pub(crate) record: usize,
    pub(crate) value: Vec<u8>,
}

/// Checks, operations and log records. Built through [`crate::Table`], which knows the encodings.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) checks: Vec<Check>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) at_log: Vec<AtLog>,
    pub(crate) log: Vec<Vec<u8>>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a record to the shard's log; its position is given inside the commit.
    pub fn log(&mut self, record: Vec<u8>) -> &mut Self {
        self.log.push(record);
        self
    }

    /// Whether committing would change nothing.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.at_log.is_empty() && self.log.is_empty()
    }

    /// Adds everything that `other` holds after what is here.
    pub fn append(&mut self, other: Self) -> &mut Self {
        let shift = self.log.len();
        self.checks.extend(other.checks);
        self.operations.extend(other.operations);
        let shifted = |row: AtLog| AtLog { record: row.record + shift, ..row };
        self.at_log.extend(other.at_log.into_iter().map(shifted));
        self.log.extend(other.log);
        self
    }
}
