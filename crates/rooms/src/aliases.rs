//! Names by which rooms are found, and the public directory.
//!
//! An alias says what a room is about, so the store holds its hash and a copy sealed under the
//! room's key, never the words.

use base::number::RoomNo;
use ruma_common::{OwnedRoomAliasId, OwnedRoomId, RoomAliasId, RoomId, UserId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Batch, Prefix};
use vault::{Owner, Place, SealingKey};

use crate::append::Writing;
use crate::commit::deciding;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::{ALIASES, AliasRow, DIRECTORY, ROOM_ALIASES};

/// Aliases of one room at most.
const ALIASES_SHOWN: usize = 100;

impl Rooms {
    /// Gives a room an alias.
    pub async fn create_alias(
        &self,
        user: &UserId,
        alias: &RoomAliasId,
        room_id: &RoomId,
    ) -> Result<(), RoomError> {
        self.require_ours(alias)?;
        let room = self.room(room_id).await?;
        self.decide(&room, async |mut writing| {
            writing.require_joined(user)?;
            self.reserve_alias(&mut writing, user, alias).await?;
            writing.commit().await
        })
        .await
    }

    /// The room of an alias.
    pub async fn resolve_alias(&self, alias: &RoomAliasId) -> Result<OwnedRoomId, RoomError> {
        let room = self.alias_owner(alias).await?;
        Ok(self.room_by_number(room).await?.id.clone())
    }

    /// Takes an alias back: whoever gave it may, and whoever may change the room's aliases.
    pub async fn delete_alias(&self, user: &UserId, alias: &RoomAliasId) -> Result<(), RoomError> {
        // Again from the start when the alias went to another room meanwhile.
        deciding(async || {
            let room = self.room_by_number(self.alias_owner(alias).await?).await?;
            let once = |writing| self.delete_alias_once(writing, user, alias);
            if self.decide(&room, once).await? { Ok(()) } else { Err(RoomError::Busy) }
        })
        .await
    }

    /// Whether the alias was the room's, and is deleted.
    async fn delete_alias_once(
        &self,
        mut writing: Writing,
        user: &UserId,
        alias: &RoomAliasId,
    ) -> Result<bool, RoomError> {
        let (hash, no) = (hash(alias), writing.room.no);
        if self.alias_owner(alias).await? != no {
            return Ok(false);
        }
        let row = ROOM_ALIASES.get(&self.0.store, &(no, hash)).await?;
        let own = row.is_some_and(|row| row.creator == *user.as_str());
        if !own && !writing.may_set(user, "m.room.canonical_alias")? {
            return Err(RoomError::Forbidden(format!("{user} may not delete {alias}")));
        }
        ALIASES.check_equals(&mut writing.batch, &hash, &no)?;
        ALIASES.delete(&mut writing.batch, &hash);
        ROOM_ALIASES.delete(&mut writing.batch, &(no, hash));
        writing.commit().await.map(|()| true)
    }

    /// Aliases of a room, for who may read it.
    pub async fn aliases(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Vec<OwnedRoomAliasId>, RoomError> {
        let room = self.room_for(user, room_id).await?;
        let current = room.current();
        if !current.is_world_readable() {
            current.require_joined(user, room_id)?;
        }
        let key = self.room_key(room.no).await?;
        let part = Prefix::of(&room.no);
        let rows = ROOM_ALIASES
            .scan(&self.0.store, &part, store::Direction::Forward, ALIASES_SHOWN)
            .await?;
        let mut aliases = Vec::with_capacity(rows.len());
        for ((_, hash), row) in rows {
            let text = key.open(Place { table: ROOM_ALIASES.name(), key: &hash }, &row.sealed)?;
            let text = String::from_utf8_lossy(&text);
            aliases.extend(RoomAliasId::parse(text.as_ref()).ok());
        }
        Ok(aliases)
    }

    /// Whether a room stands in the public directory.
    pub async fn is_listed(&self, room_id: &RoomId) -> Result<bool, RoomError> {
        let room = self.room(room_id).await?;
        Ok(DIRECTORY.get(&self.0.store, &room.no).await?.is_some())
    }

    /// Puts a room in the public directory, or takes it out.
    pub async fn set_listed(
        &self,
        user: &UserId,
        room_id: &RoomId,
        listed: bool,
    ) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        self.decide(&room, async |mut writing| {
            if !writing.may_set(user, "m.room.canonical_alias")? {
                return Err(RoomError::Forbidden(format!("{user} may not list the room")));
            }
            let no = writing.room.no;
            if listed {
                DIRECTORY.put(&mut writing.batch, &no, &())?;
            } else {
                DIRECTORY.delete(&mut writing.batch, &no);
            }
            writing.commit().await
        })
        .await
    }

