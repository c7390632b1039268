//! Cleaning up after an owner that was killed and could not.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// A shell that waits for the end of a pipe of which only we hold the other end, and then runs a
/// script. Letting go of it in order lets the script not run.
#[derive(Debug)]
pub(crate) struct Keeper(Child);

impl Keeper {
    /// Has a script run, with arguments `$0`, `$1`…, should this process die.
    pub(crate) fn hire(script: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("cat > /dev/null; {script}")]).args(arguments);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Self(shell.spawn().context("a shell does not start")?))
    }

    /// Ends it before its time.
    pub(crate) fn dismiss(&mut self) -> anyhow::Result<()> {
        self.0.kill().and_then(|()| self.0.wait()).context("a keeper does not end")?;
        Ok(())
    }
}
