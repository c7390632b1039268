//! The map and the tree must agree: ARCHITECTURE.md against what is there.
//!
//! Its table of crates gives each crate a level; a crate may depend on lower levels only. Every
//! path that the page names must exist, and every crate must stand in the table.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::process::{output, root};

/// Lines of ARCHITECTURE.md at most: a map that is too long is not read.
const LINES: usize = 200;

/// Checks the page against the tree, and the tree against the page.
pub(crate) fn check() -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).context("ARCHITECTURE.md")?;
    let metadata =
        output("cargo", ".", &["metadata", "--no-deps", "--format-version", "1", "--locked"])?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("cargo metadata")?;
    let exists = |path: &str| root().join(path).exists();
    let faults = faults(&page, &metadata, &exists);
    if !faults.is_empty() {
        bail!("ARCHITECTURE.md and the tree disagree:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Every disagreement, as a sentence.
fn faults(page: &str, metadata: &Metadata, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let levels = levels(page);
    let mut faults = Vec::new();
    let lines = page.lines().count();
    if lines > LINES {
        faults.push(format!("ARCHITECTURE.md has {lines} lines of {LINES}"));
    }
    let crates: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| package.manifest_path.contains("/crates/"))
        .collect();
    for package in &crates {
        let Some(level) = levels.get(package.name.as_str()) else {
            faults.push(format!("the crate {} is not in the table", package.name));
            continue;
        };
        let built_with = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
        for Dependency { name, .. } in built_with {
            if levels.get(name.as_str()).is_some_and(|other| other >= level) {
                faults.push(format!("{} depends on {name}, which is not below it", package.name));
            }
        }
    }
    for name in levels.keys() {
        if !crates.iter().any(|package| package.name == *name) {
            faults.push(format!("the table names the crate {name}, which is gone"));
        }
    }
    faults.extend(
        paths(page).into_iter().filter(|path| !exists(path)).map(|path| format!("{path} is gone")),
    );
    faults
}

/// The table's rows: `| level | `crate` | …`.
fn levels(page: &str) -> BTreeMap<&str, u32> {
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let level = cells.next()?.parse().ok()?;
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some((name, level))
    });
    rows.collect()
}

/// What stands in back-ticks and looks like a path of the tree.
fn paths(page: &str) -> Vec<&str> {
    let quoted = page.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let folders = [
        "crates/",
        "web/",
        "xtask/",
        "e2e/",
        "bench/",
        "docs/",
        "deploy/",
        "peers/",
        "throwaway/",
        ".ci/",
    ];
    let is_path = |text: &&str| {
        folders.iter().any(|folder| text.starts_with(folder))
            && !text.contains(['*', '{', '<', ' '])
    };
    quoted.filter(is_path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter();
        Package {
            name: name.to_owned(),
            manifest_path: format!("/x/crates/{name}/Cargo.toml"),
            dependencies: dependencies
                .map(|name| Dependency { name: (*name).to_owned(), kind: None })
                .collect(),
        }
    }

    #[test]
    fn a_page_that_lies_is_found_out() {
        let page =
            "| 0 | `base` | x |\n| 1 | `store` | x |\nSee `crates/base/src/lib.rs`, `crates/gone`.";
        let right = Metadata { packages: vec![package("base", &[]), package("store", &["base"])] };
        let all = |_: &str| true;
        assert_eq!(faults(page, &right, &all), Vec::<String>::new());

        let upwards =
            Metadata { packages: vec![package("base", &["store"]), package("store", &[])] };
        assert_eq!(faults(page, &upwards, &all), ["base depends on store, which is not below it"]);

        let sideways = page.replace("| 1 |", "| 0 |");
        assert_eq!(
            faults(&sideways, &right, &all),
            ["store depends on base, which is not below it"]
        );

        let more = Metadata { packages: vec![package("base", &[]), package("new", &[])] };
        let expected =
            ["the crate new is not in the table", "the table names the crate store, which is gone"];
        assert_eq!(faults(page, &more, &all), expected);

        let only_base = |path: &str| path.starts_with("crates/base");
        assert_eq!(faults(page, &right, &only_base), ["crates/gone is gone"]);

        let long = page.to_owned() + &"\n".repeat(300);
        assert!(faults(&long, &right, &all)[0].contains("lines of 200"));
    }
}
