//! `cargo xtask coverage`: which operations of the specification are served, by what, tested by
//! what.
//!
//! The router tells what it serves, the specification's list what there is, and a run of the
//! integration tests what they asked for (`crates/chappe/tests/it/harness/coverage.rs`). The table
//! in the documentation is right when it has exactly these operations and files, and when the
//! tests that it names did ask.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::process::{root, say};
use crate::tally::Tally;
use table::Row;

/// Tells the integration tests where to write down what they ask for.
pub(crate) const DIRECTORY: &str = "CHAPPE_COVERAGE_DIRECTORY";
/// Names another place of the specification than the one beside the project.
pub(crate) const SPECIFICATION: &str = "CHAPPE_MATRIX_SPEC";
const PAGE: &str = "docs/matrix-coverage.md";
/// Where handlers are.
const HANDLERS: &str = "crates/api/src";

/// Operations that are left out on purpose, as the list has them, and why.
const LEFT_OUT: [(&str, &str); 0] = [];

/// An operation, or a route beside the specification: a method and a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Operation {
    method: String,
    path: String,
}

/// A path of the router.
#[derive(Clone, Debug)]
struct Route {
    operation: Operation,
    /// The file under [`HANDLERS`].
    file: String,
}

/// What a run of the integration tests left behind, and the specification's list.
struct Evidence {
    /// Operations by the module of the specification that has them.
    listed: Vec<(String, Operation)>,
    routes: Vec<Route>,
    /// Tests by the route that they asked.
    asked: BTreeMap<Operation, BTreeSet<String>>,
}

/// Runs the integration tests, or takes what the last run of them has shown, and prints the table
/// or writes it.
pub(crate) fn coverage(arguments: &[String]) -> anyhow::Result<()> {
    if let Some(unknown) = arguments.iter().find(|it| !["--write", "--last"].contains(&it.as_str()))
    {
        bail!("coverage has the options --write and --last, and not {unknown:?}");
    }
    let given = |option: &str| arguments.iter().any(|argument| argument == option);
    let (writes, directory) = (given("--write"), place());
    if !given("--last") {
        let tally = crate::test::integration(&prepare()?)?;
        if tally.failed > 0 {
            bail!("what failing tests ask for is no proof: {tally}");
        }
    }
    let evidence = Evidence::read(&directory)?;
    let rows = evidence.rows();
    if writes {
        fs::write(root().join(PAGE), table::page(&rows, &LEFT_OUT)).context("the page")?;
    } else {
        for row in &rows {
            say(&row.printed());
        }
    }
    let missing: Vec<String> = rows.iter().filter_map(Row::missing).collect();
    say(&table::summary(&rows));
    if !missing.is_empty() {
        bail!("missing:\n  {}", missing.join("\n  "));
    }
    Ok(())
}

/// Where a run writes down what it asks for.
fn place() -> PathBuf {
    root().join("target/coverage")
}

/// An empty directory for the next run to write to.
pub(crate) fn prepare() -> anyhow::Result<PathBuf> {
    let directory = place();
    if directory.exists() {
        fs::remove_dir_all(&directory).context("the last coverage does not go away")?;
    }
    fs::create_dir_all(&directory).context("a directory for the coverage")?;
    Ok(directory)
}

/// Whether the table in the documentation is what a run has shown; as one test.
pub(crate) fn check(directory: &Path) -> anyhow::Result<Tally> {
    let page = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    let rows = Evidence::read(directory)?.rows();
    let mut faults: Vec<String> = rows.iter().filter_map(Row::missing).collect();
    faults.extend(table::differences(&rows, &page));
    if faults.is_empty() {
        return Ok(Tally { passed: 1, failed: 0 });
    }
    say(&format!("\n{PAGE} is stale (cargo xtask coverage --write):\n  {}", faults.join("\n  ")));
    Ok(Tally { passed: 0, failed: 1 })
}

