//! The keyring: who owns which key, and which keys are gone for ever.
//!
//! A destroyed key leaves a tombstone, so that the person's identifier never gets a new key
//! without anybody noticing. What was unwrapped is remembered; destroying forgets it at once, on
//! this node, and on the others as soon as they know of the record that it leaves in the log.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use base::number::RoomNo;
use moka::sync::Cache;
use ruma_common::OwnedUserId;
use serde::{Deserialize, Serialize};
use store::{Batch, CodecError, CommitError, Key, KeyReader, Store, Table};
use tokio::sync::RwLock;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::follow::record_destruction;
use crate::master::KeyEncryptionKey;
use crate::sealing::{Place, SealingKey};

/// Wrapped keys, by owner.
pub(crate) const KEYS: Table<Owner, KeyRow> = Table::new("keys");
/// A known text sealed by the key-encryption key: tells whether a given one is the right one.
const PROOF: Table<(), Vec<u8>> = Table::new("proof");
const PROOF_TEXT: &[u8] = b"chappe keyring";

/// How often a tombstone is written. A store that writes changed pages elsewhere leaves what they
/// held in the freed ones, until they are taken again: by these writes, of which a few would do.
const TOMBSTONES: usize = 32;

/// Unwrapped keys that are remembered.
const REMEMBERED: u64 = 1 << 16;

/// Whose key seals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A person: what they wrote.
    Person(OwnedUserId),
    /// A room: what belongs to everybody in it.
    Room(RoomNo),
    /// The server itself.
    Server,
}

/// Whether what is stored is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// It is.
    On,
    /// It is not: for the proof that a search of the disk finds what sealing hides. What was
    /// written with the one does not open with the other.
    Off,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum KeyRow {
    Wrapped(Vec<u8>),
    Destroyed,
}

/// What the keyring says about an owner.
#[derive(Clone)]
pub(crate) enum Found {
    Key(SealingKey),
    Destroyed,
    Absent,
}

/// The keys of a server. Cheap to clone: all clones are the same vault.
#[derive(Clone)]
pub struct Vault(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) keyring: Store,
    master: KeyEncryptionKey,
    sealing: Sealing,
    pub(crate) known: Cache<Owner, SealingKey>,
    /// Shared by who reads a key and remembers it, exclusive to who destroys one, or learns that
    /// another node has: a key read just before its destruction is not remembered after it.
    pub(crate) destruction: RwLock<()>,
    /// How far the keyring's log was followed.
    pub(crate) followed: AtomicU64,
}

impl Vault {
    /// Opens the keyring in `keyring`, refusing a key-encryption key that it was not made with.
    pub async fn open(keyring: Store, master: KeyEncryptionKey) -> Result<Self, VaultError> {
        Self::open_with(keyring, master, Sealing::On).await
    }

    /// As [`Self::open`], with sealing on or off.
    pub async fn open_with(
        keyring: Store,
        master: KeyEncryptionKey,
        sealing: Sealing,
    ) -> Result<Self, VaultError> {
        // Nothing is remembered yet, so nothing that was destroyed before is to be forgotten.
        let followed = AtomicU64::new(keyring.log_end().0);
        let (known, destruction) = (Cache::new(REMEMBERED), RwLock::default());
        let inner = Inner { keyring, master, sealing, known, destruction, followed };
        let vault = Self(Arc::new(inner));
        vault.prove_master().await?;
        Ok(vault)
    }

    /// The owner's key; made if there was none.
    pub async fn key(&self, owner: &Owner) -> Result<SealingKey, VaultError> {
        match self.find(owner).await? {
            Found::Key(key) => Ok(key),
            Found::Destroyed => Err(VaultError::Destroyed(owner.clone())),
            Found::Absent => self.make(owner).await,
        }
    }

    /// The owner's key, if they have one: not before the first was made, not after it was
    /// destroyed.
    pub async fn existing_key(&self, owner: &Owner) -> Result<Option<SealingKey>, VaultError> {
        Ok(match self.find(owner).await? {
            Found::Key(key) => Some(key),
            Found::Destroyed | Found::Absent => None,
        })
    }

    /// Destroys the owner's key: nothing sealed under it can be opened again, here or in any
    /// copy. Handles that were given out before still work until they are dropped.
    pub async fn destroy(&self, owner: &Owner) -> Result<(), VaultError> {
        let _exclusive = self.0.destruction.write().await;
        // Before anything is written: a commit whose answer is lost may have been made.
        self.0.known.invalidate(owner);
        for turn in 0..TOMBSTONES {
            let mut batch = Batch::new();
            KEYS.put(&mut batch, owner, &KeyRow::Destroyed)?;
            if turn == 0 {
                record_destruction(&mut batch, owner);
            }
            self.0.keyring.commit(batch).await?;
        }
        Ok(())
    }

