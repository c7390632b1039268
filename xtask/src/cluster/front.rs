//! `HAProxy` before the nodes, configured as `deploy/haproxy.cfg` tells operators to.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::part::Part;
use crate::setup::HAPROXY;

/// The documented example.
const EXAMPLE: &str = include_str!("../../../deploy/haproxy.cfg");
/// How long it may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts it on a port of this machine, and waits until it listens.
pub(super) fn start(directory: &Path, port: u16, nodes: &[String]) -> anyhow::Result<Part> {
    let path = directory.join("haproxy.cfg");
    fs::write(&path, configuration(port, nodes)).context("HAProxy's configuration")?;
    let mut command = Command::new(HAPROXY);
    command.arg("-f").arg(&path).stdin(Stdio::null());
    let mut front = Part::start_silent("HAProxy", &mut command, directory.join("haproxy.log"))?;
    let start = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if front.process.ended()?.is_some() || start.elapsed() > PATIENCE {
            let log = fs::read_to_string(&front.log).unwrap_or_default();
            bail!("HAProxy does not listen on port {port}:\n{log}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(front)
}

/// The example, with its `bind` and `server` lines replaced.
fn configuration(port: u16, nodes: &[String]) -> String {
    let mut lines = Vec::new();
    let servers = nodes.iter().zip(1..);
    let mut servers =
        Some(servers.map(|(node, number)| format!("    server node-{number} {node}")));
    for line in EXAMPLE.lines() {
        match line.split_whitespace().next() {
            Some("bind") => lines.push(format!("    bind 127.0.0.1:{port}")),
            Some("server") => lines.extend(servers.take().into_iter().flatten()),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a configuration that begin with a word.
    fn lines<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
        text.lines().map(str::trim).filter(|line| line.starts_with(word)).collect()
    }

    #[track_caller]
    fn is_accepted(text: &str) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("haproxy.cfg");
        fs::write(&path, text).unwrap();
        let output = Command::new(HAPROXY).arg("-c").arg("-f").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !said.contains("WARNING"), "{said}");
    }

    #[test]
    fn haproxy_accepts_the_example_and_what_is_made_from_it() {
        is_accepted(EXAMPLE);
        let made = configuration(9000, &["127.0.0.1:1".to_owned(), "127.0.0.1:2".to_owned()]);
        is_accepted(&made);
        assert_eq!(lines(&made, "bind "), ["bind 127.0.0.1:9000"]);
        let servers = ["server node-1 127.0.0.1:1", "server node-2 127.0.0.1:2"];
        assert_eq!(lines(&made, "server "), servers);
        assert_eq!(lines(&made, "balance"), lines(EXAMPLE, "balance"));
    }
}
