//! The server under test: started on an empty directory, watched through `/proc`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Clock ticks of the system in a second (`USER_HZ`), the unit of `/proc/PID/stat`.
const TICKS: f64 = 100.0;

/// A running server. Dropping it ends the process.
pub(crate) struct Server {
    program: PathBuf,
    directory: TempDir,
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    /// From the start of the process until it said that it is ready.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Starts a server on an empty directory. Password hashes are as cheap as can be: the figures
    /// are not about them.
    pub(crate) async fn start(program: &Path) -> anyhow::Result<Self> {
        let program = program.canonicalize().with_context(|| program.display().to_string())?;
        let directory = tempfile::tempdir_in(".")?;
        let config = "[server]\nname = \"bench.example\"\ndata_directory = \"data\"\n\
            [listen]\naddresses = [\"127.0.0.1:0\"]\n\
            [registration]\nmode = \"open\"\n\
            [passwords]\nmemory_kib = 8\niterations = 1\n\
            [limits]\nsign_in_tries_per_minute = 0\n\
            [log]\nlevel = \"warn\"\n";
        std::fs::write(directory.path().join("chappe.toml"), config)?;
        let (process, output, address, started_in) = spawn(&program, directory.path()).await?;
        Ok(Self { program, directory, process, output, address, started_in })
    }

    /// Stops the server and starts it again on the same data.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        let again = spawn(&self.program, self.directory.path()).await?;
        (self.process, self.output, self.address, self.started_in) = again;
        Ok(())
    }

    /// CPU seconds that the process has used.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()?))?;
        let (_, after_name) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        let mut fields = after_name.split_whitespace().skip(11);
        let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok());
        let (user, system) = (next().context("utime")?, next().context("stime")?);
        Ok((user + system) / TICKS)
    }

    /// Memory of the process that is resident, in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    /// Bytes of the files that the server has written.
    pub(crate) fn disk_bytes(&self) -> anyhow::Result<u64> {
        fn size(path: &Path) -> std::io::Result<u64> {
            let mut sum = 0;
            for entry in std::fs::read_dir(path)? {
                let entry = entry?;
                let meta = entry.metadata()?;
                sum += if meta.is_dir() { size(&entry.path())? } else { meta.len() };
            }
            Ok(sum)
        }
        Ok(size(&self.directory.path().join("data"))?)
    }

    fn id(&self) -> anyhow::Result<u32> {
        self.process.id().context("the server has ended")
    }
}

async fn spawn(
    program: &Path,
    directory: &Path,
) -> anyhow::Result<(Child, Lines<BufReader<ChildStdout>>, String, Duration)> {
    let start = Instant::now();
    let mut process = Command::new(program)
        .args(["serve", "--config", "chappe.toml"])
        .current_dir(directory)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", program.display()))?;
    let stdout = process.stdout.take().context("no output")?;
    let mut output = BufReader::new(stdout).lines();
    let Some(line) = output.next_line().await? else { bail!("the server ended at once") };
    let address = line.strip_prefix("chappe is ready on http://").context("unexpected output")?;
    Ok((process, output, address.to_owned(), start.elapsed()))
}
