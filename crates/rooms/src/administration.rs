//! All rooms, as those who administer the server see them: what a room is and who is in it, not
//! what is said there.

use std::sync::Arc;

use ruma_common::room::RoomSummary;
use ruma_common::{EventEncryptionAlgorithm, EventId, OwnedUserId, RoomId, RoomVersionId, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use store::{Direction, Prefix};

use crate::error::RoomError;
use crate::event::{Stored, damaged};
use crate::load::Rooms;
use crate::room::{Current, Room};
use crate::tables::{DIRECTORY, Membership, ROOMS, TIMELINE};

/// Rooms read at a time.
const PAGE: usize = 256;
/// Events looked at together when media are looked for.
const EVENTS_AT_ONCE: usize = 500;
/// Media of a room that are told at most.
const MEDIA: usize = 10_000;
/// Levels of a content that are looked at for media.
const DEPTH: usize = 8;

/// A room, as an administrator sees it.
#[derive(Clone, Debug)]
pub struct RoomInfo {
    /// What it is. Topic and picture of a room that is not open to everybody are left out.
    pub summary: RoomSummary,
    /// Whether anybody may come in.
    pub open: bool,
    /// Whether it stands in the public directory.
    pub listed: bool,
    /// Who made it.
    pub creator: OwnedUserId,
    /// Whether people of other servers may come in.
    pub federatable: bool,
    /// How many are in it.
    pub joined: u64,
    /// How many of this server are.
    pub joined_here: u64,
    /// How many state events it has.
    pub state_events: usize,
    /// `join_rule`.
    pub join_rule: Option<String>,
    /// `guest_access`.
    pub guest_access: Option<String>,
    /// `history_visibility`.
    pub history_visibility: Option<String>,
}

/// What a list of rooms is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoomOrder {
    /// The name.
    #[default]
    Name,
    /// The main alias.
    Alias,
    /// How many are in it, the most first.
    Joined,
    /// How many of this server are in it, the most first.
    JoinedHere,
    /// How many state events it has, the most first.
    StateEvents,
    /// The version.
    Version,
    /// Who made it.
    Creator,
    /// How it is encrypted.
    Encryption,
    /// Whether people of other servers may come in.
    Federatable,
    /// Whether it stands in the directory.
    Listed,
    /// The rule for joining.
    JoinRule,
    /// Whether guests may come in.
    GuestAccess,
    /// Who sees what was said before.
    HistoryVisibility,
}

/// Which rooms are asked for.
#[derive(Clone, Debug, Default)]
pub struct RoomQuery {
    /// Name, alias or id contain this, in either case.
    pub term: Option<String>,
    /// Only rooms of the directory, or none.
    pub listed: Option<bool>,
    /// Only rooms without anybody, or none.
    pub empty: Option<bool>,
    /// In which order.
    pub order: RoomOrder,
    /// Whether the last come first.
    pub backward: bool,
    /// How many to leave out first.
    pub skip: usize,
    /// How many to give at most.
    pub limit: usize,
}

/// A page of rooms.
#[derive(Clone, Debug, Default)]
pub struct RoomListing {
    /// The rooms.
    pub rooms: Vec<RoomInfo>,
    /// How many there are in all that were asked for.
    pub total: usize,
}

impl Rooms {
    /// One room.
    pub async fn info(&self, room_id: &RoomId) -> Result<RoomInfo, RoomError> {
        let room = self.room(room_id).await?;
        self.bring_up(&room).await?;
        self.info_of(&room).await
    }

