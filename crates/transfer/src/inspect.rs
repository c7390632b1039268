//! Checking a backup: every file is there, nothing else is, and all of it is as it was written.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::backup::UNFINISHED;
use crate::blobs;
use crate::error::TransferError;
use crate::folder::{Folder, Item, Kind};
use crate::log;
use crate::manifest::{FILE, MEDIA, MEDIA_LIST, Manifest, MediaPart, Part};
use crate::media_part::{self, Listed, Reader};
use crate::progress::{Phase, Progress};
use crate::segment::{Rows, Segment};
use crate::survey::{Survey, Tallier};

/// What is wrong with a file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
}

/// One half of a backup, checked.
pub(crate) struct Inspected {
    pub(crate) manifest: Manifest,
    pub(crate) faults: Vec<Fault>,
    /// Whether others than its owner can open the directory.
    pub(crate) open_to_others: bool,
}

/// Is shown every row of a backup: table, key, value.
pub(crate) type Seen<'a> = &'a mut (dyn FnMut(&str, &[u8], &[u8]) + Send);

struct Inspection<'a> {
    folder: &'a Folder,
    manifest: &'a Manifest,
    progress: &'a Progress,
    faults: Vec<Fault>,
}

/// Checks one half of a backup. A directory without a manifest is an error, being no backup.
pub(crate) fn inspect_part(
    path: &Path,
    part: Part,
    progress: &Progress,
    seen: Seen<'_>,
) -> Result<Inspected, TransferError> {
    let folder = Folder::open(path)?;
    let manifest = Manifest::read(&folder)?;
    let media = match &manifest.media {
        Some(MediaPart::Here { bytes, .. }) => *bytes,
        _ => 0,
    };
    let size: u64 = manifest.files.iter().map(|segment| segment.size).sum();
    progress.begin(Phase::Inspect, Some(size.saturating_add(media)));
    let mut inspection =
        Inspection { folder: &folder, manifest: &manifest, progress, faults: Vec::new() };
    if manifest.part != part {
        inspection.fault(FILE, "is of the other half of a backup");
    }
    inspection.extra_files()?;
    inspection.rows(seen);
    inspection.media();
    let (faults, open_to_others) = (inspection.faults, folder.is_open_to_others());
    progress.end();
    Ok(Inspected { manifest, faults, open_to_others })
}

