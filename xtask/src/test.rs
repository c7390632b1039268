//! `cargo xtask test`: everything that decides whether a change may land.
//!
//! The integration and browser tests run twice: on files, and on a throw-away PostgreSQL.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};
use throwaway::{Durability, Postgres, Settings};

use crate::process::{command, execute, exists, root, run, say};
use crate::tally::Tally;
use crate::{architecture, coverage, setup};

/// Tells tests where a PostgreSQL server is on which they may make databases. The integration
/// and browser tests run on it when they are told, and on files when not.
const POSTGRES: &str = "CHAPPE_TEST_POSTGRES";

/// Which tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    All,
    /// Those of the PostgreSQL engine, and all that can run on files or on it, on it.
    OnPostgres,
}

/// Part of the Rust tests.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// All but those of the program; those of the store run on every engine.
    Libraries,
    /// The store's alone.
    Store,
    /// The program's, but for those of clusters, which are on PostgreSQL in any case.
    Program,
    /// The program's that speak to a server, or to a cluster.
    Integration,
}

/// Sets up, runs every check and every test, and ends with the counts.
pub(crate) fn test(arguments: &[String]) -> anyhow::Result<()> {
    let which = which(arguments)?;
    setup::web_client()?;
    setup::browser()?;
    setup::postgres()?;
    setup::haproxy()?;
    setup::faketime()?;
    setup::synadm()?;
    setup::relay()?;
    if which == Which::All {
        check()?;
    }
    let counts = counts(which)?;
    let mut total = Tally::default();
    say("");
    for (name, tally) in counts {
        say(&format!("{name}: {tally}"));
        total = total.plus(tally);
    }
    say(&format!("\n{total}"));
    if total.failed > 0 || total.passed == 0 {
        bail!("not every test passed");
    }
    Ok(())
}

fn which(arguments: &[String]) -> anyhow::Result<Which> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(Which::All),
        ["--store", "postgres"] => Ok(Which::OnPostgres),
        _ => bail!("test has the option --store postgres, and no other"),
    }
}

/// Runs the tests.
fn counts(which: Which) -> anyhow::Result<Vec<(&'static str, Tally)>> {
    let browser = ["--project", "tests"];
    let mut counts = Vec::new();
    // Each on a server of its own: the browser tests search all that theirs has written.
    let server = server()?;
    if which == Which::All {
        let libraries = rust_tests(Part::Libraries, Some(&server))?;
        let directory = coverage::prepare()?;
        counts.push(("Rust", libraries.plus(integration(&directory)?)));
        counts.push(("coverage", coverage::check(&directory)?));
    }
    let mut postgres = rust_tests(Part::Integration, Some(&server))?;
    if which == Which::OnPostgres {
        postgres = postgres.plus(rust_tests(Part::Store, Some(&server))?);
    }
    drop(server);
    counts.push(("Rust on PostgreSQL", postgres));
    // The Rust tests have built the program that these drive.
    if which == Which::All {
        counts.push(("another client", another_client()?));
        counts.push(("web", vitest("web", &[], None)?));
        counts.push(("browser", vitest("e2e", &browser, None)?));
    }
    counts.push(("browser on PostgreSQL", vitest("e2e", &browser, Some(&self::server()?))?));
    Ok(counts)
}

/// Runs the program's tests; what they ask for is written down in this directory.
pub(crate) fn integration(directory: &Path) -> anyhow::Result<Tally> {
    let environment = [(coverage::DIRECTORY, directory.display().to_string())];
    rust_tests_with(Part::Program, &environment)
}

fn server() -> anyhow::Result<Postgres> {
    Postgres::start(Settings { durability: Durability::Fleeting, ..Settings::default() })
        .context("a throw-away PostgreSQL for the tests")
}

/// Format, lints, and the shape of the tree.
pub(crate) fn check() -> anyhow::Result<()> {
    architecture::check()?;
    run("cargo", ".", &["fmt", "--all", "--check"])?;
    run("cargo", "peers", &["fmt", "--check"])?;
    let warnings = ["--", "--deny", "warnings"];
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked"];
    run("cargo", ".", &[clippy.as_slice(), warnings.as_slice()].concat())?;
    setup::npm_packages()?;
    run("npm", "web", &["run", "--silent", "check"])?;
    run("npm", "e2e", &["run", "--silent", "check"])
}

/// Takes pictures of every screen.
pub(crate) fn screenshots() -> anyhow::Result<()> {
    setup::web_client()?;
    setup::browser()?;
    run("cargo", ".", &["build", "--package", "chappe"])?;
    run("npm", "e2e", &["run", "--silent", "screenshots"])
}

