//! The children of a space, in their order: what its `m.space.child` state says. Pure.
//!
//! `spec/content/client-server-api`, "Ordering of children within a space".

use std::sync::Arc;

use base::clock::Timestamp;
use ruma_common::{OwnedRoomId, RoomId};
use serde_json::Value;

use crate::event::Stored;

/// Characters of an `order` at most.
const ORDER_LENGTH: usize = 50;

/// A room that a space counts among its own.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) room_id: OwnedRoomId,
    pub(super) suggested: bool,
    /// The event that says so.
    pub(super) event: Arc<Stored>,
    order: Option<String>,
}

impl Child {
    /// Reads an `m.space.child`; one without servers to come in by is no child (any more).
    pub(super) fn read(event: &Arc<Stored>) -> Option<Self> {
        let room_id = RoomId::parse(event.pdu.state_key()?).ok()?;
        let content: Value = event.pdu.content_as().ok()?;
        if !is_via(content.get("via")?) {
            return None;
        }
        let suggested = content.get("suggested").and_then(Value::as_bool).unwrap_or(false);
        let order = content.get("order").and_then(Value::as_str).filter(|order| is_order(order));
        Some(Self { room_id, suggested, event: Arc::clone(event), order: order.map(str::to_owned) })
    }

    /// By their order, those that have one; then by when they were added; then by their id.
    pub(super) fn place(&self) -> impl Ord + use<'_> {
        place(self.order.as_deref(), self.event.pdu.origin_server_ts(), &self.room_id)
    }
}

fn place<'a>(
    order: Option<&'a str>,
    added: Timestamp,
    room_id: &'a RoomId,
) -> (bool, Option<&'a str>, u64, &'a str) {
    (order.is_none(), order, added.0, room_id.as_str())
}

fn is_via(via: &Value) -> bool {
    via.as_array()
        .is_some_and(|servers| !servers.is_empty() && servers.iter().all(Value::is_string))
}

fn is_order(order: &str) -> bool {
    (1..=ORDER_LENGTH).contains(&order.len())
        && order.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

#[cfg(test)]
mod tests {
    use ruma_common::room_id;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_short_printable_ascii() {
        let longest = "~".repeat(ORDER_LENGTH);
        let table = [
            (" ", true),
            ("~", true),
            (longest.as_str(), true),
            ("", false),
            ("\u{7f}", false),
            ("a\n", false),
            ("é", false),
        ];
        for (order, valid) in table {
            assert_eq!(is_order(order), valid, "{order:?}");
        }
        assert!(!is_order(&"~".repeat(ORDER_LENGTH + 1)));
    }

    #[test]
    fn servers_to_come_in_by_are_a_list_with_something_in_it() {
        let table = [
            (json!(["a"]), true),
            (json!(["a", "b"]), true),
            (json!([]), false),
            (json!([1]), false),
            (json!("a"), false),
            (json!(null), false),
        ];
        for (via, valid) in table {
            assert_eq!(is_via(&via), valid, "{via}");
        }
    }

    // The example of the specification, and what it says of equal orders and times.
    #[test]
    fn children_stand_by_order_then_time_then_id() {
        let (a, b, c, d) = (room_id!("!a:x"), room_id!("!b:x"), room_id!("!c:x"), room_id!("!d:x"));
        let sorted = [
            place(Some(" "), Timestamp(9), d),
            place(Some("aaaa"), Timestamp(8), b),
            place(Some("first"), Timestamp(1), c),
            place(Some("first"), Timestamp(2), a),
            place(None, Timestamp(1), d),
            place(None, Timestamp(2), a),
            place(None, Timestamp(2), b),
        ];
        for pair in sorted.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
    }
}