    /// A page of the rooms. Reads them all, one by one, and holds what is listed of them.
    pub async fn list(&self, query: &RoomQuery) -> Result<RoomListing, RoomError> {
        let term = query.term.as_ref().map(|term| term.to_lowercase());
        let mut found = Vec::new();
        let mut part = Prefix::all();
        loop {
            let rows = ROOMS.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { break };
            part = Prefix::all().after(last);
            for (no, _) in rows {
                let info = match self.room_by_number(no).await {
                    Ok(room) => self.info_of(&room).await?,
                    Err(RoomError::Deleted(_)) => continue,
                    Err(error) => return Err(error),
                };
                if query.admits(&info) && info.mentions(term.as_deref()) {
                    found.push((query.order.place(&info), no, info));
                }
            }
        }
        found.sort_by(|(one, no, _), (other, other_no, _)| one.cmp(other).then(no.cmp(other_no)));
        if query.backward {
            found.reverse();
        }
        let total = found.len();
        let page = found.into_iter().skip(query.skip).take(query.limit);
        Ok(RoomListing { rooms: page.map(|(_, _, info)| info).collect(), total })
    }

    /// Who is in a room, in order of their identifiers.
    pub async fn everybody_in(&self, room_id: &RoomId) -> Result<Vec<OwnedUserId>, RoomError> {
        let room = self.room(room_id).await?;
        self.bring_up(&room).await?;
        let current = room.current();
        let joined = current.members.iter().filter(|(_, standing)| **standing == Membership::Join);
        let mut joined: Vec<_> = joined.map(|(user, _)| user.clone()).collect();
        joined.sort();
        Ok(joined)
    }

    /// The state of a room, as JSON. Of a room that is not open to everybody: the skeletons, which
    /// hold what the rules need and nothing that people wrote, and the name.
    pub async fn state_of(&self, room_id: &RoomId) -> Result<Vec<String>, RoomError> {
        let room = self.room(room_id).await?;
        self.bring_up(&room).await?;
        let current = room.current();
        let open = current.is_open();
        let mut events: Vec<_> = current.state.values().collect();
        events.sort_by_key(|event| event.ord);
        events.into_iter().map(|event| administered(&room, event, open)).collect()
    }

