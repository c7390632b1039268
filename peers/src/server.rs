//! The program, started for one test and ended with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context;

/// Names the program; beside this workspace's own when absent.
const PROGRAM: &str = "CHAPPE_PROGRAM";

/// A running server. Dropping it kills the process.
pub struct Server {
    process: Child,
    _output: BufReader<ChildStdout>,
    _directory: tempfile::TempDir,
    /// Where it answers.
    pub url: String,
}

impl Server {
    /// Starts a server on which anybody may open an account.
    pub fn start() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let configuration = "[server]\nname = \"chappe.example\"\ndata_directory = \"data\"\n\
             [listen]\naddresses = [\"127.0.0.1:0\"]\n\
             [passwords]\nmemory_kib = 8\niterations = 1\n\
             [registration]\nmode = \"open\"\n\
             [limits]\nrates = false\n[log]\nlevel = \"warn\"\n";
        std::fs::write(directory.path().join("chappe.toml"), configuration)?;
        let program = program();
        let mut process = Command::new(&program)
            .args(["serve", "--config", "chappe.toml"])
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let output = process.stdout.take().context("an output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.trim_end().strip_prefix("chappe is ready on ").context(line.clone())?;
        Ok(Self { url: url.to_owned(), process, _output: output, _directory: directory })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself: the test has said so then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debug/chappe");
    std::env::var_os(PROGRAM).map_or_else(|| beside.into(), PathBuf::from)
}