impl Part {
    /// This part, as nextest selects it.
    fn filter(self) -> &'static str {
        match self {
            Self::Libraries => "not package(chappe)",
            Self::Store => "package(store)",
            Self::Program => "package(chappe) and not test(/^(cluster|faults)::/)",
            Self::Integration => "package(chappe) and binary(it)",
        }
    }

    /// This part, as `cargo test` selects it.
    fn selection(self) -> &'static [&'static str] {
        match self {
            Self::Libraries => &["--workspace", "--exclude", "chappe"],
            Self::Store => &["--package", "store"],
            Self::Program => {
                &["--package", "chappe", "--", "--skip", "cluster::", "--skip", "faults::"]
            }
            Self::Integration => &["--package", "chappe", "--test", "it"],
        }
    }
}

/// Runs the tests of a client that nobody here wrote. A workspace of its own: their libraries have
/// other versions and features than ours.
fn another_client() -> anyhow::Result<Tally> {
    let workspace = ["--manifest-path", "peers/Cargo.toml", "--target-dir", "target/peers"];
    let runner = if exists("cargo-nextest") { ["nextest", "run"].as_slice() } else { &["test"] };
    let options = ["--locked", "--no-fail-fast"];
    let output = captured(&[runner, &options, &workspace].concat(), &[])?;
    let tally = match runner {
        ["test"] => Some(Tally::of_cargo_test(&output)),
        _ => Tally::of_nextest(&output),
    };
    tally.filter(|tally| *tally != Tally::default()).context("the other client did not run")
}

fn rust_tests(part: Part, server: Option<&Postgres>) -> anyhow::Result<Tally> {
    rust_tests_with(part, environment(server).as_slice())
}

fn rust_tests_with(part: Part, environment: &[(&str, String)]) -> anyhow::Result<Tally> {
    if exists("cargo-nextest") {
        // The whole workspace each time: of a part alone, the libraries would be built anew.
        let workspace = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        let filter = ["--filterset", part.filter()];
        let output = captured(&[workspace.as_slice(), &filter].concat(), environment)?;
        return Tally::of_nextest(&output).context("the Rust tests did not run");
    }
    let all = ["test", "--locked", "--no-fail-fast"];
    let output = captured(&[all.as_slice(), part.selection()].concat(), environment)?;
    let tally = Tally::of_cargo_test(&output);
    if tally == Tally::default() {
        bail!("the Rust tests did not run");
    }
    Ok(tally)
}

/// Runs cargo, shows what it prints, and gives it back. Failing tests are in the counts.
fn captured(arguments: &[&str], environment: &[(&str, String)]) -> anyhow::Result<String> {
    say(&format!("\n> cargo {}", arguments.join(" ")));
    let mut child = command("cargo", ".", arguments)
        .env("CARGO_TERM_COLOR", "never")
        .envs(environment.iter().cloned())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo does not start")?;
    let mut text = String::new();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || echo(out));
    text += &echo(err);
    text += &reader.join().unwrap_or_default();
    child.wait().context("cargo does not end")?;
    Ok(text)
}

/// What tests are told of a server.
fn environment(server: Option<&Postgres>) -> Option<(&'static str, String)> {
    server.map(|server| (POSTGRES, server.url("")))
}

fn echo(stream: Option<impl std::io::Read>) -> String {
    use std::io::{BufRead, BufReader};
    let mut text = String::new();
    let Some(stream) = stream else { return text };
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        // Nobody left to tell when this fails.
        let _ = writeln!(std::io::stdout(), "{line}");
        text += &line;
        text.push('\n');
    }
    text
}

/// Runs the vitest tests of a folder, those that `which` selects.
fn vitest(folder: &str, which: &[&str], server: Option<&Postgres>) -> anyhow::Result<Tally> {
    let report = root().join("target").join(format!("vitest-{folder}.json"));
    if report.exists() {
        fs::remove_file(&report).context("the last report does not go away")?;
    }
    let to = format!("--outputFile={}", report.display());
    let arguments = ["vitest", "run", "--reporter=default", "--reporter=json", &to];
    let mut vitest = command("npx", folder, &arguments);
    // To the server that they start, it would be configuration.
    vitest.env_remove(coverage::SPECIFICATION);
    let ended = execute(vitest.args(which).envs(environment(server)));
    let tally = fs::read_to_string(&report)
        .with_context(|| format!("the tests of {folder}/ did not run"))
        .and_then(|text| Tally::of_vitest(&text))?;
    // A failure outside of any test (an unhandled rejection) is one all the same.
    if ended.is_err() && tally.failed == 0 {
        return Ok(tally.plus(Tally { passed: 0, failed: 1 }));
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_selects_tests() {
        let which = |text: &str| {
            which(&text.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>()).ok()
        };
        assert_eq!(which(""), Some(Which::All));
        assert_eq!(which("--store postgres"), Some(Which::OnPostgres));
        assert_eq!(which("--store redb"), None);
        assert_eq!(which("--store"), None);
    }
}
