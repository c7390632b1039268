//! Sealing a stream: the STREAM construction over chunks, under a random key of its own.
//!
//! A file is too large to seal in one piece. Each chunk's nonce holds its number and whether it
//! is the last, so a stream that was truncated, extended, reordered or exchanged does not open.
//! The stream's key is random and wrapped under the owner's key for the stream's place.

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::Payload;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::sealing::{Place, SealingKey};

/// Bytes in each chunk but the last, before sealing.
pub const CHUNK: usize = 64 * 1024;
/// Bytes in each chunk but the last, after sealing.
pub const SEALED_CHUNK: usize = CHUNK + 16;

/// The nonce's part that the construction leaves to us. The key is used for one stream only.
const NONCE: [u8; 19] = [0; 19];

/// Seals a stream, chunk by chunk.
pub struct Sealer(EncryptorBE32<XChaCha20Poly1305>);

/// Opens a sealed stream, chunk by chunk.
pub struct Opener(DecryptorBE32<XChaCha20Poly1305>);

impl SealingKey {
    /// Begins a sealed stream: what seals it, and its wrapped key, to be kept at `place`.
    pub fn seal_stream(&self, place: Place<'_>) -> Result<(Sealer, Vec<u8>), VaultError> {
        let raw = Zeroizing::new(base::random::bytes::<32>());
        let wrapped = self.seal(place, raw.as_ref())?;
        Ok((Sealer(EncryptorBE32::new((&*raw).into(), &NONCE.into())), wrapped))
    }

    /// What opens the stream whose wrapped key is kept at `place`.
    pub fn open_stream(&self, place: Place<'_>, wrapped: &[u8]) -> Result<Opener, VaultError> {
        let raw = Zeroizing::new(self.open(place, wrapped)?);
        let key = <&[u8; 32]>::try_from(raw.as_slice()).map_err(|_| VaultError::Stream)?;
        Ok(Opener(DecryptorBE32::new(key.into(), &NONCE.into())))
    }
}

impl Sealer {
    /// Seals a chunk that is not the last: [`CHUNK`] bytes, so that openers know its size.
    pub fn next(&mut self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.encrypt_next(Payload::from(plain)).map_err(|_| VaultError::Stream)
    }

    /// Seals the last chunk, which may be empty.
    pub fn last(self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.encrypt_last(Payload::from(plain)).map_err(|_| VaultError::Stream)
    }
}

impl Opener {
    /// Opens a chunk that is not the last.
    pub fn next(&mut self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.decrypt_next(Payload::from(sealed)).map_err(|_| VaultError::Stream)
    }

    /// Opens the last chunk.
    pub fn last(self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.decrypt_last(Payload::from(sealed)).map_err(|_| VaultError::Stream)
    }
}
