//! The key-encryption key: the one secret that is kept outside every store.
//!
//! It wraps the keys of the keyring and nothing else. Whoever has the keyring and this key can
//! open everything; whoever lacks either can open nothing.

use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::sealing::SealingKey;

/// The key that wraps all keys of a keyring.
#[derive(Clone, Debug)]
pub struct KeyEncryptionKey(pub(crate) SealingKey);

impl KeyEncryptionKey {
    /// Takes a key from elsewhere: a secret store, a hardware module, a test.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SealingKey::new(&Zeroizing::new(bytes)))
    }

    /// Reads the key from a file of 32 bytes, or makes the file (mode 0600) with a random key.
    pub fn load_or_create(path: &Path) -> Result<Self, VaultError> {
        if let Some(key) = Self::load(path)? {
            return Ok(key);
        }
        let named = |source| VaultError::KeyFile { path: shown(path), source };
        create(path).map_err(named)?;
        Self::load(path)?.ok_or_else(|| named(ErrorKind::NotFound.into()))
    }

    /// Reads the key from a file of 32 bytes; `None` where there is no file.
    pub fn load(path: &Path) -> Result<Option<Self>, VaultError> {
        let bytes = match read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|source| VaultError::KeyFile { path: shown(path), source })?,
        };
        let key = <&[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| VaultError::KeyFileLength { path: shown(path), found: bytes.len() })?;
        Ok(Some(Self(SealingKey::new(key))))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    std::fs::read(path).map(Zeroizing::new)
}

/// Makes the file whole or not at all; another process that makes it first wins.
fn create(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let draft = draft_beside(path);
    let written = write_private(&draft, Zeroizing::new(base::random::bytes::<32>()).as_ref())
        .and_then(|()| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => removed?,
    }
    std::fs::File::open(folder)?.sync_all()
}

fn draft_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", base::random::base32::<12>()));
    PathBuf::from(name)
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
