//! Reading: the store as it is, or as it was at one moment.

use crate::engine::{Rows, View};
use crate::error::StoreError;
use crate::store::Store;
use crate::table::{Direction, Prefix};

/// A consistent view of one moment, for short reads: an initial sync, a chunk of a backup.
pub struct Snapshot(pub(crate) View);

/// What can be read from: the store as it is, or a [`Snapshot`]. Used through [`crate::Table`].
pub trait Reader: Sync {
    /// The bytes of one key.
    fn read_one(
        &self,
        table: &'static str,
        key: &[u8],
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// The bytes of many keys, in the order asked.
    fn read_many(
        &self,
        table: &'static str,
        keys: Vec<Vec<u8>>,
    ) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, StoreError>> + Send;

    /// The rows of a part of a table.
    fn read_range(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> impl Future<Output = Result<Rows, StoreError>> + Send;

    /// The rows of many parts of a table, in the order asked; at most `limit` of each.
    fn read_ranges(
        &self,
        table: &'static str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Rows>, StoreError>> + Send;
}

impl Snapshot {
    /// Names of the tables that hold at least one row, sorted.
    pub async fn tables(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.0.tables().await?;
        names.sort_unstable();
        Ok(names)
    }

    /// At most `limit` rows of a table as they are, after the key `after`, in order of keys.
    pub async fn rows(
        &self,
        table: &str,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        // The smallest key after another is that key and a zero.
        let from = after.map_or_else(Vec::new, |key| [key, &[0]].concat());
        self.0.scan(table, &Prefix { from, to: None }, Direction::Forward, limit).await
    }
}

impl Reader for Snapshot {
    async fn read_one(
        &self,
        table: &'static str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key).await
    }

    async fn read_many(
        &self,
        table: &'static str,
        keys: Vec<Vec<u8>>,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.0.get_many(table, &keys).await
    }

    async fn read_range(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        self.0.scan(table, part, direction, limit).await
    }

    async fn read_ranges(
        &self,
        table: &'static str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Rows>, StoreError> {
        self.0.scan_each(table, parts, direction, limit).await
    }
}

impl Reader for Store {
    async fn read_one(
        &self,
        table: &'static str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.require_open()?;
        self.engine.get(table, key).await
    }

    async fn read_many(
        &self,
        table: &'static str,
        keys: Vec<Vec<u8>>,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.require_open()?;
        self.engine.get_many(table, &keys).await
    }

    async fn read_range(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        self.require_open()?;
        self.engine.scan(table, part, direction, limit).await
    }

    async fn read_ranges(
        &self,
        table: &'static str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Rows>, StoreError> {
        self.require_open()?;
        self.engine.scan_each(table, parts, direction, limit).await
    }
}
