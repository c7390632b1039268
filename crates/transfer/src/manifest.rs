//! The manifest of a backup: what it is of, and every file with its size and checksum.
//!
//! It is written last. Beside its content stands the checksum of that, and it reads only in
//! exactly the bytes in which it is written: no bit of it can change unnoticed. Checksums find
//! damage; whoever can write to a backup can make another one.

use std::collections::BTreeSet;

use base::clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::error::TransferError;
use crate::folder::{Folder, is_plain};
use crate::inspect::Fault;
use crate::segment::Segment;
use crate::survey::Survey;

/// The manifest's file.
pub(crate) const FILE: &str = "manifest.json";
/// The file of the list of media.
pub(crate) const MEDIA_LIST: &str = "media.list";
/// The directory of media.
pub(crate) const MEDIA: &str = "media";
/// The format that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// Bytes of a manifest at most: 200,000 files, more than ten terabytes.
const MOST: u64 = 64 << 20;

/// Which half of a server a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The data.
    Data,
    /// The keyring, without which the data are noise.
    Keyring,
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of the backup.
    pub format: u32,
    /// Which half it is.
    pub part: Part,
    /// Names the backup: both halves have the same.
    pub backup: String,
    /// Whose backup it is.
    pub server_name: String,
    /// When it was begun, in milliseconds since 1970.
    pub made_at: Timestamp,
    /// The format of the rows.
    pub schema: u64,
    /// Where the log ends.
    pub log_end: u64,
    /// What is in each table.
    pub tables: Survey,
    pub(crate) files: Vec<Segment>,
    /// What was done about media; nothing in a keyring's.
    pub media: Option<MediaPart>,
}

/// What a backup has of media.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case", deny_unknown_fields)]
pub enum MediaPart {
    /// Media are in it.
    Here {
        /// How many.
        blobs: u64,
        /// Their bytes.
        bytes: u64,
        /// The checksum of the list of them.
        list_sha256: Checksum,
        /// Media that the data name and that were not there to be copied.
        missing: Vec<String>,
    },
    /// Media are not in it: the object store keeps its own versions.
    Elsewhere,
}

/// The manifest as it stands in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    sha256: Checksum,
    manifest: Manifest,
}

impl Manifest {
    /// The format of backups that this program writes.
    pub(crate) const fn format() -> u32 {
        FORMAT
    }

    /// Writes it into its directory: from then on that holds a backup.
    pub(crate) fn write(&self, folder: &Folder) -> Result<(), TransferError> {
        let bytes = self.to_bytes().map_err(|error| unwritable(folder, &error))?;
        folder.write_small(FILE, &bytes)
    }

    /// Reads the manifest of a directory, or says what is wrong with it.
    pub(crate) fn read(folder: &Folder) -> Result<Self, TransferError> {
        let fault = |what: String| TransferError::Damaged(vec![Fault::new(folder, FILE, what)]);
        let bytes = folder.read_small(FILE, MOST)?;
        let bytes = bytes.ok_or_else(|| {
            fault(
                "is not there: this directory holds no backup, or one that was interrupted".into(),
            )
        })?;
        let manifest = Self::from_bytes(&bytes).map_err(fault)?;
        Ok(manifest)
    }

    /// The checksum of its content, which stands for the whole backup.
    pub(crate) fn checksum(&self) -> Result<Checksum, serde_json::Error> {
        Ok(Checksum::of(&serde_json::to_vec(self)?))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let sealed = Sealed { sha256: self.checksum()?, manifest: self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&sealed)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let version: Version = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if version.manifest.format > u64::from(FORMAT) {
            let found = version.manifest.format;
            return Err(format!("has format {found}, this program reads {FORMAT} at most"));
        }
        let sealed: Sealed = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let again = sealed.manifest.to_bytes().map_err(|error| error.to_string())?;
        if again != bytes {
            return Err("is not as it was written".to_owned());
        }
        sealed.manifest.require_sense()?;
        Ok(sealed.manifest)
    }

    /// Names lead nowhere else and stand once.
    fn require_sense(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for segment in &self.files {
            if !is_plain(&segment.file) || !segment.file.ends_with(crate::segment::ENDING) {
                return Err(format!("names a file {:?}, which is no name here", segment.file));
            }
            if !names.insert(&segment.file) {
                return Err(format!("names the file {} twice", segment.file));
            }
        }
        let mut places = self.files.iter().map(|segment| &segment.table);
        if !places.by_ref().is_sorted() {
            return Err("names its files in no order".to_owned());
        }
        Ok(())
    }
}

/// Of a manifest of any format, which format it has.
#[derive(Deserialize)]
struct Version {
    manifest: Format,
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

fn unwritable(folder: &Folder, error: &serde_json::Error) -> TransferError {
    TransferError::place(folder.place(), format!("the manifest cannot be written: {error}"))
}
