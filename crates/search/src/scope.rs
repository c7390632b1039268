//! Where a question looks: in which rooms, and at whose words.
//!
//! `spec/content/client-server-api/modules/search.md`: all rooms that a person is or was in.
//! `modules/room_upgrades.md`: a room goes on in the one that replaces it, so who names that one
//! means both.

use std::collections::HashSet;

use base::number::{LogPosition, RoomNo};
use rooms::{EventFilter, RoomError, Rooms};
use ruma_common::{OwnedRoomId, RoomId, UserId};
use serde::Deserialize;

use crate::SearchError;
use crate::collect::Scope;
use crate::page::Question;
use crate::schema::sender;
use crate::token::Within;

/// Rooms that a question may name at most.
const MOST_ROOMS: usize = 1_000;
/// Rooms before a room that are looked for at most.
const MOST_PREDECESSORS: usize = 32;

impl Scope {
    /// What a question looks at.
    pub(crate) async fn of(
        rooms: &Rooms,
        question: &Question,
        within: Within,
        upto: LogPosition,
    ) -> Result<Self, SearchError> {
        let filter = &question.filter;
        let numbers = |people: &[ruma_common::OwnedUserId]| {
            people.iter().map(|user| sender(user)).collect::<HashSet<_>>()
        };
        let mut ignored = numbers(&question.ignored);
        ignored.remove(&sender(&question.user));
        let keys = question.keys.iter().filter(|key| filter.admits_kind(key.kind()));
        Ok(Self {
            rooms: rooms_of(rooms, &question.user, filter).await?,
            senders: filter.senders.as_deref().map(numbers),
            not_senders: numbers(&filter.not_senders),
            ignored,
            keys: keys.map(|key| key.number()).collect(),
            url: filter.contains_url,
            from: question.from.unwrap_or(0),
            to: question.to.unwrap_or(u64::MAX),
            within,
            upto,
        })
    }
}

/// The rooms that are searched for a person.
async fn rooms_of(
    rooms: &Rooms,
    user: &UserId,
    filter: &EventFilter,
) -> Result<HashSet<u64>, SearchError> {
    let standings = rooms.standings(user).await?;
    let own = standings.iter().filter(|standing| !standing.forgotten);
    let mut own: HashSet<u64> = own.map(|standing| standing.room.0).collect();
    let named = filter.rooms.as_ref().map_or(0, Vec::len).max(filter.not_rooms.len());
    if named > MOST_ROOMS {
        return Err(SearchError::Question(format!("a search names {MOST_ROOMS} rooms at most")));
    }
    for room in &filter.not_rooms {
        if let Some(no) = number(rooms, room).await? {
            own.remove(&no.0);
        }
    }
    let Some(only) = &filter.rooms else { return Ok(own) };
    let mut wanted = HashSet::new();
    for room in only {
        wanted.extend(with_predecessors(rooms, room, &own).await?);
    }
    own.retain(|no| wanted.contains(no));
    Ok(own)
}

async fn number(rooms: &Rooms, room: &RoomId) -> Result<Option<RoomNo>, SearchError> {
    match rooms.room(room).await {
        Ok(room) => Ok(Some(room.no)),
        Err(RoomError::UnknownRoom(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct Creation {
    predecessor: Option<Predecessor>,
}

#[derive(Deserialize)]
struct Predecessor {
    room_id: OwnedRoomId,
}

/// A room and those that it goes on from, as far as the person is or was in them.
async fn with_predecessors(
    rooms: &Rooms,
    room: &RoomId,
    own: &HashSet<u64>,
) -> Result<HashSet<u64>, SearchError> {
    let (mut found, mut next) = (HashSet::new(), Some(room.to_owned()));
    while let Some(id) = next.take().filter(|_| found.len() < MOST_PREDECESSORS) {
        let room = match rooms.room(&id).await {
            Ok(room) => room,
            Err(RoomError::UnknownRoom(_)) => break,
            Err(error) => return Err(error.into()),
        };
        if !own.contains(&room.no.0) || !found.insert(room.no.0) {
            break;
        }
        let creation: Option<Creation> = room.current().content("m.room.create");
        next = creation.and_then(|creation| creation.predecessor).map(|before| before.room_id);
    }
    Ok(found)
}
