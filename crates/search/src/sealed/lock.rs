//! Who may change the index: one process, and in it one writer at a time.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rustix::fs::{FlockOperation, flock};
use tantivy::directory::error::LockError;
use tantivy::directory::{DirectoryLock, Lock};

use crate::SearchError;

/// The file that the process holds which has the index open.
pub(super) const NAME: &str = "lock";
/// How long a lock is waited for that may be waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The library's locks, within this process.
#[derive(Clone, Default)]
pub(super) struct Locks(Arc<(Mutex<HashSet<PathBuf>>, Condvar)>);

struct Held {
    locks: Locks,
    name: PathBuf,
}

impl Locks {
    pub(super) fn acquire(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let (held, freed) = &*self.0;
        let mut held = held.lock();
        if lock.is_blocking {
            let busy = |held: &mut HashSet<PathBuf>| held.contains(&lock.filepath);
            freed.wait_while_for(&mut held, busy, PATIENCE);
        }
        if !held.insert(lock.filepath.clone()) {
            return Err(LockError::LockBusy);
        }
        Ok(Box::new(Held { locks: self.clone(), name: lock.filepath.clone() }).into())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (held, freed) = &*self.locks.0;
        held.lock().remove(&self.name);
        freed.notify_all();
    }
}

/// Holds the index in a folder for this process, until what is returned is dropped.
pub(crate) fn hold_alone(folder: &Path) -> Result<File, SearchError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join(NAME))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| SearchError::Taken(folder.display().to_string()))?;
    Ok(file)
}
