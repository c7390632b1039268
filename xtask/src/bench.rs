//! `cargo xtask bench`: measures the server as it ships.

use crate::process::{command, execute, run};
use crate::setup;

/// Builds the server and the bench in the release profile, and runs the bench.
pub(crate) fn bench(arguments: &[String]) -> anyhow::Result<()> {
    setup::web_client()?;
    run("cargo", ".", &["build", "--release", "--package", "chappe", "--package", "bench"])?;
    let mut bench = command("target/release/bench", ".", &[]);
    execute(bench.args(arguments))
}
