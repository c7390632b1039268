//! Which of the system's users runs PostgreSQL, which refuses to run as root.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// Users that may run it instead of root, the best first.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// A user and group of the system that is not root; or, when we are not root, ourselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account(Option<(u32, u32)>);

impl Account {
    /// The first of [`NAMES`] that this system has, when we are root.
    pub(crate) fn find() -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let users = std::fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
        let found = NAMES.iter().find_map(|name| user(&users, name));
        let found = found.with_context(|| {
            format!("PostgreSQL does not run as root, and this system has no user {NAMES:?}")
        })?;
        Ok(Self(Some(found)))
    }

    /// Lets a command run as this user.
    pub(crate) fn runs(self, command: &mut Command) -> &mut Command {
        match self.0 {
            Some((user, group)) => command.uid(user).gid(group),
            None => command,
        }
    }

    /// Gives a file or directory to this user.
    pub(crate) fn owns(self, path: &Path) -> anyhow::Result<()> {
        let Some((user, group)) = self.0 else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user), Some(group))
            .with_context(|| format!("{} cannot change hands", path.display()))
    }

    /// Fails when this user could not get to a directory.
    pub(crate) fn require_way_to(self, directory: &Path) -> anyhow::Result<()> {
        if self.0.is_none() {
            return Ok(());
        }
        for folder in directory.ancestors().skip(1) {
            let mode = folder.metadata().with_context(|| folder.display().to_string())?;
            if mode.permissions().mode() & 0o001 == 0 {
                bail!(
                    "PostgreSQL does not run as root, and its user cannot get into {}",
                    folder.display()
                );
            }
        }
        Ok(())
    }
}

/// User and group number of a name, from the text of `/etc/passwd`.
fn user(users: &str, name: &str) -> Option<(u32, u32)> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    fields.into_iter().find_map(|fields| match fields.as_slice() {
        [found, _, user, group, ..] if *found == name => {
            Some((user.parse().ok()?, group.parse().ok()?))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\nnobody2:x:9:9::/:/bin/false\n\
                     nobody:x:65534:65533:nobody:/:/usr/sbin/nologin\n";
        assert_eq!(user(users, "nobody"), Some((65534, 65533)));
        assert_eq!(user(users, "postgres"), None);
    }
}
