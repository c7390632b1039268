//! What is unread, told again from the first event on, by ruma's own evaluation of rules.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use js_int::UInt;
use ruma_common::push::{PushConditionRoomCtx, Ruleset};
use ruma_common::serde::Raw;
use ruma_common::{OwnedUserId, RoomId, UserId};
use ruma_events::room::power_levels::{RoomPowerLevels, RoomPowerLevelsEventContent};
use serde_json::{Value, json};

use crate::world::World;

/// Notifications and highlights, by thread; none is the main timeline.
pub(super) type Counted = BTreeMap<Option<String>, (u64, u64)>;

/// An event, as plainly as can be.
struct Event {
    id: String,
    kind: String,
    sender: OwnedUserId,
    state_key: Option<String>,
    content: Value,
    redacted: bool,
    ord: i64,
}

/// What was read: by kind of reading and thread, up to which place.
#[derive(Clone, Debug, Default)]
pub(super) struct Read(pub(super) HashMap<(String, Option<String>), i64>);

impl Read {
    /// Somebody read up to a place, in a thread, or everywhere.
    pub(super) fn up_to(&mut self, how: &str, thread: Option<String>, ord: i64) {
        let place = self.0.entry((how.to_owned(), thread)).or_insert(ord);
        *place = (*place).max(ord);
    }

    fn covers(&self, thread: Option<&str>, ord: i64) -> bool {
        let thread = thread.unwrap_or("main");
        self.0.iter().any(|((_, read), upto)| {
            ord <= *upto && read.as_deref().is_none_or(|read| read == thread)
        })
    }
}

/// Whose counts, and by what.
pub(super) struct Observer<'a> {
    pub(super) user: &'a UserId,
    pub(super) rules: &'a Ruleset,
    pub(super) ignored: &'a HashSet<OwnedUserId>,
    pub(super) read: &'a Read,
}

async fn history(world: &World, room: &RoomId) -> Vec<Event> {
    let room = world.rooms.room(room).await.unwrap();
    let last = room.current().last();
    let mut events = world.rooms.newest(&room, None, last, usize::MAX).await.unwrap();
    events.reverse();
    let plain = |event: &std::sync::Arc<rooms::Stored>| Event {
        id: event.id().to_string(),
        kind: event.kind().to_owned(),
        sender: event.sender().to_owned(),
        state_key: event.pdu.state_key().map(ToOwned::to_owned),
        content: event.pdu.content_as().unwrap(),
        redacted: event.redacted_by.is_some(),
        ord: event.ord.0,
    };
    events.iter().map(plain).collect()
}

fn relation(event: &Event) -> Option<(&str, &str)> {
    let relation = &event.content["m.relates_to"];
    Some((relation["rel_type"].as_str()?, relation["event_id"].as_str()?))
}

fn thread(events: &[Event], event: &Event) -> Option<String> {
    let mut event = event;
    for _ in 0..3 {
        let (kind, target) = relation(event)?;
        if kind == "m.thread" {
            return Some(target.to_owned());
        }
        event = events.iter().find(|event| event.id == target)?;
    }
    None
}

/// The thread of an event as it is now.
pub(super) async fn thread_of(world: &World, room: &RoomId, id: &str) -> Option<String> {
    let events = history(world, room).await;
    let event = events.iter().find(|event| event.id == id).unwrap();
    thread(&events, event)
}

/// The room's state as events make it, one by one.
struct Moment {
    joined: BTreeSet<String>,
    name: String,
    creator: OwnedUserId,
    power_levels: Option<RoomPowerLevelsEventContent>,
}

impl Moment {
    fn context(&self, room: &RoomId, user: &UserId) -> PushConditionRoomCtx {
        let joined = UInt::try_from(self.joined.len()).unwrap();
        let mut context =
            PushConditionRoomCtx::new(room.to_owned(), joined, user.to_owned(), self.name.clone());
        let rules = ruma_common::RoomVersionId::V12.rules().unwrap().authorization;
        let powers = self.power_levels.clone();
        let levels = RoomPowerLevels::new(powers.into(), &rules, [self.creator.clone()]);
        context.power_levels = Some(levels.into());
        context
    }

    fn take(&mut self, event: &Event, user: &UserId) {
        let Some(key) = &event.state_key else { return };
        match event.kind.as_str() {
            "m.room.member" => {
                if event.content["membership"] == "join" {
                    self.joined.insert(key.clone());
                } else {
                    self.joined.remove(key);
                }
                if key == user.as_str() {
                    let name = event.content["displayname"].as_str();
                    name.unwrap_or(user.localpart()).clone_into(&mut self.name);
                }
            }
            "m.room.power_levels" => {
                self.power_levels = serde_json::from_value(event.content.clone()).ok();
            }
            _ => {}
        }
    }
}

/// What is unread; none for who is not in the room.
pub(super) async fn count(
    world: &World,
    room: &RoomId,
    observer: &Observer<'_>,
) -> Option<Counted> {
    let events = history(world, room).await;
    let user = observer.user;
    let mut moment = Moment {
        joined: BTreeSet::new(),
        name: user.localpart().to_owned(),
        creator: events[0].sender.clone(),
        power_levels: None,
    };
    let mut counted = Counted::new();
    for event in &events {
        let context = moment.context(room, user);
        let was_in = moment.joined.contains(user.as_str());
        moment.take(event, user);
        if was_in != moment.joined.contains(user.as_str()) {
            counted.clear();
        }
        let own =
            event.kind == "m.room.member" && event.state_key.as_deref() == Some(user.as_str());
        if own || event.redacted || observer.ignored.contains(&event.sender) {
            continue;
        }
        let mut raw = json!({
            "type": event.kind, "sender": event.sender, "content": event.content,
            "room_id": room, "event_id": event.id, "origin_server_ts": 1,
        });
        if let Some(key) = &event.state_key {
            raw["state_key"] = json!(key);
        }
        let raw = Raw::<Value>::from_json_string(raw.to_string()).unwrap();
        let Some(rule) = observer.rules.get_match(&raw, &context).await else { continue };
        let thread = thread(&events, event);
        if rule.triggers_notification() && !observer.read.covers(thread.as_deref(), event.ord) {
            let counts = counted.entry(thread).or_default();
            counts.0 += 1;
            counts.1 += u64::from(rule.triggers_highlight());
        }
    }
    moment.joined.contains(user.as_str()).then_some(counted)
}
