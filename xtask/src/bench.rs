//! `cargo xtask bench`: measures the server as it ships.

use crate::process::{command, execute, run};
use crate::setup;

/// Builds the server and the bench in the release profile, and runs the bench.
pub(crate) fn bench(arguments: &[String]) -> anyhow::Result<()> {
    setup::web_client()?;
    if names_postgres(arguments) {
        setup::postgres()?;
    }
    run("cargo", ".", &["build", "--release", "--package", "chappe", "--package", "bench"])?;
    let mut bench = command("target/release/bench", ".", &[]);
    execute(bench.args(arguments))
}

/// Whether the bench will start PostgreSQL: `--store postgres` or `--store=postgres`.
fn names_postgres(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument.trim_start_matches("--store=") == "postgres")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_named_in_either_way_of_writing_an_option() {
        let names = |text: &str| {
            let arguments: Vec<_> = text.split_whitespace().map(ToOwned::to_owned).collect();
            names_postgres(&arguments)
        };
        assert!(names("--quick --store postgres --nodes 3"));
        assert!(names("--store=postgres"));
        assert!(!names("--only sends --store redb"));
    }
}
