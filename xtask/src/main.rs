//! `cargo xtask`: everything that a developer does, each by one command that does its own set-up.

mod architecture;
mod bench;
mod cluster;
mod coverage;
mod options;
mod process;
mod run;
mod setup;
mod tally;
mod test;

use std::process::ExitCode;

use anyhow::bail;

const HELP: &str = "\
cargo xtask run [--fresh] [--port N]   build everything and start a demo server
cargo xtask cluster [--fresh] [--port N]   the same with three nodes, PostgreSQL, S3 and HAProxy
cargo xtask test [--store postgres]    set up, format, lints, Rust, web and browser tests, these
                                       on files and on PostgreSQL; or those on PostgreSQL alone
cargo xtask check                      the quick part of it: format, lints, architecture
cargo xtask coverage [--last] [--write]   which operations are served and tested, by a run of the
                                       tests or the last one; into docs/matrix-coverage.md
cargo xtask bench [--store postgres] [--nodes N] [--quick] …
                                       measure a server, in the release profile
cargo xtask screenshots                take pictures of every screen into docs/screenshots";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::say(&format!("\nfailed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments.as_slice()),
    };
    match command {
        "run" => run::run(rest),
        "cluster" => cluster::cluster(rest),
        "test" => test::test(rest),
        "check" => test::check(),
        "coverage" => coverage::coverage(rest),
        "bench" => bench::bench(rest),
        "screenshots" => test::screenshots(),
        "help" | "--help" | "-h" => {
            process::say(HELP);
            Ok(())
        }
        other => bail!("there is no task {other:?}\n\n{HELP}"),
    }
}
