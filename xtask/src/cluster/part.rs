//! A program of the cluster, its output in a file.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use throwaway::Process;

/// How long a program may take until it is ready.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often we look whether it is.
const GLANCE: Duration = Duration::from_millis(20);
/// What a program says before its address, once it is ready.
const READY: &str = " is ready on ";

/// A running program. Dropping it ends it.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) process: Process,
    pub(super) log: PathBuf,
    /// Where it says that it answers; empty when it does not say.
    pub(super) address: String,
}

impl Part {
    /// Starts a program that says where it is ready, and waits until it has.
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let mut part = Self::start_silent(name, command, log)?;
        let start = Instant::now();
        loop {
            let text = std::fs::read_to_string(&part.log)?;
            let ready = text.lines().find_map(|line| line.split_once(READY));
            if let Some((_, address)) = ready {
                address.clone_into(&mut part.address);
                return Ok(part);
            }
            if let Some(status) = part.process.ended()? {
                bail!("{name} does not start ({status}):\n{text}");
            }
            if start.elapsed() > PATIENCE {
                bail!("{name} is not ready after {} s:\n{text}", PATIENCE.as_secs());
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Starts a program that does not say anything.
    pub(super) fn start_silent(
        name: &'static str,
        command: &mut Command,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let output = File::create(&log).with_context(|| log.display().to_string())?;
        let errors = output.try_clone().with_context(|| log.display().to_string())?;
        let process = Process::start(command.stdout(output).stderr(errors))?;
        Ok(Self { name, process, log, address: String::new() })
    }
}
