//! What the router serves, written down for `cargo xtask coverage`.

use std::fmt::Write;
use std::path::Path;

use api::Endpoint;

use crate::harness::{Document, compile_all, coverage};

#[test]
fn every_handler_is_in_a_file_of_its_name() {
    let mut table = String::new();
    for Endpoint { method, path, handler } in api::endpoints() {
        writeln!(table, "{method}\t{path}\t{handler}").unwrap();
        let modules: Vec<&str> = handler.split("::").collect();
        let file = format!("../api/src/{}.rs", modules[1..modules.len() - 1].join("/"));
        assert!(Path::new(&file).exists(), "{handler} is not in {file}");
    }
    assert!(table.lines().count() > 150, "endpoints are listed");
    if let Some(directory) = coverage::directory() {
        std::fs::write(directory.join("routes.tsv"), table).unwrap();
    }
}

#[test]
fn every_schema_of_the_specification_can_be_checked_against() {
    let document = Document::get();
    assert_eq!(document.operations.len(), 164);
    assert!(compile_all(document) > 500, "schemas of requests, answers and events");
}