impl Inspection<'_> {
    fn fault(&mut self, name: &str, what: impl Into<String>) {
        self.faults.push(Fault::new(self.folder, name, what));
    }

    /// Names what does not belong.
    fn extra_files(&mut self) -> Result<(), TransferError> {
        let media = matches!(self.manifest.media, Some(MediaPart::Here { .. }));
        let files: HashSet<&str> =
            self.manifest.files.iter().map(|segment| segment.file.as_str()).collect();
        for Item { name, kind } in self.folder.items()? {
            let file = files.contains(name.as_str())
                || name == FILE
                || name == UNFINISHED
                || (media && name == MEDIA_LIST);
            let expected = if file { Some(Kind::File) } else { None };
            let expected = expected.or((media && name == MEDIA).then_some(Kind::Folder));
            self.belongs(&name, kind, expected);
        }
        Ok(())
    }

    fn belongs(&mut self, name: &str, kind: Kind, expected: Option<Kind>) {
        if expected.is_none() {
            self.fault(name, "does not belong to the backup");
        } else if expected != Some(kind) {
            self.fault(name, "is not a file of its kind: a link or a device, perhaps");
        }
    }

    /// Reads every row: sizes, checksums, order, counts, and the log without a gap.
    fn rows(&mut self, seen: Seen<'_>) {
        let mut tables: BTreeMap<&str, Vec<&Segment>> = BTreeMap::new();
        for segment in &self.manifest.files {
            tables.entry(&segment.table).or_default().push(segment);
        }
        let (mut survey, mut damaged) = (Survey::default(), HashSet::new());
        for (table, segments) in tables {
            let mut state = TableState::default();
            let faults = self.faults.len();
            for segment in segments {
                if let Err(what) = self.segment(segment, &mut state, seen) {
                    self.fault(&segment.file, what);
                }
            }
            if self.faults.len() > faults {
                damaged.insert(table.to_owned());
            }
            survey.0.insert(table.to_owned(), state.tallier.tally());
            if table == log::TABLE && state.position != self.manifest.log_end {
                let end = self.manifest.log_end;
                self.fault(
                    FILE,
                    format!("says that the log ends at {end}, not {}", state.position),
                );
            }
        }
        for difference in self.manifest.tables.differences(&survey) {
            if !damaged.contains(&difference.table) {
                self.fault(FILE, format!("says otherwise: {difference}"));
            }
        }
    }

    /// Reads one file of rows.
    fn segment(
        &self,
        segment: &Segment,
        state: &mut TableState,
        seen: Seen<'_>,
    ) -> Result<(), String> {
        let file = self.folder.read(&segment.file).map_err(|error| error.to_string())?;
        let file = file.ok_or("is missing")?;
        let found = file.metadata().map_err(|error| error.to_string())?.len();
        if found != segment.size {
            return Err(format!("has {found} bytes instead of {}", segment.size));
        }
        let mut rows = Rows::of(file).map_err(|error| error.to_string())?;
        let mut count = 0;
        while let Some((key, value)) = rows.next().map_err(|error| error.to_string())? {
            state.row(&segment.table, &key, &value)?;
            seen(&segment.table, &key, &value);
            self.progress.add(1, (key.len() + value.len()) as u64);
            count += 1;
        }
        if rows.checksum() != segment.sha256 {
            return Err("does not have the checksum with which it was written".to_owned());
        }
        if count != segment.rows {
            return Err(format!("has {count} rows instead of {}", segment.rows));
        }
        Ok(())
    }

    /// Reads every blob of the list, and finds those that are in no list.
    fn media(&mut self) {
        let Some(MediaPart::Here { blobs, list_sha256, .. }) = self.manifest.media.clone() else {
            return;
        };
        let mut names = HashSet::new();
        match self.listed(&mut names) {
            Ok((_, sum)) if sum != list_sha256 => {
                self.fault(MEDIA_LIST, "does not have the checksum with which it was written");
            }
            Ok((count, _)) if count != blobs => {
                self.fault(MEDIA_LIST, format!("has {count} lines instead of {blobs}"));
            }
            Ok(_) => {}
            Err(error) => self.fault(MEDIA_LIST, error.to_string()),
        }
        if let Err(error) = self.extra_blobs(&names) {
            self.fault(MEDIA, error.to_string());
        }
    }

    fn listed(
        &mut self,
        names: &mut HashSet<String>,
    ) -> Result<(u64, crate::Checksum), TransferError> {
        let (mut list, mut count) = (Reader::open(self.folder)?, 0);
        while let Some(listed) = list.next()? {
            if let Err(what) = self.blob(&listed) {
                let path = Path::new(MEDIA).join(blobs::folder_of(&listed.name));
                let path = self.folder.place().join(path).join(&listed.name);
                self.faults.push(Fault { path, what });
            }
            self.progress.add(1, listed.size);
            names.insert(listed.name);
            count += 1;
        }
        Ok((count, list.checksum()))
    }

    fn blob(&self, listed: &Listed) -> Result<(), String> {
        let folder = self.folder.inside(MEDIA);
        let folder = folder.and_then(|media| media.inside(blobs::folder_of(&listed.name)));
        let Ok(folder) = folder else { return Err("is missing".to_owned()) };
        let file = folder.read(&listed.name).map_err(|error| error.to_string())?;
        let found = file.ok_or("is missing")?.metadata().map_err(|error| error.to_string())?.len();
        if found != listed.size {
            return Err(format!("has {found} bytes instead of {}", listed.size));
        }
        match media_part::checksum_of(&folder, &listed.name) {
            Ok(Some(sum)) if sum == listed.sha256 => Ok(()),
            Ok(_) => Err("does not have the checksum with which it was written".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn extra_blobs(&mut self, names: &HashSet<String>) -> Result<(), TransferError> {
        let media = self.folder.inside(MEDIA)?;
        for item in media.items()? {
            if item.kind != Kind::Folder {
                self.faults.push(Fault::new(&media, &item.name, "does not belong to the backup"));
                continue;
            }
            let folder = media.inside(&item.name)?;
            for blob in folder.items()? {
                let known = blobs::folder_of(&blob.name) == item.name
                    && names.contains(&blob.name)
                    && blob.kind == Kind::File;
                if !known {
                    let what = "does not belong to the backup";
                    self.faults.push(Fault::new(&folder, &blob.name, what));
                }
            }
        }
        Ok(())
    }
}

/// What is known of a table when the first of its rows were read.
#[derive(Default)]
struct TableState {
    last: Option<Vec<u8>>,
    tallier: Tallier,
    position: u64,
}

impl TableState {
    fn row(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), String> {
        if self.last.as_deref().is_some_and(|last| last >= key) {
            return Err("has rows that are not in the order of their keys".to_owned());
        }
        match table {
            log::TABLE => {
                let found = log::position(key).ok_or("has a record without a position")?;
                let before = std::mem::replace(&mut self.position, found);
                log::follows(before, found).map_err(|error| error.to_string())?;
            }
            "schema" => {
                store::schema_version(value).map_err(|error| error.to_string())?;
            }
            _ => {}
        }
        self.last = Some(key.to_vec());
        self.tallier.add(key, value);
        Ok(())
    }
}

impl Fault {
    pub(crate) fn new(folder: &Folder, name: &str, what: impl Into<String>) -> Self {
        Self { path: folder.place().join(name), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.what)
    }
}
