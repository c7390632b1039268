//! What a fresh machine lacks, installed by its own means: npm packages, a browser, PostgreSQL…

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, bail};

use crate::process::{exists, output, root, run, say};

/// The browser of the tests, as Debian names it.
const CHROMIUM: &str = "/usr/bin/chromium";
/// The proxy before a cluster, as Debian names it.
pub(crate) const HAPROXY: &str = "/usr/sbin/haproxy";
/// The relay of calls, as Debian names it.
const COTURN: &str = "/usr/bin/turnserver";
/// Where synadm is installed, and which.
const SYNADM: &str = "target/synadm";
const SYNADM_VERSION: &str = "0.49.2";
/// The library that makes another time, below one of the folders of `/usr/lib`.
const FAKETIME: &str = "faketime/libfaketimeMT.so.1";
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
    let what = format!("the browser tests need Chromium at {CHROMIUM}");
    debian(&what, &["chromium", "fonts-noto-color-emoji"])
}

/// The programs of PostgreSQL. Ours run on directories of their own, whatever else runs.
pub(crate) fn postgres() -> anyhow::Result<()> {
    if throwaway::postgres_is_installed() {
        return Ok(());
    }
    debian("the tests and the cluster need PostgreSQL 15 or newer", &["postgresql", "openssl"])
}

/// The proxy before a cluster.
pub(crate) fn haproxy() -> anyhow::Result<()> {
    if Path::new(HAPROXY).exists() {
        return Ok(());
    }
    debian(&format!("the cluster needs HAProxy at {HAPROXY}"), &["haproxy"])
}

/// synadm, a tool that administers servers of this protocol: the administration API is tested with
/// it.
pub(crate) fn synadm() -> anyhow::Result<()> {
    let folder = root().join(SYNADM);
    if folder.join("bin/synadm").exists() {
        return Ok(());
    }
    say(&format!("installing synadm {SYNADM_VERSION} into {SYNADM}"));
    if run("python3", ".", &["-m", "venv", SYNADM]).is_err() {
        debian("the tests of administration need Python with venv", &["python3-venv"])?;
        run("python3", ".", &["-m", "venv", "--clear", SYNADM])?;
    }
    let pip = folder.join("bin/pip").display().to_string();
    run(&pip, ".", &["install", "--quiet", &format!("synadm=={SYNADM_VERSION}")])
}

/// What lets one program believe in another time: nodes whose clocks disagree are tested with it.
pub(crate) fn faketime() -> anyhow::Result<()> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    if folders.into_iter().any(|folder| folder.path().join(FAKETIME).exists()) {
        return Ok(());
    }
    debian("the tests of clocks that disagree need libfaketime", &["faketime"])
}

/// What relays calls: passwords for it are tried on the real one.
pub(crate) fn relay() -> anyhow::Result<()> {
    if Path::new(COTURN).exists() {
        return Ok(());
    }
    debian("the tests of passwords for a relay need coturn", &["coturn"])
}

/// Installs packages of Debian, or says what is to be installed by hand.
fn debian(what_for: &str, packages: &[&str]) -> anyhow::Result<()> {
    if !exists("apt-get") {
        bail!("{what_for}; install it by your system's means");
    }
    say(&format!("{what_for}: installing {} from Debian", packages.join(", ")));
    run("apt-get", ".", &["update", "-q"])?;
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    run("apt-get", ".", &[install.as_slice(), packages].concat())
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
