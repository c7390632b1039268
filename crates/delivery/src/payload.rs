//! The body of `POST /_matrix/push/v1/notify`.

use base::clock::Timestamp;
use rooms::{Current, Shown};
use ruma_common::UserId;
use ruma_common::push::{Action, Tweak};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::pushers::{Pusher, PusherRow};

/// An event that is told, and whom.
pub(crate) struct Telling<'a> {
    pub(crate) shown: &'a Shown,
    pub(crate) room_id: &'a str,
    pub(crate) current: &'a Current,
    pub(crate) user: &'a UserId,
    pub(crate) actions: &'a [Action],
    pub(crate) unread: u64,
}

/// Of an event.
pub(crate) fn of_event(row: &PusherRow, telling: &Telling<'_>) -> Value {
    let event = telling.shown.stored();
    let tweaks = tweaks(telling.actions);
    let stands_out = ["sound", "highlight"].iter().any(|tweak| tweaks.contains_key(*tweak));
    // What an encrypted event asks for is not known here: it may be urgent.
    let urgent = event.kind() == "m.room.encrypted" || stands_out;
    let mut notification = Map::new();
    let mut put = |name: &str, value: Value| drop(notification.insert(name.to_owned(), value));
    put("event_id", json!(event.id()));
    put("room_id", json!(telling.room_id));
    put("prio", json!(if urgent { "high" } else { "low" }));
    if telling.unread > 0 {
        put("counts", json!({ "unread": telling.unread }));
    } else {
        put("counts", json!({}));
    }
    if !row.pusher.is_terse() {
        put("type", json!(event.kind()));
        put("sender", json!(event.sender()));
        let texts = [
            ("sender_display_name", name_of(telling.current, event.sender())),
            ("room_name", text(telling.current, "m.room.name", "name")),
            ("room_alias", text(telling.current, "m.room.canonical_alias", "alias")),
        ];
        for (field, found) in texts {
            if let Some(found) = found {
                put(field, json!(found));
            }
        }
        if event.kind() == "m.room.member" {
            put("user_is_target", json!(event.pdu.state_key() == Some(telling.user.as_str())));
        }
        // A gateway is shown what is said in rooms that are not encrypted, and never ciphertext.
        if !telling.current.is_encrypted() {
            put("content", event.pdu.content_as().unwrap_or_default());
        }
    }
    let mut device = device(row);
    if !row.pusher.is_terse() {
        device.insert("tweaks".to_owned(), Value::Object(tweaks));
    }
    notification.insert("devices".to_owned(), json!([device]));
    json!({ "notification": notification })
}

/// Of a count alone. That it fell to nothing must be said: what is left out changes no badge.
pub(crate) fn of_count(row: &PusherRow, unread: u64) -> Value {
    let counts = json!({ "unread": unread });
    let devices = json!([device(row)]);
    json!({ "notification": { "counts": counts, "devices": devices, "prio": "low" } })
}

fn device(row: &PusherRow) -> Map<String, Value> {
    let PusherRow { pusher, set: Timestamp(set), .. } = row;
    let Pusher { app_id, pushkey, .. } = pusher;
    let device = json!({
        "app_id": app_id, "pushkey": pushkey, "pushkey_ts": set / 1000, "data": pusher.parameters(),
    });
    device.as_object().cloned().unwrap_or_default()
}

fn tweaks(actions: &[Action]) -> Map<String, Value> {
    let mut tweaks = Map::new();
    for action in actions {
        let Action::SetTweak(tweak) = action else { continue };
        // As it stands in a rule: `{"set_tweak": name, "value": value}`.
        let Ok(Value::Object(mut set)) = serde_json::to_value(action) else { continue };
        let Some(Value::String(name)) = set.remove("set_tweak") else { continue };
        let unsaid = matches!(tweak, Tweak::Highlight(_)).then_some(Value::Bool(true));
        match set.remove("value").or(unsaid) {
            // A highlight that is switched off is none.
            Some(Value::Bool(false)) if name == "highlight" => {}
            Some(value) => drop(tweaks.insert(name, value)),
            None => {}
        }
    }
    tweaks
}

fn name_of(current: &Current, user: &UserId) -> Option<String> {
    #[derive(Deserialize)]
    struct Profile {
        displayname: Option<String>,
    }
    let member = current.get("m.room.member", user.as_str())?;
    member.pdu.content_as::<Profile>().ok()?.displayname
}

fn text(current: &Current, kind: &str, field: &str) -> Option<String> {
    let content: Value = current.content(kind)?;
    content.get(field)?.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tweaks_are_what_the_actions_set() {
        let table = [
            (json!([]), json!({})),
            (json!(["notify"]), json!({})),
            (json!(["notify", { "set_tweak": "highlight" }]), json!({ "highlight": true })),
            (json!([{ "set_tweak": "highlight", "value": false }]), json!({})),
            (
                json!([{ "set_tweak": "sound", "value": "bing" }, { "set_tweak": "x", "value": 1 }]),
                json!({ "sound": "bing", "x": 1 }),
            ),
        ];
        for (actions, expected) in table {
            let actions: Vec<Action> = serde_json::from_value(actions).unwrap();
            assert_eq!(Value::Object(tweaks(&actions)), expected);
        }
    }
}
