//! `cargo xtask cluster`: what operators of a large deployment run, on this machine.
//!
//! PostgreSQL, an S3 server, three equal nodes and `HAProxy` before them, each a real program. All
//! data are below one directory and outlive a stop; the programs end with this one.

mod front;
mod node;
mod part;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use throwaway::{Durability, Postgres, Settings};
use tokio::signal::unix::{SignalKind, signal};

use crate::options::Options;
use crate::process::{root, run, say};
use crate::setup;

use node::{Node, Storage};
use part::Part;

/// Where the cluster keeps its data, below the root.
const CLUSTER: &str = ".chappe/cluster";
/// How many nodes there are.
const NODES: usize = 3;
/// How often we look whether every part still runs.
const GLANCE: Duration = Duration::from_millis(500);
/// The databases: for data and for keys.
const DATABASES: [&str; 2] = ["data", "keyring"];
const BUCKET: &str = "chappe";
/// Proof of identity towards an S3 server that only this machine can reach.
const KEYS: [&str; 2] = ["chappe", "throw-away"];

/// Builds everything and runs a cluster until told to stop.
pub(crate) fn cluster(arguments: &[String]) -> anyhow::Result<()> {
    let options = Options::read("cluster", arguments)?;
    setup::web_client()?;
    setup::postgres()?;
    setup::haproxy()?;
    run("cargo", ".", &["build", "--package", "chappe"])?;
    run("cargo", ".", &["build", "--package", "throwaway"])?;
    let directory = root().join(CLUSTER);
    if options.fresh && directory.exists() {
        say("beginning again: the cluster's data are removed");
        fs::remove_dir_all(&directory).context("the cluster's data do not go away")?;
    }
    fs::create_dir_all(&directory).context("the cluster's directory cannot be made")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut stopped = runtime.block_on(async { Stopped::listen() })?;
    let mut cluster = Cluster::start(&directory, options.port)?;
    say(&cluster.introduction()?);
    runtime.block_on(async {
        loop {
            tokio::select! {
                () = stopped.told() => return Ok(()),
                () = tokio::time::sleep(GLANCE) => cluster.mend()?,
            }
        }
    })
}

/// Everything that runs. The order is the order of ending: the front first, the stores last.
struct Cluster {
    front: Part,
    nodes: Vec<Node>,
    s3: Part,
    postgres: Postgres,
    people: String,
    url: String,
}

impl Cluster {
    fn start(directory: &Path, port: u16) -> anyhow::Result<Self> {
        say("\nstarting PostgreSQL and S3");
        let postgres = postgres(&directory.join("postgres"))?;
        let s3 = s3(directory)?;
        let storage = Storage {
            data: postgres.url(DATABASES[0]),
            keyring: postgres.url(DATABASES[1]),
            bucket: format!("s3://{BUCKET}"),
            endpoint: s3.address.clone(),
            keys: KEYS,
            keyring_directory: directory.join("keyring"),
        };
        let url = format!("http://localhost:{port}");
        let mut nodes = Vec::new();
        for number in 1..=NODES {
            nodes.push(Node::prepare(number, directory, &storage, &url)?);
        }
        let first = nodes.first().context("a cluster has nodes")?;
        first.run(&["migrate"])?;
        // Makes the keys that all nodes share, too.
        let people = first.run(&["demo", "--directory", &directory.to_string_lossy()])?;
        say("starting the nodes, and HAProxy before them");
        for node in &mut nodes {
            node.start()?;
        }
        let addresses: Vec<_> = nodes.iter().map(Node::address).collect();
        let front = front::start(directory, port, &addresses)?;
        Ok(Self { front, nodes, s3, postgres, people, url })
    }

    /// What a developer needs to know.
    fn introduction(&self) -> anyhow::Result<String> {
        let shown = |path: &Path| path.strip_prefix(root()).unwrap_or(path).display().to_string();
        let mut rows = Vec::new();
        for (node, number) in self.nodes.iter().zip(1..) {
            let process = node.process().context("a node has ended at once")?;
            let name = format!("node {number} (process {process})");
            rows.push((name, node.address(), shown(node.log())));
        }
        let log = self.postgres.directory().join("postgres.log");
        rows.push(("PostgreSQL".to_owned(), self.postgres.url(""), shown(&log)));
        rows.push(("S3".to_owned(), self.s3.address.clone(), shown(&self.s3.log)));
        rows.push(("HAProxy".to_owned(), self.url.clone(), shown(&self.front.log)));
        let rows =
            rows.iter().map(|(name, address, log)| format!("  {name:<24}{address:<36}{log}\n"));
        Ok(format!(
            "\nChappe is ready: {}/\n\n{}\n{}\nA node that is killed is started again after a while. \
             Ctrl-C stops everything; the next start finds everything as it was.",
            self.url,
            self.people,
            rows.collect::<String>(),
        ))
    }

    /// Starts nodes again that have ended; fails when anything else has.
    fn mend(&mut self) -> anyhow::Result<()> {
        for node in &mut self.nodes {
            node.mend()?;
        }
        for part in [&mut self.front, &mut self.s3] {
            if let Some(status) = part.process.ended()? {
                bail!("{} ended ({status}); see {}", part.name, part.log.display());
            }
        }
        if !self.postgres.is_running()? {
            bail!("PostgreSQL ended; see {}", self.postgres.directory().display());
        }
        Ok(())
    }
}

/// The requests to end that a terminal or the system makes.
struct Stopped([tokio::signal::unix::Signal; 3]);

impl Stopped {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("a request to end cannot be heard");
        let interrupt = listen(SignalKind::interrupt())?;
        Ok(Self([interrupt, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
    }

    async fn told(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        say("\nstopping");
    }
}

fn postgres(directory: &Path) -> anyhow::Result<Postgres> {
    let settings = Settings { durability: Durability::Durable, ..Settings::default() };
    let server = Postgres::start_in(directory, settings)?;
    for name in DATABASES {
        let question = format!("select 1 from pg_database where datname = '{name}'");
        if server.sql().run("postgres", &question)?.is_empty() {
            server.create_database(name)?;
        }
    }
    Ok(server)
}

fn s3(directory: &Path) -> anyhow::Result<Part> {
    let program = program("throwaway-s3");
    let mut command = std::process::Command::new(program);
    command.arg(directory.join("s3")).arg(BUCKET).args(KEYS);
    Part::start("S3", &mut command, directory.join("s3.log"))
}

/// A program that we have built.
fn program(name: &str) -> PathBuf {
    root().join("target/debug").join(name)
}