    /// The aliases that a canonical alias event names must be the room's own. Those that it
    /// already goes by are not looked at again.
    pub(crate) async fn check_aliases(
        &self,
        writing: &mut Writing,
        content: &Value,
    ) -> Result<(), RoomError> {
        let no = writing.room.no;
        let current: Option<Value> = writing.current.content("m.room.canonical_alias");
        let known: Vec<&str> = current.iter().flat_map(named).collect();
        for text in named(content).filter(|text| !known.contains(text)) {
            let invalid = || RoomError::InvalidParameter(format!("{text} is not a room alias"));
            let alias = RoomAliasId::parse(text).map_err(|_| invalid())?;
            match self.alias_owner(&alias).await {
                Ok(owner) if owner == no => {
                    ALIASES.check_equals(&mut writing.batch, &hash(&alias), &no)?;
                }
                Ok(_) | Err(RoomError::NotFound(_)) => {
                    let message = format!("{alias} is not an alias of this room");
                    return Err(RoomError::BadAlias(message));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Gives the aliases of a room, and its place in the directory, to the room that replaces it.
    pub(crate) async fn move_aliases(&self, from: &Room, to: &Room) -> Result<(), RoomError> {
        deciding(|| self.move_aliases_once(from, to)).await
    }

    async fn move_aliases_once(&self, from: &Room, to: &Room) -> Result<(), RoomError> {
        let mut batch = Batch::new();
        let (old, new) = (self.room_key(from.no).await?, self.room_key(to.no).await?);
        for ((_, hash), row) in ROOM_ALIASES.all(&self.0.store, &Prefix::of(&from.no)).await? {
            let place = Place { table: ROOM_ALIASES.name(), key: &hash };
            let sealed = new.seal(place, &old.open(place, &row.sealed)?)?;
            ALIASES.check_equals(&mut batch, &hash, &from.no)?;
            ALIASES.put(&mut batch, &hash, &to.no)?;
            ROOM_ALIASES.delete(&mut batch, &(from.no, hash));
            ROOM_ALIASES.put(&mut batch, &(to.no, hash), &AliasRow { sealed, ..row })?;
        }
        if DIRECTORY.get(&self.0.store, &from.no).await?.is_some() {
            DIRECTORY.delete(&mut batch, &from.no);
            DIRECTORY.put(&mut batch, &to.no, &())?;
        }
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Claims an alias for a room, in the batch that is being written.
    pub(crate) async fn reserve_alias(
        &self,
        writing: &mut Writing,
        user: &UserId,
        alias: &RoomAliasId,
    ) -> Result<(), RoomError> {
        self.require_ours(alias)?;
        if ALIASES.get(&self.0.store, &hash(alias)).await?.is_some() {
            return Err(RoomError::AliasTaken(alias.to_string()));
        }
        let no = writing.room.no;
        self.put_alias(&mut writing.batch, no, user, alias).await
    }

    async fn put_alias(
        &self,
        batch: &mut Batch,
        room: RoomNo,
        user: &UserId,
        alias: &RoomAliasId,
    ) -> Result<(), RoomError> {
        let hash = hash(alias);
        let place = Place { table: ROOM_ALIASES.name(), key: &hash };
        let sealed = self.room_key(room).await?.seal(place, alias.as_str().as_bytes())?;
        ALIASES.check_absent(batch, &hash);
        ALIASES.put(batch, &hash, &room)?;
        ROOM_ALIASES.put(batch, &(room, hash), &AliasRow { creator: user.to_string(), sealed })?;
        Ok(())
    }

    async fn alias_owner(&self, alias: &RoomAliasId) -> Result<RoomNo, RoomError> {
        let owner = ALIASES.get(&self.0.store, &hash(alias)).await?;
        owner.ok_or_else(|| RoomError::NotFound(format!("no room has the alias {alias}")))
    }

    async fn room_key(&self, room: RoomNo) -> Result<SealingKey, RoomError> {
        Ok(self.0.vault.key(&Owner::Room(room)).await?)
    }

    fn require_ours(&self, alias: &RoomAliasId) -> Result<(), RoomError> {
        if alias.server_name() == self.0.settings.server_name {
            return Ok(());
        }
        Err(RoomError::InvalidParameter(format!("{alias} belongs to another server")))
    }
}

/// The aliases that the content of a canonical alias event names.
pub(crate) fn named(content: &Value) -> impl Iterator<Item = &str> {
    let main = content.get("alias").and_then(Value::as_str);
    let others = content.get("alt_aliases").and_then(Value::as_array);
    main.into_iter().chain(others.into_iter().flatten().filter_map(Value::as_str))
}

fn hash(alias: &RoomAliasId) -> [u8; 32] {
    Sha256::digest(alias.as_str().as_bytes()).into()
}
