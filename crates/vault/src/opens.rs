//! Whether a keyring opens what it should: for the verification of a backup.

use ruma_common::OwnedUserId;
use serde::Deserialize;
use store::{CodecError, Direction, Key, KeyReader, Prefix, StoreError};

use crate::error::VaultError;
use crate::keyring::{Found, KEYS, Owner, Vault};
use crate::sealing::Place;

/// Keys read at a time.
const PAGE: usize = 512;

impl Vault {
    /// Unwraps every key of the keyring; how many there are. Destroyed ones count too.
    pub async fn unwrap_all(&self) -> Result<u64, VaultError> {
        let (mut count, mut part) = (0, Prefix::all());
        loop {
            let keys = KEYS.scan(self.keyring(), &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = keys.last() else { return Ok(count) };
            part = Prefix::all().after(last);
            for (owner, _) in &keys {
                self.find(owner).await?;
                count += 1;
            }
        }
    }

    /// Opens a row as it stands in a sealed table whose keys begin with a person. A row of whom the
    /// key was destroyed is in order too.
    pub async fn opens(
        &self,
        table: &'static str,
        key: &[u8],
        row: &[u8],
    ) -> Result<(), VaultError> {
        let codec = |source| VaultError::Store(StoreError::Codec { table, source });
        let person = String::read(&mut KeyReader::new(key)).map_err(codec)?;
        let person: OwnedUserId = person.try_into().map_err(|_| codec(CodecError::Text))?;
        let owner = Owner::Person(person);
        let (_, row) = row.split_first().ok_or_else(|| codec(CodecError::Length))?;
        let Sealed(sealed) = postcard::from_bytes(row).map_err(|error| codec(error.into()))?;
        match self.find(&owner).await? {
            Found::Key(sealing) => sealing.open(Place { table, key }, sealed).map(drop),
            Found::Destroyed => Ok(()),
            Found::Absent => Err(VaultError::Missing(owner)),
        }
    }
}

/// A sealed value as it stands in its row.
#[derive(Deserialize)]
struct Sealed<'a>(#[serde(borrow)] &'a [u8]);
