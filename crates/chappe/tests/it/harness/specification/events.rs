//! Contents of events that the server made, held against the schemas of their types.
//!
//! Contents that a test sent itself are left out: what may be in them is the test's business.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use serde_json::{Map, Value, json};

use super::document::{Document, Operation};
use super::exchange::{Exchange, mismatches, parameters};

/// Type and content of what tests sent, and filters that leave only parts of events.
static SENT: LazyLock<Mutex<HashSet<(String, String)>>> = LazyLock::new(Mutex::default);

/// Where the schemas are.
const FOLDER: &str = "spec/data/event-schemas/schema";

/// Operations whose body is the content of an event of the type that the path names.
const SENDING: [(&str, &str); 5] = [
    ("sendMessage", "eventType"),
    ("setRoomStateWithKey", "eventType"),
    ("setAccountData", "type"),
    ("setAccountDataPerRoom", "type"),
    ("sendToDevice", "eventType"),
];

/// Operations whose answer is the content of an event of the type that the path names.
const READING: [(&str, &str); 3] = [
    ("getRoomStateWithKey", "eventType"),
    ("getAccountData", "type"),
    ("getAccountDataPerRoom", "type"),
];

/// Remembers what a test sends, so that it is not taken for the server's.
pub(super) fn note(exchange: &Exchange<'_>, operation: &Operation, sent: Option<&Value>) {
    let Some(sent) = sent else { return };
    let mut notes = Vec::new();
    if let Some(kind) = named(&SENDING, operation, exchange.path) {
        notes.push((kind, sent.to_string()));
    }
    for event in sent["initial_state"].as_array().into_iter().flatten() {
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        notes.push((kind, event["content"].to_string()));
    }
    if operation.id == "defineFilter" && sent.get("event_fields").is_some() {
        let filter = exchange.body["filter_id"].as_str().unwrap_or_default();
        notes.push((exchange.authorization.to_owned(), filter.to_owned()));
    }
    SENT.lock().expect("nobody panics with it").extend(notes);
}

/// Whether a filter left only parts of the events in an answer.
pub(super) fn is_cut(exchange: &Exchange<'_>) -> bool {
    let parameters = parameters(exchange.path);
    let filter = parameters.iter().find(|(name, _)| name == "filter");
    filter.is_some_and(|(_, filter)| {
        let note = (exchange.authorization.to_owned(), filter.clone());
        filter.contains("event_fields") || SENT.lock().expect("whole").contains(&note)
    })
}

/// What is wrong with the events in an answer.
pub(super) fn faults(
    exchange: &Exchange<'_>,
    document: &Document,
    operation: &Operation,
) -> Vec<String> {
    let mut faults = Vec::new();
    let whole = parameters(exchange.path).contains(&("format".to_owned(), "event".to_owned()));
    match named(&READING, operation, exchange.path) {
        Some(kind) if !whole => check(document, &kind, exchange.body, &mut faults),
        _ => walk(document, exchange.body, &mut faults),
    }
    faults
}

/// The event type in a path, where an operation has one there.
fn named(table: &[(&str, &str)], operation: &Operation, path: &str) -> Option<String> {
    let (_, name) = table.iter().find(|(id, _)| *id == operation.id)?;
    let part = format!("{{{name}}}");
    let at = operation.path.split('/').position(|candidate| candidate == part)?;
    let path = path.split('?').next()?;
    let kind = path.split('/').nth(at)?;
    // An event type in a path has nothing in it that is encoded, or it has no schema.
    Some(kind.to_owned())
}

/// Checks every event in a value, but those between devices, which are the clients'.
fn walk(document: &Document, value: &Value, faults: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| walk(document, value, faults)),
        Value::Object(fields) => {
            let redacted = value.pointer("/unsigned/redacted_because").is_some();
            if let (Some(kind), Some(content @ Value::Object(_))) =
                (fields.get("type").and_then(Value::as_str), fields.get("content"))
                && !redacted
            {
                check(document, kind, content, faults);
            }
            let others =
                fields.iter().filter(|(name, _)| *name != "content" && *name != "to_device");
            others.for_each(|(_, value)| walk(document, value, faults));
        }
        _ => {}
    }
}

fn check(document: &Document, kind: &str, content: &Value, faults: &mut Vec<String>) {
    let note = (kind.to_owned(), content.to_string());
    // Nothing is left of what was redacted, or of what was said by who is erased.
    let is_gone = content.as_object().is_some_and(Map::is_empty);
    if is_gone || SENT.lock().expect("whole").contains(&note) {
        return;
    }
    let name = format!("the content of {kind} {}", content["msgtype"]);
    let found = mismatches(document, &name, content, || schema(document, kind, content));
    faults.extend(found.into_iter().map(|found| found.text));
}

/// The schema of the content of events of a type, if the specification has one.
fn schema(document: &Document, kind: &str, content: &Value) -> Option<Value> {
    if !kind.starts_with("m.") || kind.contains('/') {
        return None;
    }
    let folder = document.place.join(FOLDER);
    let of_kind = match (kind, content["msgtype"].as_str()) {
        ("m.room.message", Some(msgtype)) => format!("{kind}${msgtype}.yaml"),
        _ => format!("{kind}.yaml"),
    };
    let path = folder.join(of_kind);
    if !path.exists() {
        return None;
    }
    let mut needed = Map::new();
    let event = read(&path, &mut needed);
    let content = event.pointer("/properties/content").cloned().unwrap_or_default();
    let mut content = content.as_object().cloned().unwrap_or_default();
    content.insert("$defs".to_owned(), Value::Object(needed));
    Some(Value::Object(content))
}

/// A schema whose references to other files stand for definitions, which are read too.
fn read(path: &Path, needed: &mut Map<String, Value>) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut schema: Value = serde_yaml_ng::from_str(&text).expect("YAML");
    let folder = path.parent().expect("a folder").to_owned();
    settle(&mut schema, &folder, needed);
    schema
}

fn settle(schema: &mut Value, folder: &Path, needed: &mut Map<String, Value>) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(|value| settle(value, folder, needed)),
        Value::Object(fields) => {
            // An example is no schema, and what a schema is called is not asked here.
            fields.retain(|name, _| {
                !["example", "examples", "$schema", "$id"].contains(&name.as_str())
            });
            if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                let path = plain(&folder.join(&*reference));
                let name = path.display().to_string().replace(['/', '~', '%', '$', '#'], "_");
                *reference = format!("#/$defs/{name}");
                if !needed.contains_key(&name) {
                    needed.insert(name.clone(), json!(true));
                    let schema = read(&path, needed);
                    needed.insert(name, schema);
                }
            }
            fields.values_mut().for_each(|value| settle(value, folder, needed));
        }
        _ => {}
    }
}

/// A path without `..` in it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// Makes the validator of every event type; how many there are.
pub(super) fn compile_all(document: &Document) -> usize {
    let files = fs::read_dir(document.place.join(FOLDER)).expect("a folder");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    let kinds = names.filter_map(|name| name.strip_suffix(".yaml").map(ToOwned::to_owned));
    let made = kinds.filter(|kind| {
        let (kind, msgtype) = kind.split_once('$').unwrap_or((kind, ""));
        let name = format!("the content of {kind} {msgtype}");
        let content = json!({ "msgtype": msgtype });
        document.validator(&name, || schema(document, kind, &content)).is_some()
    });
    made.count()
}
