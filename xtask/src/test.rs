//! `cargo xtask test`: everything that decides whether a change may land.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, bail};

use crate::process::{command, execute, exists, root, run, say};
use crate::tally::Tally;
use crate::{architecture, setup};

/// Sets up, runs every check and every test, and ends with the counts.
pub(crate) fn test() -> anyhow::Result<()> {
    setup::web_client()?;
    setup::browser()?;
    check()?;
    let rust = rust_tests()?;
    let web = vitest("web", &[])?;
    // The Rust tests have built the program that these drive.
    let browser = vitest("e2e", &["--project", "tests"])?;
    say(&format!("\nRust: {rust}\nweb: {web}\nbrowser: {browser}\n"));
    let total = rust.plus(web).plus(browser);
    say(&total.to_string());
    if total.failed > 0 || total.passed == 0 {
        bail!("not every test passed");
    }
    Ok(())
}

/// Format, lints, and the shape of the tree.
pub(crate) fn check() -> anyhow::Result<()> {
    architecture::check()?;
    run("cargo", ".", &["fmt", "--all", "--check"])?;
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

fn rust_tests() -> anyhow::Result<Tally> {
    if exists("cargo-nextest") {
        let arguments = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        let output = captured(&arguments)?;
        return Tally::of_nextest(&output).context("the Rust tests did not run");
    }
    let output = captured(&["test", "--workspace", "--locked", "--no-fail-fast"])?;
    let tally = Tally::of_cargo_test(&output);
    if tally == Tally::default() {
        bail!("the Rust tests did not run");
    }
    Ok(tally)
}

/// Runs cargo, shows what it prints, and gives it back. Failing tests are in the counts.
fn captured(arguments: &[&str]) -> anyhow::Result<String> {
    say(&format!("\n> cargo {}", arguments.join(" ")));
    let mut child = command("cargo", ".", arguments)
        .env("CARGO_TERM_COLOR", "never")
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
fn vitest(folder: &str, which: &[&str]) -> anyhow::Result<Tally> {
    let report = root().join("target").join(format!("vitest-{folder}.json"));
    if report.exists() {
        fs::remove_file(&report).context("the last report does not go away")?;
    }
    let to = format!("--outputFile={}", report.display());
    let arguments = ["vitest", "run", "--reporter=default", "--reporter=json", &to];
    let ended = execute(command("npx", folder, &arguments).args(which));
    let tally = fs::read_to_string(&report)
        .with_context(|| format!("the tests of {folder}/ did not run"))
        .and_then(|text| Tally::of_vitest(&text))?;
    // A failure outside of any test (an unhandled rejection) is one all the same.
    if ended.is_err() && tally.failed == 0 {
        return Ok(tally.plus(Tally { passed: 0, failed: 1 }));
    }
    Ok(tally)
}