impl Evidence {
    fn read(directory: &Path) -> anyhow::Result<Self> {
        let beside = root().join("../shared/matrix");
        let place = std::env::var_os(SPECIFICATION).map_or(beside, PathBuf::from);
        let list = place.join("endpoints.tsv");
        let list = fs::read_to_string(&list).with_context(|| {
            format!("{} (or name another with {SPECIFICATION})", list.display())
        })?;
        let routes = fs::read_to_string(directory.join("routes.tsv"))
            .context("no integration test wrote down the routes")?;
        let mut asked = String::new();
        for entry in fs::read_dir(directory).context("the coverage")? {
            let path = entry.context("the coverage")?.path();
            if !path.ends_with("routes.tsv") {
                asked += &fs::read_to_string(&path).context("the coverage")?;
            }
        }
        Self::of(&list, &routes, &asked, |file| root().join(HANDLERS).join(file).exists())
    }

    /// From the texts; `exists` tells whether there is a file of handlers.
    fn of(
        list: &str,
        routes: &str,
        asked: &str,
        exists: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Self> {
        let listed = list.lines().filter_map(|line| match columns(line).as_slice() {
            ["client-server", module, method, path, ..] => {
                Some(((*module).to_owned(), Operation::new(method, path)))
            }
            _ => None,
        });
        let mut evidence =
            Self { listed: listed.collect(), routes: Vec::new(), asked: BTreeMap::new() };
        for line in routes.lines() {
            let &[method, path, handler] = columns(line).as_slice() else {
                bail!("no route: {line:?}")
            };
            let file = file(handler, &exists)
                .with_context(|| format!("the file of {handler} is not to be found"))?;
            evidence.routes.push(Route { operation: Operation::new(method, path), file });
        }
        for line in asked.lines() {
            let &[method, path, _status, test] = columns(line).as_slice() else {
                bail!("no request: {line:?}")
            };
            let tests = evidence.asked.entry(Operation::new(method, path).current()).or_default();
            tests.insert(test.to_owned());
        }
        Ok(evidence)
    }

    /// A row for each operation of the list, then for what is served beside it.
    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut files = BTreeSet::new();
        for (module, operation) in &self.listed {
            let left_out = LEFT_OUT.iter().any(|(left_out, _)| *left_out == operation.shown());
            let same = |route: &&Route| route.operation.current().same_as(operation);
            let route = self.routes.iter().find(same);
            if left_out && route.is_none() {
                continue;
            }
            files.extend(route.map(|route| route.file.clone()));
            let file = route.map(|route| route.file.clone());
            rows.push(Row {
                module: module.clone(),
                operation: operation.shown(),
                file,
                tests: self.tests(route.into_iter()),
            });
        }
        let mut beside: BTreeMap<(&str, String), Vec<&Route>> = BTreeMap::new();
        for route in self.routes.iter().filter(|route| !files.contains(&route.file)) {
            let key = (route.file.as_str(), route.operation.method.clone());
            beside.entry(key).or_default().push(route);
        }
        rows.extend(beside.into_iter().filter_map(|((file, _), routes)| {
            Some(Row {
                module: table::BESIDE.to_owned(),
                operation: routes.first()?.operation.shown(),
                file: Some(file.to_owned()),
                tests: self.tests(routes.into_iter()),
            })
        }));
        rows.sort();
        rows
    }

    /// Tests that asked one of these routes: first those that asked for little else, which are
    /// about it.
    fn tests<'a>(&self, routes: impl Iterator<Item = &'a Route>) -> Vec<String> {
        let asked = routes.filter_map(|route| self.asked.get(&route.operation.current()));
        let tests: BTreeSet<&String> = asked.flatten().collect();
        let breadth = |test: &String| self.asked.values().filter(|all| all.contains(test)).count();
        let mut tests: Vec<(usize, &String)> =
            tests.into_iter().map(|test| (breadth(test), test)).collect();
        tests.sort();
        tests.into_iter().map(|(_, test)| test.clone()).collect()
    }
}

