//! The server under test: one node on files, or equal nodes over PostgreSQL, on nothing before.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;

use crate::database::{Databases, Postgres};
use crate::node::{self, Node};
use crate::report;
use crate::usage::Usage;

/// What is measured.
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    pub(crate) nodes: usize,
    pub(crate) postgres: Option<Rc<Postgres>>,
    pub(crate) pace: Pace,
}

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Enough for figures.
    Full,
    /// A tenth of it.
    Quick,
}

/// A running server. Dropping it ends its processes and removes its data.
pub(crate) struct Server {
    nodes: Vec<Node>,
    databases: Option<Databases>,
    directory: TempDir,
    program: PathBuf,
    pace: Pace,
}

impl Setup {
    /// What its column in the table is called.
    pub(crate) fn name(&self) -> String {
        match (&self.postgres, self.nodes) {
            (None, _) => "files".to_owned(),
            (Some(_), 1) => "1 node".to_owned(),
            (Some(_), nodes) => format!("{nodes} nodes"),
        }
    }
}

impl Server {
    /// Starts a server that has never run.
    pub(crate) async fn start(setup: &Setup) -> anyhow::Result<Self> {
        let program = &setup.program;
        let program = program.canonicalize().with_context(|| program.display().to_string())?;
        let directory = tempfile::tempdir_in(".")?;
        let databases = setup.postgres.as_ref().map(Databases::make).transpose()?;
        let store = databases.as_ref().map(Databases::configuration).unwrap_or_default();
        let mut server =
            Self { nodes: Vec::new(), databases, directory, program, pace: setup.pace };
        for number in 0..setup.nodes {
            let directory = server.node_directory(number);
            Node::configure(&directory, &store)?;
            if number == 0 && server.databases.is_some() {
                node::run(&server.program, &directory, &["migrate", "--config", "chappe.toml"])
                    .await?;
            }
            server.nodes.push(Node::start(&server.program, &directory).await?);
        }
        Ok(server)
    }

    /// How often something is to be done that is done `full` times for figures.
    pub(crate) fn times(&self, full: usize) -> usize {
        match self.pace {
            Pace::Full => full,
            Pace::Quick => full.div_ceil(10),
        }
    }

    /// Where a client is answered: they go round the nodes.
    pub(crate) fn address(&self, client: usize) -> &str {
        let node = self.nodes.get(client % self.nodes.len().max(1));
        node.map(|node| node.address.as_str()).unwrap_or_default()
    }

    /// How long the first node took until it was ready.
    pub(crate) fn started_in(&self) -> Duration {
        self.nodes.first().map(|node| node.started_in).unwrap_or_default()
    }

    /// Stops every node and starts it again on the same data.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        for node in &mut self.nodes {
            node.restart().await?;
        }
        Ok(())
    }

    /// Ends every node; the data stay.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.tell_complaints();
        for node in self.nodes.drain(..) {
            node.stop().await?;
        }
        Ok(())
    }

    /// Says what the nodes have warned of.
    fn tell_complaints(&self) {
        for line in self.nodes.iter().flat_map(|node| node.complaints().unwrap_or_default()) {
            report::progress(&format!("  a node said: {line}"));
        }
    }

    /// Runs a command of the program in the directory of the first node; what it printed.
    pub(crate) async fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        node::run(&self.program, &self.node_directory(0), arguments).await
    }

    /// Where data are kept that are not in files.
    pub(crate) fn databases(&self) -> Option<&Databases> {
        self.databases.as_ref()
    }

    /// CPU seconds that the nodes have used.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        self.nodes.iter().map(Node::cpu_seconds).sum()
    }

    /// Memory of the nodes that is resident, in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        self.nodes.iter().map(Node::resident_mib).sum()
    }

    /// The most memory of the nodes that was ever resident, in MiB.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<f64> {
        self.nodes.iter().map(Node::peak_mib).sum()
    }

    /// What the server has used until now: where a measurement begins.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let database = self.databases.as_ref().map(Databases::activity_at_begin).transpose()?;
        Ok(Usage { server: self.cpu_seconds()?, database })
    }

    /// What it has used since: where a measurement ends.
    pub(crate) fn used_since(&self, before: &Usage) -> anyhow::Result<Usage> {
        let server = self.cpu_seconds()?;
        let database = self.databases.as_ref().map(Databases::activity_at_end).transpose()?;
        Ok(Usage { server, database }.since(before))
    }

    /// How often one node found that another had written a room first.
    pub(crate) fn conflicts(&self) -> anyhow::Result<usize> {
        self.nodes.iter().map(Node::conflicts).sum()
    }

    /// Bytes that the data take: of the files, or of the table and its index in the database.
    pub(crate) fn disk_bytes(&self) -> anyhow::Result<u64> {
        match &self.databases {
            Some(databases) => databases.bytes(),
            None => Ok(size(&self.node_directory(0).join("data"))?
                + size(&self.directory.path().join("keyring"))?),
        }
    }

    fn node_directory(&self, number: usize) -> PathBuf {
        self.directory.path().join(format!("node-{}", number + 1))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tell_complaints();
    }
}

fn size(path: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { size(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
