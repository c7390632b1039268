//! A typed table whose values are sealed under their owner's key.
//!
//! Keys stay readable, so they must carry nothing that a person wrote. Once an owner's key is
//! destroyed their rows read as absent.

use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use store::{Batch, Direction, Entry, Key, Prefix, Reader, StoreError, Table};

use crate::error::VaultError;
use crate::keyring::{Found, Owner, Vault};
use crate::sealing::{Place, SealingKey};

/// A table of sealed values, declared once by the crate that owns it.
pub struct SealedTable<K, V> {
    rows: Table<K, Sealed>,
    values: std::marker::PhantomData<fn() -> V>,
}

/// Which rows a scan reads.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The part of the table.
    pub part: &'a Prefix,
    /// From which end.
    pub direction: Direction,
    /// How many rows at most.
    pub limit: usize,
}

/// A value as it is stored.
struct Sealed(Vec<u8>);

impl<K: Key, V: Serialize + DeserializeOwned> SealedTable<K, V> {
    /// Declares a table.
    pub const fn new(name: &'static str) -> Self {
        Self { rows: Table::new(name), values: std::marker::PhantomData }
    }

    /// The table's name.
    pub const fn name(&self) -> &'static str {
        self.rows.name()
    }

    /// The value of one key.
    pub async fn get(
        &self,
        store: &impl Reader,
        vault: &Vault,
        owner: &Owner,
        key: &K,
    ) -> Result<Option<V>, VaultError> {
        let row = self.rows.get(store, key).await?;
        let mut open = self.opener(vault, owner, row.is_some()).await?;
        row.map(|row| open(key, &row)).transpose().map(Option::flatten)
    }

    /// The values of many keys of one owner, in the order asked.
    pub async fn get_many(
        &self,
        store: &impl Reader,
        vault: &Vault,
        owner: &Owner,
        keys: &[K],
    ) -> Result<Vec<Option<V>>, VaultError> {
        let rows = self.rows.get_many(store, keys).await?;
        let mut open = self.opener(vault, owner, rows.iter().any(Option::is_some)).await?;
        let open_one = |(key, row): (&K, Option<Sealed>)| match row {
            Some(row) => open(key, &row),
            None => Ok(None),
        };
        keys.iter().zip(rows).map(open_one).collect()
    }

    /// A page of rows that belong to one owner.
    pub async fn scan(
        &self,
        store: &impl Reader,
        vault: &Vault,
        owner: &Owner,
        page: Page<'_>,
    ) -> Result<Vec<Entry<K, V>>, VaultError> {
        let rows = self.rows.scan(store, page.part, page.direction, page.limit).await?;
        let mut open = self.opener(vault, owner, !rows.is_empty()).await?;
        let mut out = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            if let Some(value) = open(&key, &row)? {
                out.push((key, value));
            }
        }
        Ok(out)
    }

    /// Every row of a part of the table that belongs to one owner. For parts known to be small.
    pub async fn all(
        &self,
        store: &impl Reader,
        vault: &Vault,
        owner: &Owner,
        part: &Prefix,
    ) -> Result<Vec<Entry<K, V>>, VaultError> {
        self.scan(
            store,
            vault,
            owner,
            Page { part, direction: Direction::Forward, limit: usize::MAX },
        )
        .await
    }

    /// Adds a write to the batch, sealed under the owner's key.
    pub fn put(
        &self,
        batch: &mut Batch,
        sealing_key: &SealingKey,
        key: &K,
        value: &V,
    ) -> Result<(), VaultError> {
        let plain = postcard::to_allocvec(value).map_err(|error| self.codec(error))?;
        let bytes = key.to_bytes();
        let sealed = sealing_key.seal(Place { table: self.name(), key: &bytes }, &plain)?;
        Ok(self.rows.put(batch, key, &Sealed(sealed))?)
    }

    /// Adds a removal to the batch.
    pub fn delete(&self, batch: &mut Batch, key: &K) {
        self.rows.delete(batch, key);
    }

    /// Adds the removal of a part of the table to the batch.
    pub fn delete_range(&self, batch: &mut Batch, part: Prefix) {
        self.rows.delete_range(batch, part);
    }

    /// The batch is refused unless the key is not there.
    pub fn check_absent(&self, batch: &mut Batch, key: &K) {
        self.rows.check_absent(batch, key);
    }

    /// What opens this owner's rows; everything is absent once their key is destroyed.
    async fn opener(
        &self,
        vault: &Vault,
        owner: &Owner,
        needed: bool,
    ) -> Result<impl FnMut(&K, &Sealed) -> Result<Option<V>, VaultError>, VaultError> {
        let found = if needed { vault.find(owner).await? } else { Found::Destroyed };
        let sealing_key = match found {
            Found::Key(key) => Some(key),
            Found::Destroyed => None,
            Found::Absent => return Err(VaultError::Missing(owner.clone())),
        };
        Ok(move |key: &K, row: &Sealed| {
            let Some(sealing_key) = &sealing_key else { return Ok(None) };
            let bytes = key.to_bytes();
            let plain = sealing_key.open(Place { table: self.name(), key: &bytes }, &row.0)?;
            postcard::from_bytes(&plain).map(Some).map_err(|error| self.codec(error))
        })
    }

    fn codec(&self, error: postcard::Error) -> VaultError {
        VaultError::Store(StoreError::Codec { table: self.name(), source: error.into() })
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Sealed;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Sealed, E> {
                Ok(Sealed(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}
