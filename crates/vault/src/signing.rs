//! The server's signing key: Ed25519, made once, sealed in the keyring.

use std::sync::Arc;

use ruma_signatures::Ed25519KeyPair;
use serde::{Deserialize, Serialize};
use store::{Batch, CommitError, Table};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::Vault;
use crate::sealing::Place;

/// The signing key in use.
const SIGNING_KEY: Table<(), SigningKeyRow> = Table::new("signing_key");

#[derive(Debug, Serialize, Deserialize)]
struct SigningKeyRow {
    /// What follows `ed25519:` in the key's identifier.
    version: String,
    /// PKCS#8 document, sealed.
    sealed: Vec<u8>,
}

impl Vault {
    /// The key with which the server signs events; made at first.
    pub async fn signing_key(&self) -> Result<Arc<Ed25519KeyPair>, VaultError> {
        let row = match SIGNING_KEY.get(self.keyring(), &()).await? {
            Some(row) => row,
            None => self.make_signing_key().await?,
        };
        let document = Zeroizing::new(self.master().open(place(&row.version), &row.sealed)?);
        let pair =
            Ed25519KeyPair::from_der(&document, row.version).map_err(|_| VaultError::SigningKey)?;
        Ok(Arc::new(pair))
    }

    async fn make_signing_key(&self) -> Result<SigningKeyRow, VaultError> {
        let version = base::random::base32::<8>();
        let sealed = self.master().seal(place(&version), &Ed25519KeyPair::generate())?;
        let row = SigningKeyRow { version, sealed };
        let mut batch = Batch::new();
        SIGNING_KEY.check_absent(&mut batch, &());
        SIGNING_KEY.put(&mut batch, &(), &row)?;
        match self.keyring().commit(batch).await {
            Ok(_) => Ok(row),
            Err(CommitError::Conflict { .. }) => {
                SIGNING_KEY.get(self.keyring(), &()).await?.ok_or(VaultError::SigningKey)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn place(version: &str) -> Place<'_> {
    Place { table: SIGNING_KEY.name(), key: version.as_bytes() }
}
