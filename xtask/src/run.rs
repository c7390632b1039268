//! `cargo xtask run`: from a fresh machine to a first message.

use std::fs;
use std::os::unix::process::CommandExt;

use anyhow::Context;

use crate::options::Options;
use crate::process::{command, root, run as run_to_end, say};
use crate::setup;

/// Where the demo keeps its data, below the root.
const DEMO: &str = ".chappe/demo";

/// Builds everything and becomes the demo server.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let Options { fresh, port } = Options::read("run", arguments)?;
    setup::web_client()?;
    run_to_end("cargo", ".", &["build", "--package", "chappe"])?;
    let directory = root().join(DEMO);
    if fresh && directory.exists() {
        say("beginning again: the demo's data are removed");
        fs::remove_dir_all(&directory).context("the demo's data do not go away")?;
    }
    fs::create_dir_all(&directory).context("the demo's directory cannot be made")?;
    let directory = directory.to_string_lossy();
    let listen = format!("127.0.0.1:{port}");
    let server = root().join("target/debug/chappe");
    let arguments = ["demo", "--directory", &directory, "--listen", &listen];
    say("");
    // The server takes this process's place, so Ctrl-C is its own.
    let failure = command(&server.to_string_lossy(), ".", &arguments).exec();
    Err(failure).context("the server does not start")
}
