//! SQL for a server of PostgreSQL, through its own `psql`: databases made, questions asked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::postgres::programs;
use crate::process::wait_for;

/// How long a template may be in use by somebody else.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server to which SQL can be sent: a throw-away one, or any other.
#[derive(Clone, Debug)]
pub struct Sql {
    psql: PathBuf,
    server: String,
}

impl Sql {
    /// The server at `postgres://user@host:port`.
    pub fn at(server: &str) -> anyhow::Result<Self> {
        Ok(Self::new(&programs()?, server))
    }

    pub(crate) fn new(programs: &Path, server: &str) -> Self {
        let server = server.trim_end_matches('/').to_owned();
        Self { psql: programs.join("psql"), server }
    }

    /// Address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.server)
    }

    /// Runs statements in a database; the rows, a line each, columns parted by `|`.
    pub fn run(&self, database: &str, statements: &str) -> anyhow::Result<String> {
        let mut psql = Command::new(&self.psql);
        let quiet = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set"];
        psql.args(quiet).args(["ON_ERROR_STOP=1", "--dbname", &self.url(database)]);
        psql.args(["--command", statements]);
        psql.env_clear().env("LC_ALL", "C").env("PGCONNECT_TIMEOUT", "10").stdin(Stdio::null());
        let output = psql.output().context("psql does not start")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) -> anyhow::Result<()> {
        self.run("postgres", &format!("create database {}", quoted(name)))?;
        Ok(())
    }

    /// Makes a database as a copy of another. PostgreSQL refuses while somebody is connected to
    /// the other one; a copy by another process counts, so that refusal alone is waited out.
    pub fn create_database_from(&self, name: &str, template: &str) -> anyhow::Result<()> {
        let (name, template) = (quoted(name), quoted(template));
        let statement = format!("create database {name} template {template}");
        wait_for(PATIENCE, || match self.run("postgres", &statement) {
            Ok(_) => Ok(Some(())),
            Err(error) if error.to_string().contains("is being accessed by other users") => {
                Ok(None)
            }
            Err(error) => Err(error),
        })
    }

    /// Removes a database, whoever is connected to it.
    pub fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        let statement = format!("drop database if exists {} with (force)", quoted(name));
        self.run("postgres", &statement)?;
        Ok(())
    }
}

/// A name as SQL takes any.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
