//! PostgreSQL: a cluster of its own in a directory, on a free port, asking nobody who they are.

mod cluster;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::Signal;

use crate::certificate::Certificate;
use crate::free_port;
use crate::process::{Process, wait_for};
use crate::sql::Sql;

use cluster::Cluster;
pub(crate) use cluster::programs;

/// How long a start may take: after a kill the log is read first.
const PATIENCE: Duration = Duration::from_mins(1);
/// Ports tried before giving up: another process may take one between our look and its use.
const PORTS: usize = 5;
/// What a standby calls itself.
const STANDBY: &str = "standby";

/// Whether what was acknowledged outlives a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It does, as in real use: for tests of faults, and for figures.
    #[default]
    Durable,
    /// It may not: quicker, for tests of plain behaviour.
    Fleeting,
}

/// How a server is set up.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether what was acknowledged outlives a crash.
    pub durability: Durability,
    /// Further lines of `postgresql.conf`, which win over ours.
    pub lines: Vec<String>,
    /// With it the server speaks TLS, and refuses whoever does not.
    pub certificate: Option<Certificate>,
}

/// A PostgreSQL server. Dropping it ends the server, and removes its directory when it had none
/// given.
#[derive(Debug)]
pub struct Postgres {
    process: Option<Process>,
    cluster: Cluster,
    settings: Settings,
    port: u16,
    /// Standbys that every commit waits for.
    waits_for: &'static str,
    sql: Sql,
}

impl Postgres {
    /// A server in a temporary directory.
    pub fn start(settings: Settings) -> anyhow::Result<Self> {
        let cluster = Cluster::temporary()?;
        cluster.initialise()?;
        Self::over(cluster, settings)
    }

    /// A server in a directory: the one that is there already, or a new one.
    pub fn start_in(directory: &Path, settings: Settings) -> anyhow::Result<Self> {
        let cluster = Cluster::at(directory)?;
        if !cluster.is_there() {
            cluster.initialise()?;
        }
        Self::over(cluster, settings)
    }

    fn over(cluster: Cluster, settings: Settings) -> anyhow::Result<Self> {
        let port = free_port().context("no free port")?;
        let sql = cluster.sql(port);
        let mut server = Self { process: None, cluster, settings, port, waits_for: "", sql };
        for _ in 1..PORTS {
            server.cluster.begin_log()?;
            match server.start_again() {
                Err(_) if server.logs()?.contains("could not bind") => {}
                started => return started.map(|()| server),
            }
            server.port = free_port().context("no free port")?;
            server.sql = server.cluster.sql(server.port);
        }
        server.start_again().map(|()| server)
    }

    /// Address of one of its databases; every server has `postgres`.
    pub fn url(&self, database: &str) -> String {
        self.sql.url(database)
    }

    /// Its port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// SQL for this server.
    pub fn sql(&self) -> &Sql {
        &self.sql
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) -> anyhow::Result<()> {
        self.sql.create_database(name)
    }

    /// Makes a database as a copy of another, to which nobody may be connected.
    pub fn create_database_from(&self, name: &str, template: &str) -> anyhow::Result<()> {
        self.sql.create_database_from(name, template)
    }

    /// Where its files are, its data in `data/` and its log: to be searched, or looked at when
    /// something is wrong.
    pub fn directory(&self) -> &Path {
        self.cluster.directory()
    }

    /// What the server has logged.
    pub fn logs(&self) -> anyhow::Result<String> {
        self.cluster.logs()
    }

    /// Whether it runs: it may have ended by itself.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        self.process.as_mut().map_or(Ok(false), |process| Ok(process.ended()?.is_none()))
    }

    /// Kills every process of the server at once, as a service manager's `kill -9` does.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().map_or(Ok(()), Process::kill)
    }

    /// Stops the server in order; connections are ended.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let status = process.end(Signal::INT)?;
        if !status.success() {
            bail!("PostgreSQL ended with {status}:\n{}", self.logs()?);
        }
        Ok(())
    }

    /// Starts the server again after [`Self::kill`] or [`Self::stop`], on the same port and data.
    /// Returns once it answers.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        if self.process.is_some() {
            bail!("the server runs");
        }
        self.configure()?;
        let mut process = self.cluster.spawn()?;
        let started = wait_for(PATIENCE, || {
            if let Some(status) = process.ended()? {
                bail!("PostgreSQL ended with {status}");
            }
            Ok(self.cluster.is_ready(process.id()).then_some(()))
        });
        started.with_context(|| self.logs().unwrap_or_default())?;
        self.process = Some(process);
        Ok(())
    }

    /// A second server that follows this one by streaming replication. From now on a commit is
    /// acknowledged only once it is safe on both.
    pub fn standby(&mut self) -> anyhow::Result<Self> {
        let cluster = Cluster::temporary()?;
        cluster.copy(self.port, STANDBY)?;
        let standby = Self::over(cluster, self.settings.clone())?;
        self.waits_for = STANDBY;
        self.configure()?;
        self.process.as_ref().context("the server does not run")?.signal(Signal::HUP)?;
        let question = "select count(*) from pg_stat_replication where sync_state = 'sync'";
        wait_for(PATIENCE, || {
            let following = self.sql.run("postgres", question)?;
            Ok((following == "1").then_some(()))
        })?;
        Ok(standby)
    }

    /// Makes a standby the server that is written to. Returns once it can be.
    pub fn promote(&self) -> anyhow::Result<()> {
        let promoted = self.sql.run("postgres", "select pg_promote(true, 60)")?;
        if promoted != "t" {
            bail!("the standby is not promoted");
        }
        Ok(())
    }

    /// Writes the configuration.
    fn configure(&self) -> anyhow::Result<()> {
        let mut lines = vec![
            format!("port = {}", self.port),
            "listen_addresses = '127.0.0.1'".to_owned(),
            "unix_socket_directories = ''".to_owned(),
            "max_connections = 300".to_owned(),
            format!("synchronous_standby_names = '{}'", self.waits_for),
        ];
        if self.settings.durability == Durability::Fleeting {
            let off = ["fsync", "synchronous_commit", "full_page_writes"];
            lines.extend(off.map(|setting| format!("{setting} = off")));
            // Nor does what was deleted live on in files that were kept for further use.
            lines.push("wal_recycle = off".to_owned());
        }
        if self.settings.certificate.is_some() {
            lines.push("ssl = on".to_owned());
        }
        lines.extend(self.settings.lines.iter().cloned());
        self.cluster.configure(&lines, self.settings.certificate.as_ref())
    }
}

/// Runs a program of PostgreSQL to its end.
fn run_to_end(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} does not start"))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        bail!("{name}: {}", String::from_utf8_lossy(&text).trim());
    }
    Ok(())
}
