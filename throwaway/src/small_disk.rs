//! A disk that is soon full.
//!
//! A file system in memory is mounted, which root may do. Where it may not (in most containers),
//! whoever starts the tests gives a directory of a small file system of their own, for instance
//! `docker run --tmpfs /small:size=256m -e CHAPPE_TEST_SMALL_DISK=/small`.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::keeper::Keeper;

/// Names a directory on a small disk, in place of one that we mount.
const GIVEN: &str = "CHAPPE_TEST_SMALL_DISK";
/// Free bytes of a given disk at most: more is not ours to fill.
const LARGEST: u64 = 1 << 30;
/// Bytes written at a time.
const PIECE: usize = 64 << 10;

/// A directory on a disk with little room. Dropping it removes what is on it.
#[derive(Debug)]
pub struct SmallDisk {
    /// Everything is below it; it stands in the mounted directory, or in the given one.
    directory: TempDir,
    keeper: Option<Keeper>,
}

impl SmallDisk {
    /// A disk of about so many bytes; of more, when it is given from outside.
    pub fn with_room_for(bytes: u64) -> anyhow::Result<Self> {
        if let Some(given) = std::env::var_os(GIVEN) {
            return Self::on(Path::new(&given), bytes);
        }
        let directory = tempfile::tempdir().context("no temporary directory")?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes},mode=0755"), "tmpfs"]);
        let output = mount.arg(directory.path()).stdin(Stdio::null()).output();
        let output = output.context("mount does not start")?;
        if !output.status.success() {
            bail!(
                "a small disk cannot be mounted ({}): run as root, or name a directory on a disk \
                 with less than 1 GiB of room in {GIVEN}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let shown = directory.path().to_string_lossy().into_owned();
        let keeper = Some(Keeper::hire("umount -l \"$0\" && rmdir \"$0\"", &[&shown])?);
        Ok(Self { directory, keeper })
    }

    fn on(given: &Path, bytes: u64) -> anyhow::Result<Self> {
        let room = room(given)?;
        if room < bytes || room > LARGEST {
            bail!(
                "{GIVEN} names {}, which has room for {room} bytes: not between {bytes} and {LARGEST}",
                given.display()
            );
        }
        let directory = tempfile::tempdir_in(given).with_context(|| given.display().to_string())?;
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(directory.path(), everybody).context("a directory of ours")?;
        Ok(Self { directory, keeper: None })
    }

    /// The directory on it.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Bytes that still have room.
    pub fn room(&self) -> anyhow::Result<u64> {
        room(self.path())
    }

    /// Fills the disk to its last byte.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast()).context("a file on the small disk")?;
        let piece = vec![0xA5; PIECE];
        let mut length = piece.len();
        while let Some(bytes) = piece.get(..length) {
            match ballast.write_all(bytes) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull && length > 1 => length /= 2,
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("the small disk"),
            }
        }
        Ok(())
    }

    /// Gives back the room that [`Self::fill`] took.
    pub fn make_room(&self) -> anyhow::Result<()> {
        fs::remove_file(self.ballast()).context("a file on the small disk")
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let Some(keeper) = &mut self.keeper else { return };
        // Lazily: a server that is just ending may still have a file open. A failure leaves the
        // mount behind, and cannot be told from here.
        let unmounted = Command::new("umount").arg("-l").arg(self.directory.path()).status();
        let _ = unmounted.map(|_| keeper.dismiss());
    }
}

/// Free bytes of the disk under a path.
fn room(path: &Path) -> anyhow::Result<u64> {
    let disk = rustix::fs::statvfs(path).with_context(|| path.display().to_string())?;
    Ok(disk.f_bavail * disk.f_frsize)
}
