//! The index's files, sealed: a directory for the library that keeps what people wrote.
//!
//! The attacker is the thief of the disk. Each file is a stream of sealed chunks under a random
//! key of its own, which stands wrapped at its head; a chunk opens at its own place in its own
//! file only, so what was cut, exchanged or overwritten is noticed. Before a file is removed its
//! head is wiped, and what is left of it on the disk opens no more, not even for who has the
//! keyring. Nothing is waited for on its way to the disk: an index that a power cut tore is
//! noticed to be damaged, and made anew.

mod file;
mod lock;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use moka::sync::Cache;
use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{DirectoryLock, FileHandle, Lock, WatchCallback, WatchHandle, WritePtr};
use vault::{Place, SealingKey, VaultError};

use file::{SealedFile, SealedWriter};
use lock::Locks;

/// What the places of sealed files are called.
const TABLE: &str = "search_index";
/// Bytes of opened chunks held in memory at most.
const CHUNKS_HELD: u64 = 16 << 20;

/// Opened chunks, by file and number.
type Held = Cache<(u64, u32), Arc<[u8]>>;

/// A directory whose files are sealed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SealedDirectory(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    key: SealingKey,
    held: Held,
    locks: Locks,
}

impl SealedDirectory {
    /// The files in a folder, which is there.
    pub(crate) fn new(folder: PathBuf, key: SealingKey) -> Self {
        let held = Cache::builder()
            .weigher(|_, chunk: &Arc<[u8]>| u32::try_from(chunk.len()).unwrap_or(u32::MAX))
            .max_capacity(CHUNKS_HELD)
            .build();
        Self(Arc::new(Inner { folder, key, held, locks: Locks::default() }))
    }

    fn at(&self, path: &Path) -> PathBuf {
        self.0.folder.join(path)
    }

    fn open(&self, path: &Path) -> io::Result<SealedFile> {
        let file = File::open(self.at(path))?;
        SealedFile::open(file, (&self.0.key, place(path)), self.0.held.clone())
    }

    fn write_whole(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let sealed = self.0.key.seal(place(path), data).map_err(unsealed)?;
        let (whole, mut draft) = (self.at(path), OsString::from(path));
        draft.push(".draft");
        let draft = self.0.folder.join(draft);
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&sealed)?;
        std::fs::rename(draft, whole)
    }
}

/// Where a file's key, or the whole of a small one, is sealed for.
fn place(path: &Path) -> Place<'_> {
    Place { table: TABLE, key: path.as_os_str().as_encoded_bytes() }
}

/// What does not open is damaged, or another key's.
fn unsealed(error: VaultError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

/// Removes a file; what is left of it on the disk opens no more.
fn wipe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let head = file.metadata()?.len().min(file::HEAD);
    io::copy(&mut io::Read::take(io::repeat(0), head), &mut file)?;
    file.sync_data()?;
    std::fs::remove_file(path)
}

/// A folder that only this server's user can open.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Removes every file of an index, readable or not.
pub(crate) fn wipe_all(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != lock::NAME {
            wipe(&entry.path())?;
        }
    }
    Ok(())
}

pub(crate) use lock::hold_alone;

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.open(path) {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) => Err(not_read(error, path)),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        wipe(&self.at(path)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.at(path).try_exists().map_err(|error| not_read(error, path))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.at(path));
        let writer = SealedWriter::begin(file.map_err(failed)?, &self.0.key, place(path));
        Ok(BufWriter::new(Box::new(writer.map_err(failed)?)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let sealed = std::fs::read(self.at(path)).map_err(|error| not_read(error, path))?;
        let opened = self.0.key.open(place(path), &sealed).map_err(unsealed);
        opened.map_err(|error| not_read(error, path))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.write_whole(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.0.locks.acquire(lock)
    }

    /// Nobody but this process changes the files, and it knows when it does.
    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

impl std::fmt::Debug for SealedDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SealedDirectory").field(&self.0.folder).finish()
    }
}

fn not_read(error: io::Error, path: &Path) -> OpenReadError {
    match error.kind() {
        ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
        _ => OpenReadError::wrap_io_error(error, path.to_owned()),
    }
}
