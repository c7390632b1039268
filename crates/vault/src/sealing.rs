//! Sealing one record: XChaCha20-Poly1305 under a key derived for the record's place.
//!
//! The record's key is HKDF-SHA256 of the owner's key over the place, the nonce is random, and
//! the place is associated data besides. So a record opens where it was sealed and nowhere else,
//! and no key ever meets enough nonces for two of them to be alike.

use std::sync::Arc;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::VaultError;

/// First byte of everything sealed: the format.
const VERSION: u8 = 1;
/// First byte of everything left clear, where sealing is off.
const CLEAR: u8 = 0;
/// First byte of what a mark is derived from: no record's key is derived from such.
const MARK: u8 = 0xff;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Where a sealed record stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table's name.
    pub table: &'static str,
    /// The row's key, as bytes.
    pub key: &'a [u8],
}

/// A key that seals and opens records. Cheap to clone; wiped when the last clone goes.
#[derive(Clone)]
pub struct SealingKey(pub(crate) Kind);

/// Whether a key seals at all.
#[derive(Clone)]
pub(crate) enum Kind {
    /// It does.
    Sealing(Arc<Hkdf<Sha256>>),
    /// It leaves everything readable: [`crate::Sealing::Off`].
    Clear,
}

impl SealingKey {
    pub(crate) fn new(raw: &[u8; 32]) -> Self {
        Self(Kind::Sealing(Arc::new(Hkdf::new(None, raw))))
    }

    pub(crate) fn clear() -> Self {
        Self(Kind::Clear)
    }

    /// Seals `plain` for `place`: 41 bytes longer than it was.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Kind::Sealing(key) = &self.0 else { return Ok([&[CLEAR], plain].concat()) };
        let nonce = base::random::bytes::<NONCE>();
        let mut out = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
        out.push(VERSION);
        out.extend(nonce);
        out.extend(plain);
        let context = place.context();
        let failed = |_| VaultError::Sealed { table: place.table };
        let (_, body) = out.split_at_mut(1 + NONCE);
        let tag = cipher(key, &context, place)?
            .encrypt_inout_detached(&XNonce::from(nonce), &context, body.into())
            .map_err(failed)?;
        out.extend(tag);
        Ok(out)
    }

    /// What stands for a place: always the same, and nobody without the key finds the place by it.
    pub fn mark(&self, place: Place<'_>) -> Result<[u8; 16], VaultError> {
        let mut context = place.context();
        if let Some(first) = context.first_mut() {
            *first = MARK;
        }
        let mut mark = [0; 16];
        match &self.0 {
            Kind::Sealing(key) => key
                .expand(&context, &mut mark)
                .map_err(|_| VaultError::Sealed { table: place.table })?,
            Kind::Clear => {
                mark.iter_mut().zip(Sha256::digest(&context)).for_each(|(to, from)| *to = from);
            }
        }
        Ok(mark)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let refused = || VaultError::Sealed { table: place.table };
        let Kind::Sealing(key) = &self.0 else {
            return sealed.strip_prefix(&[CLEAR]).map(<[u8]>::to_vec).ok_or_else(refused);
        };
        let ([VERSION], rest) = sealed.split_first_chunk::<1>().ok_or_else(refused)? else {
            return Err(refused());
        };
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(refused)?;
        let (body, tag) = rest.split_last_chunk::<TAG>().ok_or_else(refused)?;
        let mut plain = body.to_vec();
        let context = place.context();
        cipher(key, &context, place)?
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &context,
                plain.as_mut_slice().into(),
                &(*tag).into(),
            )
            .map_err(|_| refused())?;
        Ok(plain)
    }
}

fn cipher(
    key: &Hkdf<Sha256>,
    context: &[u8],
    place: Place<'_>,
) -> Result<XChaCha20Poly1305, VaultError> {
    let mut record = Zeroizing::new([0; 32]);
    key.expand(context, record.as_mut()).map_err(|_| VaultError::Sealed { table: place.table })?;
    Ok(XChaCha20Poly1305::new((&*record).into()))
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

impl Place<'_> {
    /// The place as bytes, which no other place shares: table names hold no zero byte.
    pub(crate) fn context(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2 + self.table.len() + self.key.len());
        out.push(VERSION);
        out.extend(self.table.as_bytes());
        out.push(0);
        out.extend(self.key);
        out
    }
}
