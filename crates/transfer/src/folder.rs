//! The directory of a backup: private, and nothing in it is followed or overwritten.
//!
//! Who can write into the directory could put a link there that leads elsewhere, or a manifest
//! with a name that does. So a directory that others can open is not written to, names are plain,
//! and a file is opened only if it is one.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::TransferError;

/// How the names of files end that are not whole.
pub(crate) const DRAFT: &str = ".part";
/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;
/// Never follows a link at the end of a path, never waits for a pipe's other end.
const PLAIN: i32 =
    (rustix::fs::OFlags::NOFOLLOW.bits() | rustix::fs::OFlags::NONBLOCK.bits()).cast_signed();

/// A directory of a backup.
pub(crate) struct Folder(PathBuf);

/// Something in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What something in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A link, a pipe, a socket, a device.
    Other,
}

impl Folder {
    /// Makes a directory that is its owner's alone, or takes one that is.
    pub(crate) fn make(path: &Path) -> Result<Self, TransferError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(TransferError::file(path))?;
        let folder = Self::open(path)?;
        let found = std::fs::symlink_metadata(&folder.0).map_err(TransferError::file(path))?;
        if found.mode() & OTHERS != 0 {
            let reason = "others can open this directory: chmod 700 it, or name another";
            return Err(TransferError::place(path, reason));
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(TransferError::place(path, "this directory belongs to somebody else"));
        }
        Ok(folder)
    }

    /// A directory that is there, with every link on the way to it resolved.
    pub(crate) fn open(path: &Path) -> Result<Self, TransferError> {
        let real = std::fs::canonicalize(path).map_err(TransferError::file(path))?;
        if real.is_dir() {
            Ok(Self(real))
        } else {
            Err(TransferError::place(path, "this is no directory"))
        }
    }

    /// A directory inside, which is no link; made if it is not there.
    pub(crate) fn make_inside(&self, name: &str) -> Result<Self, TransferError> {
        let path = self.path(name)?;
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(TransferError::File { path, source: error });
            }
            _ => {}
        }
        self.inside(name)
    }

    /// A directory inside that is there, and is no link.
    pub(crate) fn inside(&self, name: &str) -> Result<Self, TransferError> {
        let path = self.path(name)?;
        let found = std::fs::symlink_metadata(&path).map_err(TransferError::file(&path))?;
        if found.is_dir() {
            Ok(Self(path))
        } else {
            Err(TransferError::place(&path, "this is no directory"))
        }
    }

    /// A new file, which must not be there, readable by its owner only.
    pub(crate) fn create(&self, name: &str) -> Result<File, TransferError> {
        let path = self.path(name)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&path).map_err(TransferError::file(&path))
    }

    /// Opens a file for reading; `None` where there is none. Anything but a file is refused.
    pub(crate) fn read(&self, name: &str) -> Result<Option<File>, TransferError> {
        let path = self.path(name)?;
        let opened = OpenOptions::new().read(true).custom_flags(PLAIN).open(&path);
        let file = match opened {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(TransferError::file(&path))?,
        };
        let kind = file.metadata().map_err(TransferError::file(&path))?;
        if kind.is_file() {
            Ok(Some(file))
        } else {
            Err(TransferError::place(&path, "this is no file"))
        }
    }

    /// A small file whole; `None` where there is none.
    pub(crate) fn read_small(
        &self,
        name: &str,
        most: u64,
    ) -> Result<Option<Vec<u8>>, TransferError> {
        let Some(file) = self.read(name)? else { return Ok(None) };
        let path = self.path(name)?;
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(TransferError::file(&path))?;
        if bytes.len() as u64 > most {
            return Err(TransferError::place(&path, "this file is too large to be what it should"));
        }
        Ok(Some(bytes))
    }

    /// Writes a small file: whole and durable under its name, or not there.
    pub(crate) fn write_small(&self, name: &str, bytes: &[u8]) -> Result<(), TransferError> {
        let draft = draft_of(name);
        self.remove(&draft)?;
        let mut file = self.create(&draft)?;
        let path = self.path(name)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(TransferError::file(&path))?;
        self.publish(name)
    }

    /// Gives a draft its name, and makes that durable.
    pub(crate) fn publish(&self, name: &str) -> Result<(), TransferError> {
        let (draft, path) = (self.path(&draft_of(name))?, self.path(name)?);
        if std::fs::symlink_metadata(&path).is_ok() {
            return Err(TransferError::place(&path, "this is there already"));
        }
        std::fs::rename(&draft, &path).map_err(TransferError::file(&path))?;
        self.sync()
    }

    /// Removes a file of ours, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), TransferError> {
        let path = self.path(name)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(TransferError::File { path, source: error })
            }
            _ => Ok(()),
        }
    }

    /// Everything in the directory, by name.
    pub(crate) fn items(&self) -> Result<Vec<Item>, TransferError> {
        let failed = || TransferError::file(&self.0);
        let mut items = Vec::new();
        for entry in std::fs::read_dir(&self.0).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let kind = entry.file_type().map_err(failed())?;
            let kind = match kind {
                kind if kind.is_file() => Kind::File,
                kind if kind.is_dir() => Kind::Folder,
                _ => Kind::Other,
            };
            items.push(Item { name: entry.file_name().to_string_lossy().into_owned(), kind });
        }
        items.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(items)
    }

    /// Makes the names in the directory durable.
    pub(crate) fn sync(&self) -> Result<(), TransferError> {
        let synced = File::open(&self.0).and_then(|folder| folder.sync_all());
        synced.map_err(TransferError::file(&self.0))
    }

    /// Whether others than the owner can open the directory.
    pub(crate) fn is_open_to_others(&self) -> bool {
        std::fs::metadata(&self.0).is_ok_and(|found| found.mode() & OTHERS != 0)
    }

    /// Where the directory is.
    pub(crate) fn place(&self) -> &Path {
        &self.0
    }

    /// Where a name of the directory is.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, TransferError> {
        if is_plain(name) {
            Ok(self.0.join(name))
        } else {
            Err(TransferError::place(&self.0, format!("{name:?} is no name of a file here")))
        }
    }
}

