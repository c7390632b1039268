//! The table, on the screen and on its page.

use std::collections::BTreeSet;
use std::fmt::Write;

/// What is served beside the specification's list; sorted behind all modules.
pub(super) const BESIDE: &str = "~ beside the specification";
/// Tests that a row of the page names at most.
const NAMED: usize = 2;

/// One operation: by module, then by path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) module: String,
    /// Method and path.
    pub(super) operation: String,
    /// The file of its handler.
    pub(super) file: Option<String>,
    /// Tests that ask for it, those that are about it first.
    pub(super) tests: Vec<String>,
}

impl Row {
    /// As a developer sees it.
    pub(super) fn printed(&self) -> String {
        let Self { module, operation, tests, .. } = self;
        let more = tests.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{module} | {operation} | {} | {}{more}", self.file(), self.named())
    }

    /// What is missing of it.
    pub(super) fn missing(&self) -> Option<String> {
        let operation = &self.operation;
        match (&self.file, self.tests.is_empty()) {
            (None, _) => Some(format!("{operation} is not served")),
            (Some(_), true) => Some(format!("{operation} is asked for by no test")),
            (Some(_), false) => None,
        }
    }

    fn file(&self) -> &str {
        self.file.as_deref().unwrap_or("not served")
    }

    fn named(&self) -> String {
        self.tests.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// What of a row must be on the page as it is.
    fn key(&self) -> (String, String) {
        (self.operation.clone(), self.file().to_owned())
    }
}

/// How much there is of what the specification lists.
pub(super) fn summary(rows: &[Row]) -> String {
    let listed = rows.iter().filter(|row| row.module != BESIDE);
    let whole = listed.clone().filter(|row| row.missing().is_none());
    format!(
        "{} of {} operations of the client-server API are served and tested.",
        whole.count(),
        listed.count()
    )
}

/// The page for the documentation.
pub(super) fn page(rows: &[Row], left_out: &[(&str, &str)]) -> String {
    let mut page = format!(
        "# Coverage of the client-server API\n\n\
         Written by `cargo xtask coverage --write`; `cargo xtask test` fails when it is stale. Files are\n\
         under `crates/api/src`, tests under `crates/chappe/tests/it`: up to {NAMED} that are most about the\n\
         operation, of those that ask for it.\n\n{}\n",
        summary(rows)
    );
    let mut module = "";
    for row in rows {
        // Writing to a string does not fail.
        if row.module != module {
            module = &row.module;
            let heading = module.trim_start_matches(['~', ' ']);
            let _ = writeln!(page, "\n## {heading}\n| operation | file | tests |\n|---|---|---|");
        }
        let _ = writeln!(page, "| {} | {} | {} |", row.operation, row.file(), row.named());
    }
    if !left_out.is_empty() {
        page += "\n## Left out\n";
    }
    for (operation, reason) in left_out {
        let _ = writeln!(page, "- {operation}: {reason}");
    }
    page
}

/// What a page says that is not so, or does not say.
pub(super) fn differences(rows: &[Row], page: &str) -> Vec<String> {
    let lines = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["operation" | "---", ..] => None,
            &[operation, file, tests] => Some((operation, file, tests)),
            _ => None,
        }
    });
    let (mut found, mut differences) = (BTreeSet::new(), Vec::new());
    for (operation, file, tests) in lines {
        let key = (operation.to_owned(), file.to_owned());
        let row = rows.iter().find(|row| row.key() == key);
        match row {
            None => differences.push(format!("{operation} in {file} is no more")),
            Some(row) => {
                let gone = tests.split(", ").filter(|test| !test.is_empty());
                let gone = gone.filter(|test| !row.tests.iter().any(|there| there == test));
                differences.extend(gone.map(|test| format!("{test} does not ask {operation}")));
            }
        }
        found.insert(key);
    }
    let absent = rows.iter().filter(|row| !found.contains(&row.key()));
    differences.extend(absent.map(|row| format!("{} in {} is new", row.operation, row.file())));
    differences
}
