//! Running other programs from the root of the project, and telling what goes on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

/// Tells the developer something.
pub(crate) fn say(text: &str) {
    // Nobody left to tell when this fails.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A command that runs in a folder of the project.
pub(crate) fn command(program: &str, folder: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root().join(folder)).stdin(Stdio::null());
    command
}

/// Runs a command to its end, its output shown; fails when it fails.
pub(crate) fn run(program: &str, folder: &str, arguments: &[&str]) -> anyhow::Result<()> {
    execute(&mut command(program, folder, arguments))
}

/// Runs a prepared command to its end; fails when it fails.
pub(crate) fn execute(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    say(&format!("\n> {shown}"));
    let start = Instant::now();
    let status = command.status().with_context(|| format!("{shown} does not start"))?;
    say(&format!("  ({} s)", start.elapsed().as_secs()));
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// Runs a command to its end and gives what it printed; fails when it fails.
pub(crate) fn output(program: &str, folder: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = command(program, folder, arguments);
    let shown = shown(&command);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{shown} does not start"))?;
    if !output.status.success() {
        bail!("{shown}: {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{shown} does not print text"))
}

/// Whether a program is there to be run.
pub(crate) fn exists(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
