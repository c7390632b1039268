//! Sealing a stream: the STREAM construction over chunks, under a random key of its own.
//!
//! A file is too large to seal in one piece. Each chunk's nonce holds its number and whether it
//! is the last, so a stream that was truncated, extended, reordered or exchanged does not open.
//! The stream's key is random and wrapped under the owner's key for the stream's place.

use aead_stream::{DecryptorBE32, EncryptorBE32, NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::Payload;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::sealing::{Kind, Place, SealingKey};

/// Bytes in each chunk but the last, before sealing.
pub const CHUNK: usize = 64 * 1024;
/// Bytes in each chunk but the last, after sealing.
pub const SEALED_CHUNK: usize = CHUNK + TAG;
const TAG: usize = 16;

/// The nonce's part that the construction leaves to us. The key is used for one stream only.
const NONCE: [u8; 19] = [0; 19];

/// Seals a stream, chunk by chunk; without a cipher where sealing is off.
pub struct Sealer(Option<EncryptorBE32<XChaCha20Poly1305>>);

/// Opens a sealed stream, chunk by chunk; without a cipher where sealing is off.
pub struct Opener(Option<DecryptorBE32<XChaCha20Poly1305>>);

/// Opens the chunks of a sealed stream in any order; without a cipher where sealing is off.
pub struct Chunks(Option<StreamBE32<XChaCha20Poly1305>>);

impl SealingKey {
    /// Begins a sealed stream: what seals it, and its wrapped key, to be kept at `place`.
    pub fn seal_stream(&self, place: Place<'_>) -> Result<(Sealer, Vec<u8>), VaultError> {
        let raw = Zeroizing::new(base::random::bytes::<32>());
        let wrapped = self.seal(place, raw.as_ref())?;
        let cipher = EncryptorBE32::new((&*raw).into(), &NONCE.into());
        Ok((Sealer(self.seals().then_some(cipher)), wrapped))
    }

    /// What opens the stream whose wrapped key is kept at `place`.
    pub fn open_stream(&self, place: Place<'_>, wrapped: &[u8]) -> Result<Opener, VaultError> {
        let raw = Zeroizing::new(self.open(place, wrapped)?);
        let key = <&[u8; 32]>::try_from(raw.as_slice()).map_err(|_| VaultError::Stream)?;
        let cipher = DecryptorBE32::new(key.into(), &NONCE.into());
        Ok(Opener(self.seals().then_some(cipher)))
    }

    /// As [`Self::open_stream`], for whoever does not read from beginning to end.
    pub fn open_chunks(&self, place: Place<'_>, wrapped: &[u8]) -> Result<Chunks, VaultError> {
        let raw = Zeroizing::new(self.open(place, wrapped)?);
        let key = <&[u8; 32]>::try_from(raw.as_slice()).map_err(|_| VaultError::Stream)?;
        let cipher = StreamBE32::new(key.into(), &NONCE.into());
        Ok(Chunks(self.seals().then_some(cipher)))
    }

    fn seals(&self) -> bool {
        matches!(self.0, Kind::Sealing(_))
    }
}

impl Sealer {
    /// Seals a chunk that is not the last: [`CHUNK`] bytes, so that openers know its size.
    pub fn next(&mut self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Some(cipher) = &mut self.0 else { return Ok([plain, &[0; TAG]].concat()) };
        cipher.encrypt_next(Payload::from(plain)).map_err(|_| VaultError::Stream)
    }

    /// Seals the last chunk, which may be empty.
    pub fn last(self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Some(cipher) = self.0 else { return Ok([plain, &[0; TAG]].concat()) };
        cipher.encrypt_last(Payload::from(plain)).map_err(|_| VaultError::Stream)
    }
}

impl Opener {
    /// Opens a chunk that is not the last.
    pub fn next(&mut self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Some(cipher) = &mut self.0 else { return without_tag(sealed) };
        cipher.decrypt_next(Payload::from(sealed)).map_err(|_| VaultError::Stream)
    }

    /// Opens the last chunk.
    pub fn last(self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Some(cipher) = self.0 else { return without_tag(sealed) };
        cipher.decrypt_last(Payload::from(sealed)).map_err(|_| VaultError::Stream)
    }
}

impl Chunks {
    /// Opens a chunk by its number, counted from 0, of a stream of so many.
    pub fn open(&self, number: u32, of: u32, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Some(cipher) = &self.0 else { return without_tag(sealed) };
        let is_last = number.checked_add(1) == Some(of);
        cipher.decrypt(number, is_last, Payload::from(sealed)).map_err(|_| VaultError::Stream)
    }
}

fn without_tag(clear: &[u8]) -> Result<Vec<u8>, VaultError> {
    clear.strip_suffix(&[0; TAG]).map(<[u8]>::to_vec).ok_or(VaultError::Stream)
}