    pub(crate) fn keyring(&self) -> &Store {
        &self.0.keyring
    }

    pub(crate) fn master(&self) -> &SealingKey {
        &self.0.master.0
    }

    pub(crate) async fn find(&self, owner: &Owner) -> Result<Found, VaultError> {
        self.follow().await?;
        if let Some(key) = self.0.known.get(owner) {
            return Ok(Found::Key(key));
        }
        let _shared = self.0.destruction.read().await;
        match KEYS.get(&self.0.keyring, owner).await? {
            Some(KeyRow::Wrapped(wrapped)) => Ok(Found::Key(self.unwrap(owner, &wrapped)?)),
            Some(KeyRow::Destroyed) => Ok(Found::Destroyed),
            None => Ok(Found::Absent),
        }
    }

    /// Makes the owner's first key. Of two that try at once one wins, and both get its key.
    async fn make(&self, owner: &Owner) -> Result<SealingKey, VaultError> {
        let raw = Zeroizing::new(base::random::bytes::<32>());
        let bytes = owner.to_bytes();
        let wrapped = self.master().seal(place(&bytes), raw.as_ref())?;
        let mut batch = Batch::new();
        KEYS.check_absent(&mut batch, owner);
        KEYS.put(&mut batch, owner, &KeyRow::Wrapped(wrapped))?;
        match self.0.keyring.commit(batch).await {
            Ok(_) | Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.find(owner).await? {
            Found::Key(key) => Ok(key),
            Found::Destroyed | Found::Absent => Err(VaultError::Destroyed(owner.clone())),
        }
    }

    /// Unwraps a key and remembers it. The caller holds the shared lock.
    fn unwrap(&self, owner: &Owner, wrapped: &[u8]) -> Result<SealingKey, VaultError> {
        let bytes = owner.to_bytes();
        let raw = Zeroizing::new(self.master().open(place(&bytes), wrapped)?);
        let raw = <&[u8; 32]>::try_from(raw.as_slice())
            .map_err(|_| VaultError::Sealed { table: KEYS.name() })?;
        let key = match self.0.sealing {
            Sealing::On => SealingKey::new(raw),
            Sealing::Off => SealingKey::clear(),
        };
        self.0.known.insert(owner.clone(), key.clone());
        Ok(key)
    }

    async fn prove_master(&self) -> Result<(), VaultError> {
        let place = Place { table: PROOF.name(), key: &[] };
        let proof = match PROOF.get(&self.0.keyring, &()).await? {
            Some(proof) => proof,
            None => self.make_proof(place).await?,
        };
        let text = self.master().open(place, &proof).map_err(|_| VaultError::WrongKey)?;
        if text == PROOF_TEXT { Ok(()) } else { Err(VaultError::WrongKey) }
    }

    /// The proof of a keyring that had none. Of two nodes that begin one, the first has the key.
    async fn make_proof(&self, place: Place<'_>) -> Result<Vec<u8>, VaultError> {
        let mut batch = Batch::new();
        PROOF.check_absent(&mut batch, &());
        PROOF.put(&mut batch, &(), &self.master().seal(place, PROOF_TEXT)?)?;
        match self.0.keyring.commit(batch).await {
            Ok(_) | Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        PROOF.get(&self.0.keyring, &()).await?.ok_or(VaultError::WrongKey)
    }
}

/// Where an owner's wrapped key stands.
fn place(owner: &[u8]) -> Place<'_> {
    Place { table: KEYS.name(), key: owner }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(user) => write!(f, "{user}"),
            Self::Room(room) => write!(f, "room number {room}"),
            Self::Server => f.write_str("the server"),
        }
    }
}

impl Key for Owner {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Server => [0].write(out),
            Self::Room(room) => ([1], *room).write(out),
            Self::Person(user) => ([2], user.to_string()).write(out),
        }
    }

    fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
        match <[u8; 1]>::read(reader)? {
            [0] => Ok(Self::Server),
            [1] => Ok(Self::Room(Key::read(reader)?)),
            [2] => {
                let user = String::read(reader)?;
                user.try_into().map(Self::Person).map_err(|_| CodecError::Text)
            }
            _ => Err(CodecError::Text),
        }
    }
}
