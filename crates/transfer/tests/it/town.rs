//! A small server to move: rows, a log, keys, a file, and what to compare afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::clock::{ManualClock, Timestamp};
use bytes::Bytes;
use media::{Blobs, FileInfo, Media, Storage};
use store::{Batch, MemoryDisk, RawRow, Store, Table};
use tempfile::TempDir;
use transfer::{Destination, Progress, Source, Summary, Target, TransferError};
use vault::{KeyEncryptionKey, Owner, SealedTable, Sealing, Vault};

pub(crate) const NAME: &str = "chappe.example";
pub(crate) const WORDS: SealedTable<String, String> = SealedTable::new("words");
const NUMBERS: Table<u64, Vec<u8>> = Table::new("numbers");

/// A server's stores, its media and a place for backups.
pub(crate) struct Town {
    pub(crate) data: Store,
    pub(crate) keyring: Store,
    pub(crate) vault: Vault,
    pub(crate) blobs: Blobs,
    pub(crate) media: Media,
    pub(crate) place: TempDir,
}

pub(crate) fn memory() -> Store {
    Store::open_memory(&MemoryDisk::new(), None).unwrap()
}

pub(crate) fn master() -> KeyEncryptionKey {
    KeyEncryptionKey::from_bytes([7; 32])
}

impl Town {
    /// A server with `rows` rows of a table, as many log records, two people's words, and a file.
    pub(crate) async fn with(rows: u64) -> Self {
        let (data, keyring) = (memory(), memory());
        let vault = Vault::open(keyring.clone(), master()).await.unwrap();
        let place = tempfile::tempdir().unwrap();
        let storage = Storage::Directory(place.path().join("media"));
        let blobs = Blobs::open(&storage).unwrap();
        let settings = media::Settings {
            server_name: NAME.try_into().unwrap(),
            storage,
            upload_bytes: 1 << 30,
        };
        let clock = Arc::new(ManualClock::at(Timestamp(1)));
        let media = Media::open(data.clone(), vault.clone(), settings, clock).await.unwrap();
        let town = Self { data, keyring, vault, blobs, media, place };
        for number in 0..rows {
            town.adds(number).await;
        }
        for person in ["@alice:chappe.example", "@bob:chappe.example"] {
            town.says(person, "zsecretzz").await;
        }
        town.uploads(100_000).await;
        town
    }

    /// Adds a row and a log record.
    pub(crate) async fn adds(&self, number: u64) {
        let mut batch = Batch::new();
        NUMBERS.put(&mut batch, &number, &vec![3; usize::try_from(number % 700).unwrap()]).unwrap();
        batch.log(number.to_be_bytes().to_vec());
        self.data.commit(batch).await.unwrap();
    }

    /// Adds a person's sealed words.
    pub(crate) async fn says(&self, person: &str, words: &str) {
        let owner = Owner::Person(person.try_into().unwrap());
        let key = self.vault.key(&owner).await.unwrap();
        let mut batch = Batch::new();
        WORDS.put(&mut batch, &key, &person.to_owned(), &words.to_owned()).unwrap();
        self.data.commit(batch).await.unwrap();
    }

    pub(crate) async fn uploads(&self, bytes: usize) {
        let content: Vec<u8> = (0..bytes).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let body = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(content))]);
        let alice = "@alice:chappe.example".try_into().unwrap();
        self.media.upload(alice, FileInfo::default(), body).await.unwrap();
    }

    /// Where a backup goes.
    pub(crate) fn target(&self, name: &str) -> Target {
        let path = |half: &str| self.place.path().join(name).join(half);
        Target { data: path("data"), keyring: path("keyring"), since: None }
    }

    pub(crate) async fn backs_up(&self, target: &Target) -> Result<Summary, TransferError> {
        let clock = ManualClock::at(Timestamp(1));
        let source = Source {
            server_name: NAME,
            data: &self.data,
            keyring: &self.keyring,
            media: Some(&self.blobs),
            clock: &clock,
        };
        transfer::back_up(&source, target, &Progress::silent()).await
    }

    /// A backup in a directory of its own.
    pub(crate) async fn backup(&self, name: &str) -> Target {
        let target = self.target(name);
        self.backs_up(&target).await.unwrap();
        target
    }
}

/// Empty stores to restore into.
pub(crate) struct Empty {
    pub(crate) data: Store,
    pub(crate) keyring: Store,
    pub(crate) blobs: Blobs,
    pub(crate) directory: PathBuf,
    _place: TempDir,
}

impl Empty {
    pub(crate) fn new() -> Self {
        Self::over(memory(), memory())
    }

    pub(crate) fn over(data: Store, keyring: Store) -> Self {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("media");
        let blobs = Blobs::open(&Storage::Directory(directory.clone())).unwrap();
        Self { data, keyring, blobs, directory, _place: place }
    }

    pub(crate) async fn restores(&self, from: &Target) -> Result<Summary, TransferError> {
        self.restores_as(NAME, from).await
    }

    pub(crate) async fn restores_as(
        &self,
        server_name: &str,
        from: &Target,
    ) -> Result<Summary, TransferError> {
        let to = Destination {
            server_name,
            data: &self.data,
            keyring: &self.keyring,
            media: &self.blobs,
        };
        transfer::restore((&from.data, &from.keyring), &to, &Progress::silent()).await
    }
}

/// What a verification with the keys finds wrong.
pub(crate) async fn faults(target: &Target) -> Vec<String> {
    let opening = transfer::Opening { master: master(), sealing: Sealing::On, tables: &["words"] };
    let halves = transfer::Halves {
        data: &target.data,
        keyring: Some(&target.keyring),
        opening: Some(opening),
    };
    match transfer::verify(halves, &Progress::silent()).await {
        Ok(verified) => verified.faults.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Every row of a store.
pub(crate) async fn rows(store: &Store) -> BTreeMap<(String, Vec<u8>), Vec<u8>> {
    let view = store.snapshot().await.unwrap();
    let mut all = BTreeMap::new();
    for table in view.tables().await.unwrap() {
        for (key, value) in view.rows(&table, None, usize::MAX).await.unwrap() {
            all.insert((table.clone(), key), value);
        }
    }
    all
}

/// Every file under a directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// A row of a table that no crate declares.
pub(crate) fn row(table: &str, key: &[u8], value: &[u8]) -> RawRow {
    RawRow { table: table.to_owned(), key: key.to_vec(), value: value.to_vec() }
}
