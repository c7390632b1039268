//! One node of the server under test: its process, watched through `/proc`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::processes;

/// A node's configuration, in its directory.
const CONFIGURATION: &str = "chappe.toml";
/// What a node logs.
const LOG: &str = "log";
/// What a node says, at the level that we ask for, when another node wrote a room first.
const CONFLICT: &str = "another node wrote first";

/// A node that runs. Dropping it ends the process.
pub(crate) struct Node {
    program: PathBuf,
    directory: PathBuf,
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    /// From the start of the process until it said that it is ready.
    pub(crate) started_in: Duration,
}

impl Node {
    /// Writes the configuration of a node. Password hashes are as cheap as can be: the figures are
    /// not about them.
    pub(crate) fn configure(directory: &Path, store: &str) -> anyhow::Result<()> {
        let config = format!(
            "[server]\nname = \"bench.example\"\ndata_directory = \"data\"\n\
             keyring_directory = \"../keyring\"\n\
             [listen]\naddresses = [\"127.0.0.1:0\"]\n\
             [registration]\nmode = \"open\"\n\
             [passwords]\nmemory_kib = 8\niterations = 1\n\
             [limits]\nrates = false\n\
             [log]\nlevel = \"warn,rooms::commit=debug\"\n{store}"
        );
        std::fs::create_dir_all(directory)?;
        Ok(std::fs::write(directory.join(CONFIGURATION), config)?)
    }

    /// Starts a node and waits until it is ready.
    pub(crate) async fn start(program: &Path, directory: &Path) -> anyhow::Result<Self> {
        let (program, directory) = (program.to_owned(), directory.to_owned());
        let (process, output, address, started_in) = spawn(&program, &directory).await?;
        Ok(Self { program, directory, process, output, address, started_in })
    }

    /// Stops the node and starts it again on the same data.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        let again = spawn(&self.program, &self.directory).await?;
        (self.process, self.output, self.address, self.started_in) = again;
        Ok(())
    }

    /// Ends the node.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }

    /// CPU seconds that the process has used.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        processes::cpu_seconds(self.id()?)
    }

    /// Memory of the process that is resident, in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        processes::resident_mib(self.id()?)
    }

    /// The most memory of the process that was ever resident, in MiB.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<f64> {
        processes::peak_mib(self.id()?)
    }

    /// How often it found that another node had written a room first.
    pub(crate) fn conflicts(&self) -> anyhow::Result<usize> {
        let log = std::fs::read_to_string(self.directory.join(LOG))?;
        Ok(log.lines().filter(|line| line.contains(CONFLICT)).count())
    }

    /// Warnings and errors that it has logged.
    pub(crate) fn complaints(&self) -> anyhow::Result<Vec<String>> {
        let log = std::fs::read_to_string(self.directory.join(LOG))?;
        let lines = log.lines().filter(|line| !line.contains(CONFLICT));
        Ok(lines.map(str::to_owned).collect())
    }

    fn id(&self) -> anyhow::Result<u32> {
        self.process.id().context("the server has ended")
    }
}

/// A command of the program in the directory of a node, under its configuration.
pub(crate) fn command(program: &Path, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command of the program to its end; what it printed.
pub(crate) async fn run(
    program: &Path,
    directory: &Path,
    arguments: &[&str],
) -> anyhow::Result<String> {
    let output = command(program, directory, arguments).output().await?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("chappe {}: {}\n{errors}", arguments.join(" "), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn spawn(
    program: &Path,
    directory: &Path,
) -> anyhow::Result<(Child, Lines<BufReader<ChildStdout>>, String, Duration)> {
    let start = Instant::now();
    let log = directory.join(LOG);
    let mut process = command(program, directory, &["serve", "--config", CONFIGURATION])
        .stdout(Stdio::piped())
        .stderr(File::options().create(true).append(true).open(&log)?)
        .spawn()
        .with_context(|| format!("{} does not start", program.display()))?;
    let stdout = process.stdout.take().context("no output")?;
    let mut output = BufReader::new(stdout).lines();
    let Some(line) = output.next_line().await? else {
        bail!("the server ended at once:\n{}", std::fs::read_to_string(&log)?)
    };
    let address = line.strip_prefix("chappe is ready on http://").context("unexpected output")?;
    Ok((process, output, address.to_owned(), start.elapsed()))
}