    /// An event of a room, as JSON: without its content, unless the room is open to everybody.
    pub async fn administered_event(
        &self,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<Option<String>, RoomError> {
        let room = self.room(room_id).await?;
        let open = room.current().is_open();
        let event = self.event_in(room.no, event_id).await?;
        event.map(|event| administered(&room, &event, open)).transpose()
    }

    /// Addresses of the media in what is readable of a room: in nothing of an encrypted one.
    pub async fn media_in(&self, room_id: &RoomId) -> Result<Vec<String>, RoomError> {
        let room = self.room(room_id).await?;
        self.bring_up(&room).await?;
        let mut found = std::collections::BTreeSet::new();
        if room.current().is_encrypted() {
            return Ok(Vec::new());
        }
        let mut part = Prefix::of(&room.no);
        while found.len() < MEDIA {
            let page =
                TIMELINE.scan(&self.0.store, &part, Direction::Backward, EVENTS_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { break };
            part = Prefix::of(&room.no).before(last);
            let numbers: Vec<_> = page.iter().map(|(_, no)| *no).collect();
            for event in self.read_events(&numbers).await? {
                let content: Value = event.pdu.content_as().unwrap_or_default();
                addresses(&content, DEPTH, &mut |address| {
                    found.insert(address.to_owned());
                });
            }
        }
        Ok(found.into_iter().take(MEDIA).collect())
    }

    async fn info_of(&self, room: &Arc<Room>) -> Result<RoomInfo, RoomError> {
        let current = room.current();
        let listed = DIRECTORY.get(&self.0.store, &room.no).await?.is_some();
        let create = current.get("m.room.create", "");
        let create = create.ok_or_else(|| damaged(&"room without m.room.create"))?;
        let content: Map<String, Value> = create.pdu.content_as().unwrap_or_default();
        let ours = |user: &UserId| user.server_name() == self.0.settings.server_name;
        let here = current.members.iter();
        let here = here.filter(|(user, is)| **is == Membership::Join && ours(user)).count();
        let open = current.is_open();
        let mut summary = room.summary_of(&current);
        if !open {
            (summary.topic, summary.avatar_url) = (None, None);
        }
        let text = |kind: &str, field: &str| text(&current, kind, field);
        Ok(RoomInfo {
            summary,
            open,
            listed,
            creator: create.sender().to_owned(),
            federatable: content.get("m.federate").and_then(Value::as_bool).unwrap_or(true),
            joined: current.joined,
            joined_here: here as u64,
            state_events: current.state.size(),
            join_rule: text("m.room.join_rules", "join_rule"),
            guest_access: text("m.room.guest_access", "guest_access"),
            history_visibility: text("m.room.history_visibility", "history_visibility"),
        })
    }
}

impl RoomQuery {
    fn admits(&self, info: &RoomInfo) -> bool {
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        is(self.listed, info.listed) && is(self.empty, info.joined_here == 0)
    }
}

impl RoomInfo {
    fn mentions(&self, term: Option<&str>) -> bool {
        let Some(term) = term else { return true };
        let alias = self.summary.canonical_alias.as_ref().map(|alias| alias.as_str());
        let id = self.summary.room_id.as_str();
        let texts = [self.summary.name.as_deref(), alias, Some(id)];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(term))
    }
}

impl RoomOrder {
    /// What a room is sorted by: a number, then a text; the greatest number first.
    fn place(self, info: &RoomInfo) -> (std::cmp::Reverse<u64>, String) {
        let summary = &info.summary;
        let text = |text: Option<&str>| (0, text.unwrap_or_default().to_lowercase());
        let (number, text) = match self {
            Self::Name => text(summary.name.as_deref()),
            Self::Alias => text(summary.canonical_alias.as_ref().map(|alias| alias.as_str())),
            Self::Joined => (info.joined, String::new()),
            Self::JoinedHere => (info.joined_here, String::new()),
            Self::StateEvents => (info.state_events as u64, String::new()),
            Self::Version => text(summary.room_version.as_ref().map(RoomVersionId::as_str)),
            Self::Creator => text(Some(info.creator.as_str())),
            Self::Encryption => {
                text(summary.encryption.as_ref().map(EventEncryptionAlgorithm::as_str))
            }
            Self::Federatable => (info.federatable.into(), String::new()),
            Self::Listed => (info.listed.into(), String::new()),
            Self::JoinRule => text(info.join_rule.as_deref()),
            Self::GuestAccess => text(info.guest_access.as_deref()),
            Self::HistoryVisibility => text(info.history_visibility.as_deref()),
        };
        (std::cmp::Reverse(number), text)
    }
}

/// The text of a field of a state event's content.
fn text(current: &Current, kind: &str, field: &str) -> Option<String> {
    let content: Value = current.content(kind)?;
    Some(content.get(field)?.as_str()?.to_owned())
}

/// An event as an administrator sees it.
fn administered(room: &Room, event: &Stored, open: bool) -> Result<String, RoomError> {
    #[derive(Serialize)]
    struct Shown<'a> {
        content: &'a RawValue,
        event_id: &'a str,
        origin_server_ts: u64,
        room_id: &'a RoomId,
        sender: &'a UserId,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_key: Option<&'a str>,
        r#type: &'a str,
    }
    let redacted;
    let pdu = if open || event.kind() == "m.room.name" {
        &event.pdu
    } else {
        redacted = rules::redaction::redact(&room.rules, &event.pdu);
        redacted.as_ref().map_err(|error| damaged(error))?
    };
    let text = serde_json::to_string(&Shown {
        content: pdu.content(),
        event_id: event.id().as_str(),
        origin_server_ts: pdu.origin_server_ts().0,
        room_id: &room.id,
        sender: event.sender(),
        state_key: pdu.state_key(),
        r#type: event.kind(),
    });
    text.map_err(|error| damaged(&error))
}

/// Every `mxc:` address in a content.
fn addresses(content: &Value, depth: usize, found: &mut impl FnMut(&str)) {
    if depth == 0 {
        return;
    }
    match content {
        Value::String(text) if text.starts_with("mxc://") => found(text),
        Value::Array(values) => values.iter().for_each(|value| addresses(value, depth - 1, found)),
        Value::Object(fields) => {
            fields.values().for_each(|value| addresses(value, depth - 1, found));
        }
        _ => {}
    }
}