impl Operation {
    fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned() }
    }

    /// The same under its path of today.
    fn current(&self) -> Self {
        let path = self.path.replacen("/_matrix/client/r0/", "/_matrix/client/v3/", 1);
        let path = path.replacen("/_matrix/media/r0/", "/_matrix/media/v3/", 1);
        Self { method: self.method.clone(), path }
    }

    /// Whether they differ in what the parts that vary are called, at most.
    fn same_as(&self, other: &Self) -> bool {
        let (mine, others) = (self.path.trim_end_matches('/'), other.path.trim_end_matches('/'));
        let (mut mine, mut others) = (mine.split('/'), others.split('/'));
        self.method == other.method
            && loop {
                match (mine.next(), others.next()) {
                    (None, None) => break true,
                    (Some(a), Some(b)) if a == b => {}
                    (Some(a), Some(b)) if a.starts_with('{') && b.starts_with('{') => {}
                    _ => break false,
                }
            }
    }

    fn shown(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn columns(line: &str) -> Vec<&str> {
    line.split('\t').collect()
}

/// The file of a handler, by its full name: `api::client::sync::sync::handler`.
fn file(handler: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    let modules: Vec<&str> = handler.split("::").skip(1).collect();
    let lengths = (1..modules.len()).rev();
    let mut files = lengths.map(|length| {
        let modules: Vec<&str> = modules.iter().take(length).copied().collect();
        format!("{}.rs", modules.join("/"))
    });
    files.find(|file| exists(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "client-server\tsync\tGET\t/_matrix/client/v3/sync\tuser\n\
         client-server\trooms\tPUT\t/_matrix/client/v3/rooms/{roomId}/x\tuser\n\
         client-server\trooms\tGET\t/_matrix/client/v3/rooms/{roomId}/y\tuser\n\
         server-server\tsend\tPUT\t/_matrix/federation/v1/send\tserver\n";
    const ROUTES: &str = "GET\t/_matrix/client/v3/sync\tapi::client::sync::v3::handler\n\
         GET\t/_matrix/client/r0/sync\tapi::client::sync::v3::handler\n\
         PUT\t/_matrix/client/v3/rooms/{room_id}/x\tapi::client::room::x::handler\n\
         POST\t/unstable/z\tapi::client::room::z::Kind::handler\n";
    const ASKED: &str = "GET\t/_matrix/client/r0/sync\t200\tsync::a\n\
         GET\t/_matrix/client/v3/sync\t200\trooms::everything\n\
         PUT\t/_matrix/client/v3/rooms/{room_id}/x\t403\trooms::everything\n";

    fn rows() -> Vec<Row> {
        let files = ["client/sync/v3.rs", "client/room/x.rs", "client/room/z.rs"];
        Evidence::of(LIST, ROUTES, ASKED, |file| files.contains(&file)).unwrap().rows()
    }

    #[test]
    fn each_operation_has_a_row_with_its_file_and_its_tests() {
        let rows: Vec<String> = rows().iter().map(Row::printed).collect();
        assert_eq!(
            rows,
            [
                "rooms | GET /_matrix/client/v3/rooms/{roomId}/y | not served | ",
                "rooms | PUT /_matrix/client/v3/rooms/{roomId}/x | client/room/x.rs | \
                 rooms::everything",
                "sync | GET /_matrix/client/v3/sync | client/sync/v3.rs | \
                 sync::a, rooms::everything",
                "~ beside the specification | POST /unstable/z | client/room/z.rs | ",
            ]
        );
    }

    #[test]
    fn what_is_not_served_or_not_tested_is_missing() {
        let missing: Vec<String> = rows().iter().filter_map(Row::missing).collect();
        assert_eq!(
            missing,
            [
                "GET /_matrix/client/v3/rooms/{roomId}/y is not served",
                "POST /unstable/z is asked for by no test",
            ]
        );
    }

    #[test]
    fn a_page_is_stale_when_it_has_other_operations_files_or_tests_than_are_there() {
        let rows = rows();
        let page = table::page(&rows, &[]);
        assert_eq!(table::differences(&rows, &page), Vec::<String>::new());
        for (is, was) in [
            ("client/room/x.rs", "client/room/other.rs"),
            ("sync::a", "sync::that_is_gone"),
            ("/rooms/{roomId}/x", "/rooms/{roomId}/old"),
        ] {
            let stale = page.replace(is, was);
            assert_ne!(stale, page);
            assert_ne!(table::differences(&rows, &stale), Vec::<String>::new(), "{was}");
        }
    }
}
