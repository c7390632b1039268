//! Forgetting what other nodes destroyed: the keyring's log tells whose key is gone.
//!
//! The log holds destructions and nothing else, so it is nearly always followed to its end and
//! looking costs one comparison. It is read by whoever asks for a key next, before any remembered
//! one is given out: a node that knows of a destruction uses that key no more, and one whose keyring
//! cannot be read refuses rather than guesses. Nothing runs beside the requests.

use std::sync::atomic::Ordering;

use base::number::LogPosition;
use store::{Batch, CodecError, Key, KeyReader};

use crate::error::VaultError;
use crate::keyring::{Owner, Vault};

/// Records read at a time.
const PAGE: usize = 512;

/// Adds to a batch that the owner's key is destroyed by it.
pub(crate) fn record_destruction(batch: &mut Batch, owner: &Owner) {
    batch.log(owner.to_bytes());
}

impl Vault {
    /// Learns of every key that any node has destroyed until now. Without it a node learns of it
    /// within a second.
    pub async fn catch_up(&self) -> Result<(), VaultError> {
        self.0.keyring.catch_up().await?;
        self.follow().await
    }

    /// Forgets the keys that were destroyed, as far as this node knows of it.
    pub(crate) async fn follow(&self) -> Result<(), VaultError> {
        let inner = &self.0;
        let end = inner.keyring.log_end();
        if inner.followed.load(Ordering::SeqCst) >= end.0 {
            return Ok(());
        }
        // Whoever has read a key and not yet remembered it is waited for.
        let _exclusive = inner.destruction.write().await;
        loop {
            let after = LogPosition(inner.followed.load(Ordering::SeqCst));
            let entries = inner.keyring.read_log(after, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            for entry in &entries {
                match owner(&entry.record) {
                    Ok(owner) => inner.known.invalidate(&owner),
                    // Of a newer version: whatever it says, the store says it too.
                    Err(_) => inner.known.invalidate_all(),
                }
            }
            inner.followed.store(last.position.0, Ordering::SeqCst);
            if last.position >= end {
                return Ok(());
            }
        }
    }
}

fn owner(record: &[u8]) -> Result<Owner, CodecError> {
    Owner::read(&mut KeyReader::new(record))
}
