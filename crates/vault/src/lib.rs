//! Keys that seal what is stored, and the server's signing key.
//!
//! Every person, and every room, has a random 256-bit key in the *keyring*: a store of its own,
//! apart from the data and its backups, in which each key is wrapped by the key-encryption key.
//! What a person wrote is sealed under their key with the table and key as associated data, so a
//! row moved elsewhere does not open. Destroying the key makes every copy unreadable.
//!
//! The attacker here is the thief of a disk or of a backup. A raw key never leaves this crate.

mod error;
mod follow;
mod keyring;
mod master;
mod opens;
mod sealed_table;
mod sealing;
mod signing;
mod stream;

pub use error::VaultError;
pub use keyring::{Owner, Sealing, Vault};
pub use master::KeyEncryptionKey;
pub use sealed_table::{Page, SealedTable};
pub use sealing::{Place, SealingKey};
pub use stream::{CHUNK, Chunks, Opener, SEALED_CHUNK, Sealer};
