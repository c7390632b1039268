//! Which endpoints a test asks for, written down for `cargo xtask coverage`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use api::Endpoint;

use super::specification::{Exchange, Manners, fits};

/// Where it is written down, when it is to be.
pub(super) const DIRECTORY: &str = "CHAPPE_COVERAGE_DIRECTORY";

/// What this process has written down.
static RECORDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The directory for it.
pub(crate) fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}

/// Writes down that a test asked for this, when that is a test of it.
pub(super) fn record(exchange: &Exchange<'_>) {
    let Some(directory) = directory() else { return };
    if exchange.manners == Manners::Careless {
        return;
    }
    let (Some(endpoint), Some(test)) = (endpoint(exchange), test()) else { return };
    let (method, path, status) = (&endpoint.method, &endpoint.path, exchange.status);
    let line = format!("{method}\t{path}\t{status}\t{test}\n");
    let mut recorded = RECORDED.lock().expect("nobody panics with it");
    if recorded.insert(line.clone()) {
        let file = directory.join(format!("asked-{}.tsv", std::process::id()));
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
        opened.expect("a file").write_all(line.as_bytes()).expect("a record");
    }
}

/// The endpoint that answers: of those that fit, the one that leaves least open.
fn endpoint(exchange: &Exchange<'_>) -> Option<&'static Endpoint> {
    static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(api::endpoints);
    let path = exchange.path.split('?').next()?;
    let fitting = ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.method == *exchange.method && fits(&endpoint.path, path));
    fitting.min_by_key(|endpoint| endpoint.path.matches('{').count())
}

/// The test that runs: a thread of its own under `cargo test`, a process of its own (`--exact
/// NAME`) under nextest. Nobody knows for whom a further thread of the former works.
fn test() -> Option<String> {
    let is_test = |name: &String| name.contains("::");
    let thread = std::thread::current().name().map(ToOwned::to_owned).filter(is_test);
    let exact = std::env::args().any(|argument| argument == "--exact");
    thread.or_else(|| std::env::args().skip(1).find(is_test).filter(|_| exact))
}
