//! Questions about many rooms at once. None of them loads a room.

use base::number::RoomNo;
use ruma_common::OwnedRoomId;
use serde::Deserialize;

use crate::error::RoomError;
use crate::event::damaged;
use crate::load::Rooms;
use crate::tables::{ROOM_IDS, ROOMS, STATE};

/// What sort of room one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSort {
    /// Its type (`m.space`…), if it has any. Never changes.
    pub room_type: Option<String>,
    /// Whether it is encrypted. Once it is, it stays so.
    pub encrypted: bool,
}

impl Rooms {
    /// The numbers of rooms, in the order asked; none for those that are not here.
    pub async fn numbers_of(&self, ids: &[OwnedRoomId]) -> Result<Vec<Option<RoomNo>>, RoomError> {
        let mut known: Vec<_> = ids.iter().map(|id| self.0.ids.get(id)).collect();
        let of_unknown =
            |(id, known): (&OwnedRoomId, &Option<RoomNo>)| known.is_none().then(|| id.to_string());
        let unknown: Vec<_> = ids.iter().zip(&known).filter_map(of_unknown).collect();
        if unknown.is_empty() {
            return Ok(known);
        }
        let mut found = ROOM_IDS.get_many(&self.0.store, &unknown).await?.into_iter();
        for (id, place) in ids.iter().zip(&mut known).filter(|(_, place)| place.is_none()) {
            *place = found.next().flatten();
            if let Some(no) = *place {
                self.0.ids.insert(id.clone(), no);
            }
        }
        Ok(known)
    }

    /// The ids of rooms that the store named, in the order asked.
    pub async fn ids_of(&self, rooms: &[RoomNo]) -> Result<Vec<OwnedRoomId>, RoomError> {
        let rows = ROOMS.get_many(&self.0.store, rooms).await?;
        let id = |(no, row): (&RoomNo, Option<crate::tables::RoomRow>)| {
            let row = row.ok_or_else(|| damaged(&format!("room {no} has no row")))?;
            OwnedRoomId::try_from(row.room_id).map_err(|error| damaged(&error))
        };
        rooms.iter().zip(rows).map(id).collect()
    }

    /// What sort of rooms these are now, in the order asked.
    pub async fn sorts_of(&self, rooms: &[RoomNo]) -> Result<Vec<RoomSort>, RoomError> {
        #[derive(Deserialize)]
        struct Create {
            #[serde(rename = "type")]
            room_type: Option<String>,
        }
        let store = &self.0.store;
        let of = |kind: &str| -> Vec<_> {
            rooms.iter().map(|room| (*room, kind.to_owned(), String::new())).collect()
        };
        let created = STATE.get_many(store, &of("m.room.create")).await?;
        let encrypted = STATE.get_many(store, &of("m.room.encryption")).await?;
        let numbers: Vec<_> = created.iter().copied().flatten().collect();
        let mut creations = self.events(&numbers).await?.into_iter();
        let sorts = created.into_iter().zip(encrypted).map(|(created, encrypted)| {
            let creation = created.and_then(|_| creations.next());
            let content = creation.and_then(|event| event.pdu.content_as::<Create>().ok());
            let room_type = content.and_then(|content| content.room_type);
            RoomSort { room_type, encrypted: encrypted.is_some() }
        });
        Ok(sorts.collect())
    }
}