/// The name of a file until it is whole.
pub(crate) fn draft_of(name: &str) -> String {
    format!("{name}{DRAFT}")
}

/// Whether a name can be a file's: it leads nowhere else, on any system.
pub(crate) fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inside = |byte: u8| allowed(byte) || matches!(byte, b'_' | b'-' | b'.');
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|byte| allowed(*byte))
        && bytes.len() <= 128
        && bytes.iter().all(|byte| inside(*byte))
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_none() {
        for plain in ["manifest.json", "event_bodies-00001.rows", "a", "0"] {
            assert!(is_plain(plain), "{plain}");
        }
        let long = "a".repeat(129);
        for other in
            ["", ".", "..", "../a", "a/b", "/a", "a\\b", "a..b", ".a", "-a", "A", "a\0", "é", &long]
        {
            assert!(!is_plain(other), "{other:?}");
        }
    }

    #[test]
    fn a_link_is_neither_read_nor_written_through() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::make(&place.path().join("backup")).unwrap();
        let outside = place.path().join("outside");
        std::fs::write(&outside, "untouched").unwrap();
        std::os::unix::fs::symlink(&outside, folder.place().join("a.rows")).unwrap();
        std::os::unix::fs::symlink(&outside, folder.place().join("b.part")).unwrap();
        std::os::unix::fs::symlink(place.path(), folder.place().join("media")).unwrap();
        assert!(folder.read("a.rows").is_err());
        assert!(folder.create("a.rows").is_err());
        assert!(folder.make_inside("media").is_err());
        folder.write_small("b", b"new").unwrap();
        assert_eq!(std::fs::read(&outside).unwrap(), b"untouched");
    }

    #[test]
    fn a_directory_that_others_can_open_is_not_written_to() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        for mode in [0o755, 0o770, 0o701] {
            std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(Folder::make(place.path()).is_err(), "{mode:o}");
        }
    }
}
