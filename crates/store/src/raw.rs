//! The raw face of the store: rows as they are, for copies and backups.

/// A row of any table, as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRow {
    /// The table's name.
    pub table: String,
    /// The key's bytes.
    pub key: Vec<u8>,
    /// The value's bytes, with its version byte.
    pub value: Vec<u8>,
}
