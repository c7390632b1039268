//! A room as it is shown from outside: its summary, and the public directory as a list.
//!
//! `spec/content/client-server-api`, "Room Summaries" and "Published room directory".

use js_int::UInt;
use ruma_common::directory::RoomTypeFilter;
use ruma_common::room::{JoinRule, JoinRuleSummary, RoomSummary};
use ruma_common::{RoomId, UserId};
use ruma_events::room::join_rules::RoomJoinRulesEventContent;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::Prefix;

use crate::error::RoomError;
use crate::load::Rooms;
use crate::room::{Current, Room};
use crate::tables::{DIRECTORY, Membership};

/// Which rooms of the directory are asked for. The default is all.
#[derive(Clone, Debug, Default)]
pub struct DirectoryFilter {
    /// Words that name, topic or main alias contain, in either case.
    pub term: Option<String>,
    /// Only rooms of these types.
    pub types: Vec<RoomTypeFilter>,
}

impl Room {
    /// What the room's state says of it.
    pub fn summary(&self) -> RoomSummary {
        self.summary_of(&self.current())
    }

    /// What a state of the room says of it.
    pub(crate) fn summary_of(&self, current: &Current) -> RoomSummary {
        let rule = JoinRuleSummary::from(current.join_rule());
        let joined = UInt::new_saturating(current.joined);
        let mut summary = RoomSummary::new(
            self.id.clone(),
            rule,
            current.is_open_to_guests(),
            joined,
            current.is_world_readable(),
        );
        summary.canonical_alias = field(current, "m.room.canonical_alias", "alias");
        summary.name = field(current, "m.room.name", "name");
        summary.topic = field(current, "m.room.topic", "topic");
        summary.avatar_url = field(current, "m.room.avatar", "url");
        summary.room_type = current.kind().map(Into::into);
        summary.encryption = field(current, "m.room.encryption", "algorithm");
        summary.room_version = Some(self.version.clone());
        summary
    }
}

impl Current {
    /// Whether guests may come in.
    pub fn is_open_to_guests(&self) -> bool {
        let access: Option<String> = field(self, "m.room.guest_access", "guest_access");
        access.as_deref() == Some("can_join")
    }

    /// The room's type, such as `m.space`.
    pub fn kind(&self) -> Option<String> {
        field(self, "m.room.create", "type")
    }

    /// The rule for joining; invited people only when there is none that is understood.
    pub(crate) fn join_rule(&self) -> JoinRule {
        let content: Option<RoomJoinRulesEventContent> = self.content("m.room.join_rules");
        content.map_or(JoinRule::Invite, |content| content.join_rule)
    }

    /// Whether everybody may read the room.
    pub fn is_world_readable(&self) -> bool {
        let setting: Option<String> =
            field(self, "m.room.history_visibility", "history_visibility");
        setting.as_deref() == Some("world_readable")
    }
}

impl Rooms {
    /// The summary of a room for who may join it, knock on it or read it, and how they stand to it.
    /// For everybody else there is no such room.
    pub async fn summary(
        &self,
        user: Option<&UserId>,
        room_id: &RoomId,
    ) -> Result<(RoomSummary, Option<Membership>), RoomError> {
        let missing = || RoomError::NotFound(format!("no room {room_id} is to be seen"));
        let room = match user {
            Some(user) => self.room_for(user, room_id).await,
            None => self.room(room_id).await,
        };
        let room = room.map_err(|error| match error {
            RoomError::UnknownRoom(_) => missing(),
            error => error,
        })?;
        let current = room.current();
        let membership = user.map(|user| current.membership(user));
        let visible = match user {
            Some(user) => self.may_look(&room, &current, user).await?,
            None => current.is_world_readable(),
        };
        if visible { Ok((room.summary(), membership)) } else { Err(missing()) }
    }

    /// Whether a person may know what a room is: who is in it or asked to come, who may come in or
    /// ask to, and everybody where the room is open to the world.
    pub(crate) async fn may_look(
        &self,
        room: &Room,
        current: &Current,
        user: &UserId,
    ) -> Result<bool, RoomError> {
        if current.is_world_readable() {
            return Ok(true);
        }
        let known = &room.rules.authorization;
        Ok(match current.membership(user) {
            Membership::Join | Membership::Invite | Membership::Knock => true,
            // Whoever is kept out can neither come in nor ask to.
            Membership::Ban => false,
            Membership::Leave => match current.join_rule() {
                JoinRule::Public => true,
                // A rule that the room's version does not know lets nobody in.
                JoinRule::Knock => known.knocking,
                JoinRule::KnockRestricted(_) => known.knock_restricted_join_rule,
                JoinRule::Restricted(rule) => {
                    known.restricted_join_rule
                        && self.standing_in_any(user, &rule.allow).await?.is_some()
                }
                _ => false,
            },
        })
    }

    /// The rooms of the public directory, largest first.
    pub async fn directory(&self, filter: &DirectoryFilter) -> Result<Vec<RoomSummary>, RoomError> {
        let mut rooms = Vec::new();
        for (no, ()) in DIRECTORY.all(&self.0.store, &Prefix::all()).await? {
            let summary = self.room_by_number(no).await?.summary();
            if filter.admits(&summary) {
                rooms.push((summary.num_joined_members, no, summary));
            }
        }
        rooms.sort_by(|(some, no, _), (others, other, _)| others.cmp(some).then(no.cmp(other)));
        Ok(rooms.into_iter().map(|(_, _, summary)| summary).collect())
    }
}

impl DirectoryFilter {
    fn admits(&self, summary: &RoomSummary) -> bool {
        let kind = RoomTypeFilter::from(summary.room_type.clone());
        (self.types.is_empty() || self.types.contains(&kind))
            && self.term.as_ref().is_none_or(|term| mentions(summary, &term.to_lowercase()))
    }
}

fn mentions(summary: &RoomSummary, term: &str) -> bool {
    let alias = summary.canonical_alias.as_ref().map(|alias| alias.as_str());
    let texts = [summary.name.as_deref(), summary.topic.as_deref(), alias];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(term))
}

/// One field of the content of a state event, when it is there and well-formed.
fn field<T: DeserializeOwned>(current: &Current, kind: &str, name: &str) -> Option<T> {
    let mut content: Value = current.content(kind)?;
    serde_json::from_value(content.get_mut(name)?.take()).ok()
}
