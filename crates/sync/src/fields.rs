//! Leaving out of events what a client does not want of them (`event_fields`).
//!
//! `spec/content/client-server-api/_index.md`, "Filtering"; `appendices.md`, "Dot-separated property
//! paths". What every event has stays, whatever is asked for: its content alone gets smaller.

use serde_json::{Map, Value};

use crate::filter::Filter;

/// What no event goes without.
const ALWAYS: [&str; 5] = ["event_id", "origin_server_ts", "sender", "state_key", "type"];

impl Filter {
    /// Events, with the fields that are wanted of them.
    pub(crate) fn only_fields(&self, mut events: Vec<String>) -> Vec<String> {
        let Some(fields) = &self.event_fields else { return events };
        let paths: Vec<_> = fields.iter().map(|field| path(field)).collect();
        for event in &mut events {
            if let Ok(whole) = serde_json::from_str(event) {
                *event = trimmed(&whole, &paths).to_string();
            }
        }
        events
    }
}

fn trimmed(whole: &Value, paths: &[Vec<String>]) -> Value {
    let mut kept = Map::new();
    for field in ALWAYS {
        if let Some(value) = whole.get(field) {
            kept.insert(field.to_owned(), value.clone());
        }
    }
    let mut kept = Value::Object(kept);
    for path in paths {
        keep(whole, &mut kept, path);
    }
    if let Some(kept) = kept.as_object_mut() {
        kept.entry("content").or_insert_with(|| Map::new().into());
    }
    kept
}

/// Copies what a path leads to.
fn keep(from: &Value, to: &mut Value, path: &[String]) {
    let Some((name, rest)) = path.split_first() else {
        to.clone_from(from);
        return;
    };
    let (Some(from), Some(to)) = (from.get(name), to.as_object_mut()) else { return };
    if rest.is_empty() {
        to.insert(name.clone(), from.clone());
    } else if leads_somewhere(from, rest) {
        keep(from, to.entry(name.clone()).or_insert_with(|| Map::new().into()), rest);
    }
}

fn leads_somewhere(from: &Value, path: &[String]) -> bool {
    path.iter().try_fold(from, |value, name| value.as_object()?.get(name)).is_some()
}

/// The names of a path: parted by dots, but by those after a backslash.
fn path(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(name) = names.last_mut() else { break };
        match (character, characters.peek()) {
            ('\\', Some(&escaped @ ('.' | '\\'))) => {
                name.push(escaped);
                characters.next();
            }
            ('.', _) => names.push(String::new()),
            (other, _) => name.push(other),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_parted_by_the_dots_that_stand_for_themselves() {
        let table: [(&str, &[&str]); 7] = [
            ("content.body", &["content", "body"]),
            (r"content.m\.relates_to", &["content", "m.relates_to"]),
            (r"content.m\\foo", &["content", r"m\foo"]),
            (r"a\x.b", &[r"a\x", "b"]),
            (r"a\", &[r"a\"]),
            ("a..b", &["a", "", "b"]),
            ("", &[""]),
        ];
        for (text, expected) in table {
            assert_eq!(path(text), expected, "{text}");
        }
    }

    #[test]
    fn an_event_keeps_what_is_asked_for_and_what_every_event_has() {
        let event = json!({
            "content": { "body": "b", "format": "f", "m.relates_to": { "rel_type": "r", "key": "k" } },
            "event_id": "$e", "origin_server_ts": 1, "room_id": "!r", "sender": "@a:s",
            "type": "t", "unsigned": { "age": 5, "m.relations": {} },
        });
        let has = json!({
            "event_id": "$e", "origin_server_ts": 1, "sender": "@a:s", "type": "t", "content": {},
        });
        let table = [
            (json!([]), json!({})),
            (json!(["content.body"]), json!({ "content": { "body": "b" } })),
            (json!(["content.none", "none", "content.body.deeper", ""]), json!({})),
            (json!(["content"]), json!({ "content": event["content"] })),
            (json!(["content", "content.body"]), json!({ "content": event["content"] })),
            (
                json!([r"content.m\.relates_to.key", "unsigned.age"]),
                json!({ "content": { "m.relates_to": { "key": "k" } }, "unsigned": { "age": 5 } }),
            ),
        ];
        for (fields, expected) in table {
            let filter = Filter::parse(&json!({ "event_fields": fields }).to_string()).unwrap();
            let trimmed = filter.only_fields(vec![event.to_string()]);
            let mut whole = has.clone();
            whole.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
            assert_eq!(serde_json::from_str::<Value>(&trimmed[0]).unwrap(), whole, "{fields}");
        }
        let everything = Filter::default().only_fields(vec![event.to_string()]);
        assert_eq!(everything, [event.to_string()]);
    }
}
