//! A client that stays up to date, at whichever node.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use http::Method;
use serde_json::Value;
use tokio::sync::watch;

use crate::harness::{PATIENCE, Roamer};

/// What a client was shown of each room, in order: events, and the words in them.
pub(super) type Timelines = BTreeMap<String, Vec<(String, String)>>;

/// Few events at a time, so that gaps come about and are filled.
const FILTER: &str = "%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A5%7D%7D%7D";

/// Syncs at one node after the other until everything was read that there is, and then once more
/// at each, where nothing more may come.
pub(super) async fn reads(
    person: Roamer,
    number: usize,
    total: watch::Receiver<Option<usize>>,
) -> Timelines {
    let mut reader = Reader { person, node: number, since: None, shown: Timelines::new() };
    while total.borrow().is_none() {
        reader.syncs(1_000).await;
    }
    let total = total.borrow().expect("how many there are");
    let start = Instant::now();
    // What never comes is found missing when all is compared.
    while reader.count() < total && start.elapsed() < PATIENCE {
        reader.syncs(1_000).await;
    }
    for _ in 0..3 {
        reader.syncs(0).await;
    }
    reader.shown
}

struct Reader {
    person: Roamer,
    node: usize,
    since: Option<String>,
    shown: Timelines,
}

impl Reader {
    fn count(&self) -> usize {
        self.shown.values().map(Vec::len).sum()
    }

    async fn syncs(&mut self, timeout: u32) {
        self.node += 1;
        let since = self.since.as_ref().map(|since| format!("&since={since}"));
        let since = since.unwrap_or_default();
        let path = format!("/_matrix/client/v3/sync?timeout={timeout}&filter={FILTER}{since}");
        let new = self.person.reads(self.node, &path).await;
        let rooms = new["rooms"]["join"].as_object().cloned().unwrap_or_default();
        for (room, new) in rooms {
            let timeline = &new["timeline"];
            if timeline["limited"] == true {
                let before = timeline["prev_batch"].as_str().expect("a way back");
                self.fills_gap(&room, before).await;
            }
            self.shown.entry(room).or_default().extend(messages(&timeline["events"]));
        }
        self.since = Some(new["next_batch"].as_str().expect("a token").to_owned());
    }

    /// Reads back from a token to what was shown before.
    async fn fills_gap(&mut self, room: &str, before: &str) {
        let shown = self.shown.entry(room.to_owned()).or_default();
        let known: BTreeSet<_> = shown.iter().cloned().collect();
        let mut missing = Vec::new();
        let mut from = before.to_owned();
        loop {
            let path =
                format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=20&from={from}");
            let page = self.person.reads(self.node, &path).await;
            let mut events = messages(&page["chunk"]);
            let reached = events.iter().position(|event| known.contains(event));
            events.truncate(reached.unwrap_or(events.len()));
            missing.extend(events);
            match page["end"].as_str() {
                Some(end) if reached.is_none() => end.clone_into(&mut from),
                _ => break,
            }
        }
        missing.reverse();
        shown.extend(missing);
    }
}

/// A whole room as a node shows it to a person, from the first message to the last.
pub(super) async fn whole_room(person: &Roamer, node: usize, room: &str) -> Vec<(String, String)> {
    let mut events = Vec::new();
    let mut from = String::new();
    loop {
        let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=100{from}");
        // This node and no other.
        let page = person.tries(node, &Method::GET, &path, "").await;
        let page = page.expect("the node answers").ok();
        events.extend(messages(&page["chunk"]));
        match page["end"].as_str() {
            Some(end) => from = format!("&from={end}"),
            None => return events,
        }
    }
}

/// The messages among events.
fn messages(events: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let events = events.as_array().into_iter().flatten();
    let events = events.filter(|event| event["type"] == "m.room.encrypted");
    events.map(|event| (text(&event["event_id"]), text(&event["content"]["ciphertext"]))).collect()
}
