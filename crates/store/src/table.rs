//! Typed tables: declared once, by the crate that owns them.

use std::marker::PhantomData;
use std::ops::Bound;

use base::number::LogPosition;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::{AtLog, Batch, Check, Operation};
use crate::codec::{CodecError, Key, KeyReader};
use crate::committer::counter;
use crate::error::StoreError;
use crate::raw::RawRow;
use crate::snapshot::Reader;

/// Which way a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest key up.
    Forward,
    /// From the greatest key down.
    Backward,
}

/// One row.
pub type Entry<K, V> = (K, V);

/// A part of a table: all keys from `from` (included) to `to` (excluded; `None` is the end).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Option<Vec<u8>>,
}

impl Prefix {
    /// The whole table.
    pub fn all() -> Self {
        Self { from: Vec::new(), to: None }
    }

    /// All keys that begin with these parts.
    pub fn of(parts: &impl Key) -> Self {
        let from = parts.to_bytes();
        let to = successor(&from);
        Self { from, to }
    }

    /// Of these, only what sorts at or after `key`.
    #[must_use]
    pub fn from(mut self, key: &impl Key) -> Self {
        self.from = self.from.max(key.to_bytes());
        self
    }

    /// Of these, only what sorts strictly after `key` and everything that begins with it.
    #[must_use]
    pub fn after(mut self, key: &impl Key) -> Self {
        match successor(&key.to_bytes()) {
            Some(next) => self.from = self.from.max(next),
            // Nothing sorts after it, and nothing before the empty key.
            None => self.to = Some(Vec::new()),
        }
        self
    }

    /// Of these, only what sorts strictly before `key`.
    #[must_use]
    pub fn before(mut self, key: &impl Key) -> Self {
        let key = key.to_bytes();
        self.to = Some(self.to.map_or(key.clone(), |to| to.min(key)));
        self
    }

    /// The bounds of the bytes, unless no key lies between them.
    pub(crate) fn bounds(&self) -> Option<Bounds<'_>> {
        bounds(&self.from, self.to.as_deref())
    }
}

/// Where a range of keys begins and ends.
pub(crate) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// The bounds from `from` (included) to `to` (excluded), unless no key lies between them.
pub(crate) fn bounds<'a>(from: &'a [u8], to: Option<&'a [u8]>) -> Option<Bounds<'a>> {
    match to {
        Some(to) if to <= from => None,
        Some(to) => Some((Bound::Included(from), Bound::Excluded(to))),
        None => Some((Bound::Included(from), Bound::Unbounded)),
    }
}

/// The smallest byte string greater than all that begin with `bytes`.
fn successor(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|byte| *byte != 0xff)?;
    let mut out = bytes.get(..=last)?.to_vec();
    if let Some(byte) = out.last_mut() {
        *byte += 1;
    }
    Some(out)
}

