//! Tags of a room: one piece of account data, changed tag by tag.

use ruma_common::{OwnedRoomId, RoomId, UserId};
use ruma_events::tag::{TagInfo, TagName, Tags};
use serde_json::{Map, Value, json};

use crate::account_data::Datum;
use crate::devices::{Devices, damaged, owner};
use crate::error::DeviceError;
use crate::tables::ACCOUNT_DATA;

/// The type of account data that holds tags.
const TAG: &str = "m.tag";

impl Devices {
    /// The tags that a person gave a room.
    pub async fn tags(&self, user: &UserId, room: &RoomId) -> Result<Tags, DeviceError> {
        let row = self.datum(user, Datum { room: Some(room), kind: TAG }).await?;
        let tags = read(row.as_ref().map(|row| row.content.as_str()))?;
        let tags = tags.into_iter().filter_map(|(name, info)| {
            let info: TagInfo = serde_json::from_value(info).ok()?;
            Some((TagName::from(name), info))
        });
        Ok(tags.collect())
    }

    /// The names of the tags that a person gave each of these rooms, in the order asked.
    pub async fn tag_names(
        &self,
        user: &UserId,
        rooms: &[OwnedRoomId],
    ) -> Result<Vec<Vec<String>>, DeviceError> {
        let key = |room: &OwnedRoomId| Datum { room: Some(room), kind: TAG }.key(user);
        let keys: Vec<_> = rooms.iter().map(key).collect();
        let Devices(inner) = self;
        let rows = ACCOUNT_DATA.get_many(&inner.store, &inner.vault, &owner(user), &keys).await?;
        let names = rows.iter().map(|row| {
            let tags = read(row.as_ref().map(|row| row.content.as_str()))?;
            Ok(tags.into_iter().map(|(name, _)| name).collect())
        });
        names.collect()
    }

    /// Gives a room a tag, or changes it.
    pub async fn set_tag(
        &self,
        user: &UserId,
        room: &RoomId,
        name: &str,
        info: &TagInfo,
    ) -> Result<(), DeviceError> {
        let info =
            serde_json::to_value(info).map_err(|error| DeviceError::Invalid(error.to_string()))?;
        self.change_tags(user, room, |tags| {
            tags.insert(name.to_owned(), info.clone());
            true
        })
        .await
    }

    /// Takes a tag from a room; one that is not there is no error.
    pub async fn delete_tag(
        &self,
        user: &UserId,
        room: &RoomId,
        name: &str,
    ) -> Result<(), DeviceError> {
        self.change_tags(user, room, |tags| tags.remove(name).is_some()).await
    }

    async fn change_tags(
        &self,
        user: &UserId,
        room: &RoomId,
        change: impl Fn(&mut Map<String, Value>) -> bool,
    ) -> Result<(), DeviceError> {
        let decide = |was: Option<&str>| {
            let mut tags = read(was)?;
            Ok(change(&mut tags).then(|| json!({ "tags": tags }).to_string()))
        };
        self.change_datum(user, Datum { room: Some(room), kind: TAG }, decide).await
    }
}

/// The tags of stored content. A client may have written anything there: what is not tags is none.
fn read(content: Option<&str>) -> Result<Map<String, Value>, DeviceError> {
    let Some(content) = content else { return Ok(Map::new()) };
    let mut content: Value =
        serde_json::from_str(content).map_err(|error| damaged(ACCOUNT_DATA.name(), &error))?;
    match content.get_mut("tags").map(Value::take) {
        Some(Value::Object(tags)) => Ok(tags),
        _ => Ok(Map::new()),
    }
}
