//! A server's process, which ends with its owner however the owner ends.
//!
//! Dropping a [`Process`] ends it politely. When the owner is killed and drops nothing, its keeper
//! does it instead.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::keeper::Keeper;

/// How long a process may take to end politely.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often we look whether something has come about.
const GLANCE: Duration = Duration::from_millis(5);

/// A running server. Dropping it ends the process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    keeper: Keeper,
    polite: Signal,
}

impl Process {
    /// Starts a command that ends by itself at the system's polite request (SIGTERM), in a process
    /// group of its own: Ctrl-C in a terminal reaches its owner alone.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        Self::start_ended_by(command, Signal::TERM)
    }

    /// The same for a server that another signal ends.
    pub(crate) fn start_ended_by(command: &mut Command, polite: Signal) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        let mut child = child.with_context(|| format!("{name} does not start"))?;
        let signal = format!("-{}", polite.as_raw());
        match Keeper::hire("kill \"$0\" \"$1\"", &[&signal, &child.id().to_string()]) {
            Ok(keeper) => Ok(Self { child, keeper, polite }),
            Err(error) => {
                child.kill().and_then(|()| child.wait()).context("a process does not end")?;
                Err(error)
            }
        }
    }

    /// The system's number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the process ended, when it has.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.child.try_wait().context("a process cannot be asked after")
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        kill_process(pid(self.id())?, signal).context("a process cannot be signalled")
    }

    /// Asks the process to end and waits until it has.
    pub fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.end(self.polite)
    }

    /// Kills the process and every process that it started, none of them having a say in it: what
    /// a service manager does with SIGKILL.
    pub fn kill(mut self) -> anyhow::Result<()> {
        // It stands still first, or it would answer the death of its children.
        self.signal(Signal::STOP)?;
        for child in children(self.id())? {
            // A child that has just ended is what we want.
            let _ = kill_process(pid(child)?, Signal::KILL);
        }
        self.end(Signal::KILL)?;
        Ok(())
    }

    /// Ends the process by a signal, and by SIGKILL when that takes too long.
    pub(crate) fn end(&mut self, signal: Signal) -> anyhow::Result<ExitStatus> {
        // The keeper first: the number that it would signal may soon be another's.
        self.keeper.dismiss()?;
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        self.signal(signal)?;
        let ended = wait_for(PATIENCE, || self.ended());
        if ended.is_err() {
            self.child.kill().context("a process does not die")?;
        }
        self.child.wait().context("a process does not end")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A failure cannot be told from here; the keeper's pipe closes in any case.
        let _ = self.end(self.polite);
    }
}

/// Looks again and again until there is something to see.
pub(crate) fn wait_for<T>(
    patience: Duration,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > patience {
            bail!("it did not come about within {} s", patience.as_secs());
        }
        std::thread::sleep(GLANCE);
    }
}

fn pid(process: u32) -> anyhow::Result<Pid> {
    i32::try_from(process).ok().and_then(Pid::from_raw).context("a process has a number")
}

/// Processes that a process started, as the system tells them.
fn children(process: u32) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").context("/proc")? {
        let entry = entry.context("/proc")?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end while we look.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        if parent.and_then(|parent| parent.parse().ok()) == Some(process) {
            children.push(id);
        }
    }
    Ok(children)
}