/// A table: its name for ever, its key and its value. Values carry a version byte.
pub struct Table<K, V> {
    name: &'static str,
    version: u8,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Serialize + DeserializeOwned> Table<K, V> {
    /// Declares a table whose values are written in format 1.
    pub const fn new(name: &'static str) -> Self {
        Self { name, version: 1, types: PhantomData }
    }

    /// The same table with its values in another format: those of other formats are refused.
    #[must_use]
    pub const fn in_version(self, version: u8) -> Self {
        Self { version, ..self }
    }

    /// The table's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The value of one key.
    pub async fn get(&self, store: &impl Reader, key: &K) -> Result<Option<V>, StoreError> {
        let value = store.read_one(self.name, &key.to_bytes()).await?;
        value.map(|bytes| self.decode(&bytes)).transpose()
    }

    /// The values of many keys, in the order asked, in one round trip.
    pub async fn get_many(
        &self,
        store: &impl Reader,
        keys: &[K],
    ) -> Result<Vec<Option<V>>, StoreError> {
        let keys: Vec<_> = keys.iter().map(Key::to_bytes).collect();
        let values = store.read_many(self.name, keys).await?;
        values.into_iter().map(|value| value.map(|bytes| self.decode(&bytes)).transpose()).collect()
    }

    /// At most `limit` rows of a part of the table.
    pub async fn scan(
        &self,
        store: &impl Reader,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry<K, V>>, StoreError> {
        let rows = store.read_range(self.name, part, direction, limit).await?;
        rows.into_iter().map(|(key, value)| Ok((self.key(&key)?, self.decode(&value)?))).collect()
    }

    /// Every row of a part of the table. For parts that are known to be small.
    pub async fn all(
        &self,
        store: &impl Reader,
        part: &Prefix,
    ) -> Result<Vec<Entry<K, V>>, StoreError> {
        self.scan(store, part, Direction::Forward, usize::MAX).await
    }

    /// Every row of many parts of the table, in the order asked, in one round trip. For parts
    /// that are known to be small.
    pub async fn all_of(
        &self,
        store: &impl Reader,
        parts: &[Prefix],
    ) -> Result<Vec<Vec<Entry<K, V>>>, StoreError> {
        self.scan_each(store, parts, Direction::Forward, usize::MAX).await
    }

    /// The first or last `limit` rows of each of many parts of the table, in the order asked, in
    /// one round trip.
    pub async fn scan_each(
        &self,
        store: &impl Reader,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Vec<Entry<K, V>>>, StoreError> {
        let entry = |(key, value): (Vec<u8>, Vec<u8>)| Ok((self.key(&key)?, self.decode(&value)?));
        let found = store.read_ranges(self.name, parts, direction, limit).await?;
        found.into_iter().map(|rows| rows.into_iter().map(entry).collect()).collect()
    }

    /// Adds a write to the batch.
    pub fn put(&self, batch: &mut Batch, key: &K, value: &V) -> Result<(), StoreError> {
        let value = self.encode(value)?;
        batch.operations.push(Operation::Put { table: self.name, key: key.to_bytes(), value });
        Ok(())
    }

    /// Adds a removal to the batch.
    pub fn delete(&self, batch: &mut Batch, key: &K) {
        batch.operations.push(Operation::Delete { table: self.name, key: key.to_bytes() });
    }

    /// Adds the removal of a part of the table to the batch.
    pub fn delete_range(&self, batch: &mut Batch, part: Prefix) {
        let Prefix { from, to } = part;
        batch.operations.push(Operation::DeleteRange { table: self.name, from, to });
    }

    /// The batch is refused unless the key is not there.
    pub fn check_absent(&self, batch: &mut Batch, key: &K) {
        batch.checks.push(Check::Absent { table: self.name, key: key.to_bytes() });
    }

    /// The batch is refused unless the key holds `value`.
    pub fn check_equals(&self, batch: &mut Batch, key: &K, value: &V) -> Result<(), StoreError> {
        let value = self.encode(value)?;
        batch.checks.push(Check::Equals { table: self.name, key: key.to_bytes(), value });
        Ok(())
    }

    /// The batch is refused unless the key is as it was read.
    pub fn check(&self, batch: &mut Batch, key: &K, was: Option<&V>) -> Result<(), StoreError> {
        let Some(was) = was else {
            self.check_absent(batch, key);
            return Ok(());
        };
        self.check_equals(batch, key, was)
    }

    /// A row as it is stored, for [`crate::Store::import`].
    pub fn raw(&self, key: &K, value: &V) -> Result<RawRow, StoreError> {
        let (key, value) = (key.to_bytes(), self.encode(value)?);
        Ok(RawRow { table: self.name.to_owned(), key, value })
    }

    fn key(&self, bytes: &[u8]) -> Result<K, StoreError> {
        let mut reader = KeyReader::new(bytes);
        let key = K::read(&mut reader).and_then(|key| reader.finish().map(|()| key));
        key.map_err(|source| self.error(source))
    }

    pub(crate) fn encode(&self, value: &V) -> Result<Vec<u8>, StoreError> {
        postcard::to_extend(value, vec![self.version]).map_err(|error| self.error(error.into()))
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<V, StoreError> {
        match bytes.split_first() {
            Some((version, rest)) if *version == self.version => {
                postcard::from_bytes(rest).map_err(|error| self.error(error.into()))
            }
            Some((version, _)) => Err(self.error(CodecError::Version(*version))),
            None => Err(self.error(CodecError::Length)),
        }
    }

    fn error(&self, source: CodecError) -> StoreError {
        StoreError::Codec { table: self.name, source }
    }
}

impl<K: Key, V: Serialize + DeserializeOwned> Table<(K, LogPosition), V> {
    /// Adds a row whose key ends with the position of the record that the batch logged last.
    pub fn put_at_log(&self, batch: &mut Batch, key: &K, value: &V) -> Result<(), StoreError> {
        let value = self.encode(value)?;
        let last = batch.log.len().checked_sub(1);
        let record = last.ok_or(StoreError::NoRecord { table: self.name })?;
        let prefix = key.to_bytes();
        batch.at_log.push(AtLog { table: self.name, prefix, record, value });
        Ok(())
    }
}

/// A table of counters, changed by adding: two writers never conflict.
pub struct Counters<K> {
    name: &'static str,
    types: PhantomData<fn() -> K>,
}

impl<K: Key> Counters<K> {
    /// Declares a table of counters.
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// The counter's value; 0 when never added to.
    pub async fn get(&self, store: &impl Reader, key: &K) -> Result<i64, StoreError> {
        counter(self.name, store.read_one(self.name, &key.to_bytes()).await?.as_deref())
    }

    /// Adds to the counter.
    pub fn add(&self, batch: &mut Batch, key: &K, amount: i64) {
        batch.operations.push(Operation::Add { table: self.name, key: key.to_bytes(), amount });
    }

    /// Every counter of a part of the table. For parts that are known to be small.
    pub async fn all(
        &self,
        store: &impl Reader,
        part: &Prefix,
    ) -> Result<Vec<Entry<K, i64>>, StoreError> {
        let rows = store.read_range(self.name, part, Direction::Forward, usize::MAX).await?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            let mut reader = KeyReader::new(&key);
            let read = K::read(&mut reader).and_then(|key| reader.finish().map(|()| key));
            let read = read.map_err(|source| StoreError::Codec { table: self.name, source })?;
            Ok((read, counter(self.name, Some(&value))?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Adds the removal of a part of the table to the batch.
    pub fn delete_range(&self, batch: &mut Batch, part: Prefix) {
        batch.operations.push(Operation::DeleteRange {
            table: self.name,
            from: part.from,
            to: part.to,
        });
    }
}
