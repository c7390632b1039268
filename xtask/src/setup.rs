//! What a fresh machine lacks, installed by its own means: npm packages, a browser.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, bail};

use crate::process::{exists, output, root, run, say};

/// The browser of the tests, as Debian names it.
const CHROMIUM: &str = "/usr/bin/chromium";
/// Oldest Node.js that the client builds with.
const NODE: u32 = 20;

/// Packages of the web client and of the browser tests.
pub(crate) fn npm_packages() -> anyhow::Result<()> {
    require_node()?;
    for folder in ["web", "e2e"] {
        if is_stale(&root().join(folder)) {
            say(&format!("installing the npm packages of {folder}/"));
            run("npm", folder, &["ci", "--no-audit", "--no-fund"])?;
        }
    }
    Ok(())
}

/// The web client, built; the server embeds it.
pub(crate) fn web_client() -> anyhow::Result<()> {
    npm_packages()?;
    run("npm", "web", &["run", "--silent", "build"])
}

/// The browser that the tests drive.
pub(crate) fn browser() -> anyhow::Result<()> {
    if Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    if !exists("apt-get") {
        bail!("the browser tests need Chromium at {CHROMIUM}; install it by your system's means");
    }
    say("installing Chromium from Debian, for the browser tests");
    run("apt-get", ".", &["update", "-q"])?;
    let packages = ["chromium", "fonts-noto-color-emoji"];
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    run("apt-get", ".", &[install.as_slice(), packages.as_slice()].concat())
}

fn require_node() -> anyhow::Result<()> {
    if !exists("node") || !exists("npm") {
        bail!("the web client needs Node.js {NODE} or newer, with npm");
    }
    let version = output("node", ".", &["--version"])?;
    let major = version.trim().trim_start_matches('v').split('.').next().map(str::parse::<u32>);
    match major {
        Some(Ok(major)) if major >= NODE => Ok(()),
        _ => bail!("the web client needs Node.js {NODE} or newer, this is {}", version.trim()),
    }
}

/// Whether what is installed is older than what the lock file asks for.
fn is_stale(folder: &Path) -> bool {
    let time = |path: &str| modified(&folder.join(path));
    match (time("package-lock.json"), time("node_modules/.package-lock.json")) {
        (Ok(_), Err(_)) => true,
        (Ok(wanted), Ok(installed)) => wanted > installed,
        (Err(_), _) => false,
    }
}

fn modified(path: &Path) -> anyhow::Result<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).with_context(|| path.display().to_string())
}
