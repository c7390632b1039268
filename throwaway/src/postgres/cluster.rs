//! A directory of PostgreSQL: made, copied, configured, and a server started on it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use super::run_to_end;
use crate::account::Account;
use crate::certificate::Certificate;
use crate::process::Process;
use crate::sql::Sql;

/// Where Debian keeps the programs, one directory for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Oldest version that will do.
const VERSION: u32 = 15;
/// Our settings, beside PostgreSQL's own file, which includes them.
const CONFIGURATION: &str = "throwaway.conf";

/// Files of one server, and who runs it.
#[derive(Debug)]
pub(super) struct Cluster {
    directory: PathBuf,
    /// Removes the directory with this.
    #[expect(dead_code, reason = "it is there to be dropped")]
    temporary: Option<TempDir>,
    programs: PathBuf,
    account: Account,
}

impl Cluster {
    /// The cluster in a directory, whether it is there yet or not.
    pub(super) fn at(directory: &Path) -> anyhow::Result<Self> {
        let shown = || directory.display().to_string();
        fs::create_dir_all(directory).with_context(shown)?;
        let directory = directory.canonicalize().with_context(shown)?;
        let account = Account::find()?;
        account.require_way_to(&directory)?;
        account.owns(&directory)?;
        Ok(Self { directory, temporary: None, programs: programs()?, account })
    }

    /// A directory that goes when this does.
    pub(super) fn temporary() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir().context("no temporary directory")?;
        let cluster = Self::at(directory.path())?;
        Ok(Self { temporary: Some(directory), ..cluster })
    }

    pub(super) fn is_there(&self) -> bool {
        self.data().join("PG_VERSION").exists()
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(super) fn logs(&self) -> anyhow::Result<String> {
        let path = self.log();
        if !path.exists() {
            return Ok(String::new());
        }
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Begins an empty log.
    pub(super) fn begin_log(&self) -> anyhow::Result<()> {
        let path = self.log();
        fs::write(&path, "").with_context(|| path.display().to_string())
    }

    /// SQL for a server of it on a port.
    pub(super) fn sql(&self, port: u16) -> Sql {
        Sql::new(&self.programs, &format!("postgres://chappe@127.0.0.1:{port}"))
    }

    /// Makes an empty cluster.
    pub(super) fn initialise(&self) -> anyhow::Result<()> {
        let mut initdb = self.program("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--username=chappe", "--encoding=UTF8"]);
        initdb.args(["--locale=C", "--pgdata"]).arg(self.data());
        run_to_end(&mut initdb)?;
        let path = self.data().join("postgresql.conf");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        self.write("postgresql.conf", &format!("{text}\ninclude = '{CONFIGURATION}'\n"))
    }

    /// Makes a copy of the running server on a port, that follows it under a name.
    pub(super) fn copy(&self, port: u16, name: &str) -> anyhow::Result<()> {
        let primary = format!("host=127.0.0.1 port={port} user=chappe application_name={name}");
        let mut copy = self.program("pg_basebackup");
        copy.args(["--no-sync", "--checkpoint=fast", "--wal-method=stream"]);
        copy.args(["--write-recovery-conf", "--dbname", &primary, "--pgdata"]).arg(self.data());
        run_to_end(&mut copy)
    }

    /// Writes our settings, and who may connect: everybody on this machine.
    pub(super) fn configure(
        &self,
        lines: &[String],
        certificate: Option<&Certificate>,
    ) -> anyhow::Result<()> {
        let mut kind = "host";
        if let Some(certificate) = certificate {
            kind = "hostssl";
            for (from, to) in
                [(&certificate.certificate, "server.crt"), (&certificate.key, "server.key")]
            {
                let text = fs::read_to_string(from).with_context(|| from.display().to_string())?;
                self.write(to, &text)?;
            }
        }
        let who = ["all", "replication"]
            .map(|database| format!("{kind} {database} all 127.0.0.1/32 trust\n"));
        self.write("pg_hba.conf", &who.concat())?;
        self.write(CONFIGURATION, &lines.iter().flat_map(|line| [line, "\n"]).collect::<String>())
    }

    /// Starts a server.
    pub(super) fn spawn(&self) -> anyhow::Result<Process> {
        let path = self.log();
        let log = File::options().create(true).append(true).open(&path);
        let log = log.with_context(|| path.display().to_string())?;
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).stdout(Stdio::null()).stderr(log);
        // SIGQUIT: at once, and its children with it.
        Process::start_ended_by(&mut server, Signal::QUIT)
    }

    /// Whether the server of this process number answers: it says so in its lock file.
    pub(super) fn is_ready(&self, process: u32) -> bool {
        let Ok(text) = fs::read_to_string(self.data().join("postmaster.pid")) else {
            return false;
        };
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        lines.first() == Some(&process.to_string().as_str()) && lines.get(7) == Some(&"ready")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.directory).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        self.account.runs(&mut command);
        command
    }

    fn log(&self) -> PathBuf {
        self.directory.join("postgres.log")
    }

    /// Writes a file of the data directory as PostgreSQL wants it: its own, and nobody else's.
    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let path = self.data().join(name);
        let file = File::options().create(true).write(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        self.account.owns(&path)
    }
}

/// Where the programs of the newest PostgreSQL of this machine are.
pub(crate) fn programs() -> anyhow::Result<PathBuf> {
    let debian = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let debian = debian.map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = debian.chain(std::env::split_paths(&path));
    let found = candidates.filter_map(|directory| {
        let program = directory.join("postgres").canonicalize().ok()?;
        Some((version(&program)?, program.parent()?.to_owned()))
    });
    match found.max() {
        Some((version, directory)) if version >= VERSION => Ok(directory),
        Some((version, _)) => bail!("PostgreSQL {version} is too old: {VERSION} is needed"),
        None => bail!("PostgreSQL is not installed: {VERSION} or newer is needed"),
    }
}

/// Version of a server program: it says `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
