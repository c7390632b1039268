//! A node of the cluster: its configuration, its process, and a new process when that one ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::part::Part;
use super::program;
use crate::process::say;

/// How long a node that was killed stays away: long enough to see what the others do.
const PAUSE: Duration = Duration::from_secs(5);

/// What all nodes share.
pub(super) struct Storage {
    pub(super) data: String,
    pub(super) keyring: String,
    pub(super) bucket: String,
    pub(super) endpoint: String,
    pub(super) keys: [&'static str; 2],
    pub(super) keyring_directory: PathBuf,
}

/// One of the equal nodes.
pub(super) struct Node {
    number: usize,
    directory: PathBuf,
    log: PathBuf,
    port: u16,
    state: State,
}

enum State {
    Running(Part),
    /// It has ended, then.
    Away(Instant),
    Prepared,
}

impl Node {
    /// Writes the configuration of a node.
    pub(super) fn prepare(
        number: usize,
        cluster: &Path,
        storage: &Storage,
        url: &str,
    ) -> anyhow::Result<Self> {
        let directory = cluster.join(format!("node-{number}"));
        fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
        let port = throwaway::free_port().context("no free port")?;
        let text = configuration(storage, url, port);
        fs::write(directory.join("chappe.toml"), text).context("a node's configuration")?;
        let log = cluster.join(format!("node-{number}.log"));
        Ok(Self { number, directory, log, port, state: State::Prepared })
    }

    /// Where it answers.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where its log is.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Number of its process, while it runs.
    pub(super) fn process(&self) -> Option<u32> {
        match &self.state {
            State::Running(part) => Some(part.process.id()),
            State::Away(_) | State::Prepared => None,
        }
    }

    /// Runs a command of the program under this node's configuration; what it printed.
    pub(super) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output();
        let output = output.context("the program does not start")?;
        if !output.status.success() {
            bail!("chappe {}: {}", arguments.join(" "), output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts it and waits until it is ready.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        let part = Part::start("a node", &mut self.command(&["serve"]), self.log.clone())?;
        self.state = State::Running(part);
        Ok(())
    }

    /// Starts it again when it has ended, after a pause.
    pub(super) fn mend(&mut self) -> anyhow::Result<()> {
        match &mut self.state {
            State::Running(part) => {
                if let Some(status) = part.process.ended()? {
                    let kept = self.log.with_extension("before.log");
                    fs::rename(&self.log, &kept).context("a node's log")?;
                    let (number, log) = (self.number, kept.display());
                    say(&format!("node {number} has ended ({status}); its log is in {log}"));
                    self.state = State::Away(Instant::now());
                }
            }
            State::Away(since) if since.elapsed() > PAUSE => {
                self.start()?;
                let process = self.process().context("a node has ended at once")?;
                say(&format!("node {} runs again (process {process})", self.number));
            }
            State::Away(_) | State::Prepared => {}
        }
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("chappe"));
        command.args(arguments).args(["--config", "chappe.toml"]).current_dir(&self.directory);
        command.stdin(Stdio::null());
        command
    }
}

fn configuration(storage: &Storage, url: &str, port: u16) -> String {
    let Storage { data, keyring, bucket, endpoint, keys, keyring_directory } = storage;
    let [access_key_id, secret_access_key] = keys;
    let keyring_directory = keyring_directory.display();
    format!(
        "[server]\n\
         name = \"demo.localhost\"\n\
         public_url = \"{url}\"\n\
         data_directory = \"data\"\n\
         keyring_directory = \"{keyring_directory}\"\n\n\
         [listen]\n\
         addresses = [\"127.0.0.1:{port}\"]\n\
         trusted_proxies = [\"127.0.0.1\"]\n\n\
         [store]\n\
         engine = \"postgres\"\n\
         url = \"{data}\"\n\n\
         [keyring]\n\
         url = \"{keyring}\"\n\n\
         [media]\n\
         url = \"{bucket}\"\n\
         endpoint = \"{endpoint}\"\n\
         region = \"us-east-1\"\n\
         access_key_id = \"{access_key_id}\"\n\
         secret_access_key = \"{secret_access_key}\"\n"
    )
}
