//! Where a store lives in these tests: it outlives the stores that are opened on it.

use std::path::PathBuf;

use store::{Crash, MemoryDisk, Store, StoreError};

/// A disk, under each of the engines.
pub(crate) enum Disk {
    Memory(MemoryDisk),
    Redb(tempfile::TempDir),
}

impl Disk {
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryDisk::new())
    }

    pub(crate) fn redb() -> Self {
        Self::Redb(tempfile::tempdir().unwrap())
    }

    pub(crate) fn open(&self) -> Store {
        self.try_open(None).unwrap()
    }

    pub(crate) fn open_crashing(&self, crash: Crash) -> Store {
        self.try_open(Some(crash)).unwrap()
    }

    pub(crate) fn try_open(&self, crash: Option<Crash>) -> Result<Store, StoreError> {
        match (self, crash) {
            (Self::Memory(disk), crash) => Store::open_memory(disk, crash),
            (Self::Redb(folder), None) => Store::open_redb(&file(folder), 1 << 20),
            (Self::Redb(folder), Some(crash)) => Store::open_redb_crashing(&file(folder), crash),
        }
    }
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("store")
}
