//! Whether a backup would bring a server back: its files, and that its keys open what they should.

use std::path::{Path, PathBuf};

use store::{MemoryDisk, RawRow, Store};
use vault::{KeyEncryptionKey, Sealing, Vault, VaultError};

use crate::backup::Summary;
use crate::error::TransferError;
use crate::inspect::{Fault, inspect_part};
use crate::manifest::{Manifest, Part};
use crate::progress::Progress;
use crate::restore::of_two_backups;
use crate::segment::Row;

/// Sealed rows tried of each table.
const TRIED: usize = 64;
/// Rows of the keyring put into memory at a time.
const ROWS: usize = 4096;

/// What opens what is sealed.
pub struct Opening<'a> {
    /// The key that wraps the keyring's.
    pub master: KeyEncryptionKey,
    /// Whether the server seals.
    pub sealing: Sealing,
    /// Tables whose rows are sealed under the key of the person whom their keys name first.
    pub tables: &'a [&'static str],
}

/// What is to be verified.
pub struct Halves<'a> {
    /// The data.
    pub data: &'a Path,
    /// The keyring.
    pub keyring: Option<&'a Path>,
    /// What opens it; only together with the keyring.
    pub opening: Option<Opening<'a>>,
}

/// What a verification found.
pub struct Verified {
    /// What the data say of themselves.
    pub data: Manifest,
    /// What the keyring says of itself.
    pub keyring: Option<Manifest>,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
    /// Directories that others than their owner can open.
    pub open_to_others: Vec<PathBuf>,
    /// Sealed rows that were opened, and keys that were unwrapped.
    pub opened: Option<Opened>,
}

/// What was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Keys of the keyring.
    pub keys: u64,
    /// Sealed rows.
    pub rows: u64,
}

/// Rows of sealed tables, chosen evenly among all.
struct Sample<'a> {
    tables: &'a [&'static str],
    chosen: Vec<Chosen>,
}

/// Rows chosen of one table.
struct Chosen {
    table: &'static str,
    rows: Vec<Row>,
    /// Rows that the table has.
    seen: u64,
}

/// Verifies a backup. What is wrong is in the answer; an error is a backup that is none.
pub async fn verify(halves: Halves<'_>, progress: &Progress) -> Result<Verified, TransferError> {
    let Halves { data, keyring, opening } = halves;
    let tables = opening.as_ref().map_or(&[][..], |opening| opening.tables);
    let mut sample = Sample { tables, chosen: Vec::new() };
    let of_data = inspect_part(data, Part::Data, progress, &mut |table, key, value| {
        sample.see(table, key, value);
    })?;
    let mut open_to_others = Vec::new();
    open_to_others.extend(of_data.open_to_others.then(|| data.to_owned()));
    let mut verified = Verified {
        data: of_data.manifest,
        keyring: None,
        faults: of_data.faults,
        open_to_others,
        opened: None,
    };
    let Some(keyring) = keyring else { return Ok(verified) };
    let mut keys = Vec::new();
    let of_keyring = inspect_part(keyring, Part::Keyring, progress, &mut |table, key, value| {
        let (table, key, value) = (table.to_owned(), key.to_owned(), value.to_owned());
        keys.push(RawRow { table, key, value });
    })?;
    verified.open_to_others.extend(of_keyring.open_to_others.then(|| keyring.to_owned()));
    let whole = of_keyring.faults.is_empty() && verified.faults.is_empty();
    verified.faults.extend(of_keyring.faults);
    verified.faults.extend(of_two_backups(keyring, &verified.data, &of_keyring.manifest));
    verified.keyring = Some(of_keyring.manifest);
    // What is damaged does not open, and was named already.
    if let Some(opening) = opening.filter(|_| whole) {
        let (opened, faults) = sample.open(keys, opening, (data, keyring)).await?;
        verified.opened = Some(opened);
        verified.faults.extend(faults);
    }
    Ok(verified)
}

impl Verified {
    /// The figures; those of the keyring are 0 where it was not looked at.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::of(&self.data, self.keyring.as_ref().unwrap_or(&self.data));
        if self.keyring.is_none() {
            summary.keyring_rows = 0;
        }
        summary
    }
}

impl Sample<'_> {
    /// Sees a row: every row of a table is as likely to be chosen as every other.
    fn see(&mut self, table: &str, key: &[u8], value: &[u8]) {
        let Some(table) = self.tables.iter().find(|name| **name == table) else { return };
        if self.chosen.last().is_none_or(|last| last.table != *table) {
            self.chosen.push(Chosen { table, rows: Vec::new(), seen: 0 });
        }
        let Some(Chosen { rows, seen, .. }) = self.chosen.last_mut() else { return };
        *seen += 1;
        if rows.len() < TRIED {
            rows.push((key.to_owned(), value.to_owned()));
            return;
        }
        let place = u64::from_be_bytes(base::random::bytes()) % *seen;
        let place = usize::try_from(place).ok().and_then(|place| rows.get_mut(place));
        if let Some(place) = place {
            *place = (key.to_owned(), value.to_owned());
        }
    }

    /// Opens the keyring in memory, every key in it, and the chosen rows.
    async fn open(
        self,
        keys: Vec<RawRow>,
        opening: Opening<'_>,
        (data, keyring): (&Path, &Path),
    ) -> Result<(Opened, Vec<Fault>), TransferError> {
        let store = Store::open_memory(&MemoryDisk::new(), None)?;
        for rows in keys.chunks(ROWS) {
            store.import(rows.to_vec()).await?;
        }
        let mut opened = Opened::default();
        let fault = |path: &Path, error: VaultError| Fault {
            path: path.to_owned(),
            what: error.to_string(),
        };
        let vault = match Vault::open_with(store, opening.master, opening.sealing).await {
            Ok(vault) => vault,
            Err(error) => return Ok((opened, vec![fault(keyring, error)])),
        };
        match vault.unwrap_all().await {
            Ok(keys) => opened.keys = keys,
            Err(error) => return Ok((opened, vec![fault(keyring, error)])),
        }
        let mut faults = Vec::new();
        for Chosen { table, rows, .. } in self.chosen {
            for (key, value) in rows {
                match vault.opens(table, &key, &value).await {
                    Ok(()) => opened.rows += 1,
                    Err(error) => faults.push(fault(data, error)),
                }
            }
        }
        Ok((opened, faults))
    }
}
