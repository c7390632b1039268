//! What a store holds, in figures: rows, bytes and a checksum of each table.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Snapshot, StoreError};

use crate::checksum::Checksum;
use crate::pages::Pages;
use crate::progress::{Phase, Progress};

/// The figures of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Rows.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// SHA-256 of the rows in order, each with the lengths of its key and value before it.
    pub sha256: Checksum,
}

/// The figures of every table that has rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Survey(pub BTreeMap<String, Tally>);

/// A table of which two surveys disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which table.
    pub table: String,
    /// What should be there.
    pub expected: Option<Tally>,
    /// What is there.
    pub found: Option<Tally>,
}

/// Counts rows of one table as they pass.
#[derive(Default)]
pub(crate) struct Tallier {
    rows: u64,
    bytes: u64,
    hasher: Sha256,
}

impl Survey {
    /// Reads a snapshot through.
    pub(crate) async fn of(
        view: &Snapshot,
        progress: &Progress,
        phase: (Phase, Option<u64>),
    ) -> Result<Self, StoreError> {
        progress.begin(phase.0, phase.1);
        let mut tables: BTreeMap<String, Tallier> = BTreeMap::new();
        let mut pages = Pages::after(view, None).await?;
        while let Some(page) = pages.next().await? {
            progress.add(page.rows.len() as u64, page.bytes());
            let tallier = tables.entry(page.table).or_default();
            page.rows.iter().for_each(|(key, value)| tallier.add(key, value));
        }
        progress.end();
        Ok(Self(tables.into_iter().map(|(table, tallier)| (table, tallier.tally())).collect()))
    }

    /// Stands for all that was surveyed.
    pub fn fingerprint(&self) -> Checksum {
        let mut hasher = Sha256::new();
        for (table, tally) in &self.0 {
            hasher.update((table.len() as u64).to_be_bytes());
            hasher.update(table);
            hasher.update(tally.rows.to_be_bytes());
            hasher.update(tally.sha256.bytes());
        }
        Checksum::from_hasher(hasher)
    }

    /// Rows in all.
    pub fn rows(&self) -> u64 {
        self.0.values().map(|tally| tally.rows).sum()
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.0.values().map(|tally| tally.bytes).sum()
    }

    /// The tables of which `found` says something else.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let mut tables: Vec<_> = self.0.keys().chain(found.0.keys()).collect();
        tables.sort_unstable();
        tables.dedup();
        let pairs = tables.into_iter().map(|table| Difference {
            table: table.clone(),
            expected: self.0.get(table).copied(),
            found: found.0.get(table).copied(),
        });
        pairs.filter(|pair| pair.expected != pair.found).collect()
    }

    /// Fails where `found` says something else.
    pub(crate) fn require(&self, found: &Self) -> Result<(), crate::TransferError> {
        let differences = self.differences(found);
        if differences.is_empty() {
            Ok(())
        } else {
            Err(crate::TransferError::Differs(differences))
        }
    }
}

impl Tallier {
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.rows += 1;
        self.bytes += (key.len() + value.len()) as u64;
        self.hasher.update((key.len() as u64).to_be_bytes());
        self.hasher.update((value.len() as u64).to_be_bytes());
        self.hasher.update(key);
        self.hasher.update(value);
    }

    pub(crate) fn tally(self) -> Tally {
        let Self { rows, bytes, hasher } = self;
        Tally { rows, bytes, sha256: Checksum::from_hasher(hasher) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = |tally: Option<Tally>| tally.map_or(0, |tally| tally.rows);
        let (expected, found) = (rows(self.expected), rows(self.found));
        if expected == found {
            write!(f, "table {} has {found} rows, and another checksum", self.table)
        } else {
            write!(f, "table {} has {found} rows instead of {expected}", self.table)
        }
    }
}
