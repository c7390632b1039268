//! Asking an event by a person's push rules.

use std::collections::BTreeSet;

use js_int::UInt;
use rooms::{Current, Room, Stored};
use ruma_common::push::{
    FlattenedJson, PushConditionPowerLevelsCtx, PushConditionRoomCtx, Ruleset,
};
use ruma_common::serde::Raw;
use ruma_common::{OwnedUserId, UserId};
use ruma_events::room::power_levels::{RoomPowerLevels, RoomPowerLevelsEventContent};
use serde::Deserialize;

use crate::json::object;

/// What conditions of push rules ask of a room, for one person.
pub(super) struct Context(PushConditionRoomCtx);

impl Context {
    /// A room as it is now: rules are asked as events come.
    pub(super) fn new(room: &Room, current: &Current, user: &UserId) -> Self {
        #[derive(Deserialize)]
        struct Profile {
            displayname: Option<String>,
        }
        let member = current.get("m.room.member", user.as_str());
        let profile = member.and_then(|member| member.pdu.content_as::<Profile>().ok());
        let name = profile.and_then(|profile| profile.displayname);
        let mut context = PushConditionRoomCtx::new(
            room.id.clone(),
            UInt::new_saturating(current.joined),
            user.to_owned(),
            name.unwrap_or_else(|| user.localpart().to_owned()),
        );
        context.power_levels = power_levels(room, current);
        Self(context)
    }

    /// Whether an event notifies; if so, whether it is highlighted.
    pub(super) async fn notifies(&self, rules: &Ruleset, event: &Stored) -> Option<bool> {
        let flat = flatten(event, &self.0)?;
        for rule in rules {
            if rule.applies(&flat, &self.0).await {
                let actions = rule.actions();
                let notify = actions.iter().any(ruma_common::push::Action::should_notify);
                return notify.then(|| actions.iter().any(ruma_common::push::Action::is_highlight));
            }
        }
        None
    }
}

/// The parts of an event that rules ask for.
fn flatten(event: &Stored, context: &PushConditionRoomCtx) -> Option<FlattenedJson> {
    let mut text = String::with_capacity(512);
    object(&mut text, |fields| {
        fields.json("content", event.pdu.content().get());
        fields.text("room_id", context.room_id.as_str());
        fields.text("sender", event.sender().as_str());
        fields.text("type", event.kind());
        if let Some(state_key) = event.pdu.state_key() {
            fields.text("state_key", state_key);
        }
    });
    let raw = Raw::<serde_json::Value>::from_json_string(text).ok()?;
    Some(FlattenedJson::from_raw(&raw))
}

fn power_levels(room: &Room, current: &Current) -> Option<PushConditionPowerLevelsCtx> {
    #[derive(Deserialize)]
    struct Create {
        #[serde(default)]
        additional_creators: BTreeSet<OwnedUserId>,
    }
    let rules = room.version.rules()?.authorization;
    let create = current.get("m.room.create", "")?;
    let mut creators = create.pdu.content_as::<Create>().ok()?.additional_creators;
    creators.insert(create.sender().to_owned());
    let content: Option<RoomPowerLevelsEventContent> = current.content("m.room.power_levels");
    Some(RoomPowerLevels::new(content.into(), &rules, creators).into())
}
