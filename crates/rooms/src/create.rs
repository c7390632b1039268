//! Creating a room: every event of it in one batch, in the order of the specification.
//!
//! `spec/content/client-server-api`, "Creation"; `POST /_matrix/client/v3/createRoom`.

use std::sync::Arc;

use rules::build::Draft;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{OwnedRoomAliasId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId};
use serde_json::{Map, Value, json};
use store::Batch;

use crate::aliases::named;
use crate::append::Writing;
use crate::commit::deciding;
use crate::error::RoomError;
use crate::load::{EncryptionPolicy, Rooms, version};
use crate::membership::MemberProfile;
use crate::notices::Voice;
pub use crate::presets::Preset;
use crate::presets::{encryption, power_levels};
use crate::room::{Current, Room};
use crate::tables::{DIRECTORY, ROOM_IDS, ROOMS, RoomRow};

/// Whether a room is a conversation of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// It is (`is_direct`).
    Yes,
    /// It is not.
    No,
}

/// A state event asked for at creation.
#[derive(Clone, Debug)]
pub struct StateInput {
    /// Type.
    pub kind: String,
    /// State key.
    pub state_key: String,
    /// Content.
    pub content: Value,
}

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Version; the server's default otherwise.
    pub version: Option<RoomVersionId>,
    /// How open it is.
    pub preset: Preset,
    /// Whether it stands in the public directory.
    pub listed: bool,
    /// Name.
    pub name: Option<String>,
    /// Topic.
    pub topic: Option<String>,
    /// Alias to give it.
    pub alias: Option<OwnedRoomAliasId>,
    /// Who is invited.
    pub invite: Vec<(OwnedUserId, MemberProfile)>,
    /// Whether it is a conversation of two.
    pub direct: Direct,
    /// Further content of `m.room.create`.
    pub creation_content: Map<String, Value>,
    /// Further state, set after the preset's.
    pub initial_state: Vec<StateInput>,
    /// Keys of `m.room.power_levels` that replace the default ones.
    pub power_levels: Option<Map<String, Value>>,
}

/// What else a batch that makes a room writes.
pub(crate) type Claim<'a> = &'a (dyn Fn(&mut Batch, &RoomId) -> Result<(), RoomError> + Sync);

impl Rooms {
    /// Creates a room. Nothing of it is there until all of it is.
    pub async fn create(
        &self,
        creator: &UserId,
        profile: &MemberProfile,
        new: NewRoom,
    ) -> Result<OwnedRoomId, RoomError> {
        let nothing = |_: &mut Batch, _: &RoomId| Ok(());
        let how: (Voice, Claim<'_>) = (Voice::Person, &nothing);
        let created = deciding(|| self.create_as((creator, profile), &new, how)).await;
        created.map_err(|error| match error {
            RoomError::Forbidden(message) => RoomError::InvalidState(message),
            error => error,
        })
    }

    /// Creates a room in somebody's name, or the server's, with whatever else is to be so from then
    /// on.
    pub(crate) async fn create_as(
        &self,
        (creator, profile): (&UserId, &MemberProfile),
        new: &NewRoom,
        (voice, claim): (Voice, Claim<'_>),
    ) -> Result<OwnedRoomId, RoomError> {
        let id = new.version.as_ref().unwrap_or(&self.0.settings.default_version);
        let (version, rules) = version(id.as_str())?;
        let mut writing = self.begin(creator, new, (version, rules)).await?;
        writing.voice = voice;
        claim(&mut writing.batch, &writing.room.id)?;
        writing.state(creator, "m.room.member", creator.as_str(), profile.joining()).await?;
        writing.set_powers(creator, new).await?;
        if let Some(alias) = &new.alias {
            self.reserve_alias(&mut writing, creator, alias).await?;
            let content = json!({ "alias": alias });
            writing.state(creator, "m.room.canonical_alias", "", content).await?;
        }
        writing.set_openness(creator, new).await?;
        writing.set_asked(creator, new).await?;
        if let Some(name) = &new.name {
            writing.state(creator, "m.room.name", "", json!({ "name": name })).await?;
        }
        if let Some(topic) = &new.topic {
            writing.state(creator, "m.room.topic", "", topic_content(topic)).await?;
        }
        for (person, profile) in &new.invite {
            let content = profile.invited(new.direct);
            writing.state(creator, "m.room.member", person.as_str(), content).await?;
        }
        if new.listed {
            DIRECTORY.put(&mut writing.batch, &writing.room.no, &())?;
        }
        let room = Arc::clone(&writing.room);
        writing.commit().await?;
        let id = room.id.clone();
        self.adopt(room).await;
        Ok(id)
    }

    /// The room with its first event: from version 12 on, the event's id is the room's.
    async fn begin(
        &self,
        creator: &UserId,
        new: &NewRoom,
        (version, rules): (RoomVersionId, RoomVersionRules),
    ) -> Result<Writing, RoomError> {
        let no = self.0.numbers.room().await?;
        let drawn = RoomId::new_v1(&self.0.settings.server_name);
        let draft_room =
            |id| Arc::new(Room::new(no, id, version.clone(), rules.clone(), Current::empty()));
        let content = create_content(creator, new, &version, &rules);
        let draft = Draft::state("m.room.create", "", content);
        let mut writing = self.write_new(draft_room(drawn.clone()));
        let create = writing.build(creator, draft)?;
        let id = rules::build::room_id_of_create(&rules, &create).unwrap_or(drawn);
        writing = self.write_new(draft_room(id.clone()));
        let row = RoomRow { room_id: id.to_string(), version: version.to_string() };
        ROOM_IDS.check_absent(&mut writing.batch, &row.room_id);
        ROOM_IDS.put(&mut writing.batch, &row.room_id, &no)?;
        ROOMS.check_absent(&mut writing.batch, &no);
        ROOMS.put(&mut writing.batch, &no, &row)?;
        writing.add(create, None).await?;
        Ok(writing)
    }
}

fn create_content(
    creator: &UserId,
    new: &NewRoom,
    version: &RoomVersionId,
    rules: &RoomVersionRules,
) -> Value {
    let mut content = new.creation_content.clone();
    content.insert("room_version".to_owned(), version.as_str().into());
    content.remove("creator");
    if !rules.authorization.use_room_create_sender {
        content.insert("creator".to_owned(), creator.as_str().into());
    }
    if rules.authorization.additional_room_creators
        && new.preset == Preset::TrustedPrivate
        && !new.invite.is_empty()
    {
        let asked = content.remove("additional_creators");
        let mut creators: Vec<Value> =
            asked.and_then(|v| v.as_array().cloned()).unwrap_or_default();
        for (person, _) in &new.invite {
            if !creators.iter().any(|known| known == person.as_str()) {
                creators.push(person.as_str().into());
            }
        }
        content.insert("additional_creators".to_owned(), creators.into());
    }
    Value::Object(content)
}

/// "…sent into the room with a `text/plain` mimetype."
fn topic_content(topic: &str) -> Value {
    json!({ "topic": topic, "m.topic": { "m.text": [{ "body": topic }] } })
}

impl Writing {
    /// Drafts a state event.
    pub(crate) async fn state(
        &mut self,
        sender: &UserId,
        kind: &str,
        state_key: &str,
        content: Value,
    ) -> Result<(), RoomError> {
        self.append(sender, Draft::state(kind, state_key, content), None).await.map(drop)
    }

    async fn set_powers(&mut self, creator: &UserId, new: &NewRoom) -> Result<(), RoomError> {
        let mut users = Map::new();
        let authorization = &self.room.rules.authorization;
        let privileged = authorization.explicitly_privilege_room_creators;
        if !privileged {
            users.insert(creator.to_string(), 100.into());
            if new.preset == Preset::TrustedPrivate {
                users.extend(new.invite.iter().map(|(person, _)| (person.to_string(), 100.into())));
            }
        }
        let tombstone = if privileged { 150 } else { 100 };
        let content = power_levels(&users, tombstone, new.power_levels.clone());
        self.state(creator, "m.room.power_levels", "", content).await
    }

    async fn set_openness(&mut self, creator: &UserId, new: &NewRoom) -> Result<(), RoomError> {
        let rule = json!({ "join_rule": new.preset.join_rule() });
        self.state(creator, "m.room.join_rules", "", rule).await?;
        let visibility = json!({ "history_visibility": "shared" });
        self.state(creator, "m.room.history_visibility", "", visibility).await?;
        let guests = json!({ "guest_access": new.preset.guest_access() });
        self.state(creator, "m.room.guest_access", "", guests).await
    }

    /// Sets the state that was asked for, and encryption where it must be.
    async fn set_asked(&mut self, creator: &UserId, new: &NewRoom) -> Result<(), RoomError> {
        for StateInput { kind, state_key, content } in &new.initial_state {
            if kind == "m.room.canonical_alias" {
                self.check_new_aliases(content, new)?;
            }
            self.state(creator, kind, state_key, content.clone()).await?;
        }
        if self.must_be_encrypted(new) {
            self.state(creator, "m.room.encryption", "", encryption()).await?;
        }
        Ok(())
    }

    /// A room that does not exist yet has no alias but the one that it is made with.
    fn check_new_aliases(&self, content: &Value, new: &NewRoom) -> Result<(), RoomError> {
        let own = new.alias.as_ref().map(|alias| alias.as_str());
        match named(content).find(|alias| Some(*alias) != own) {
            Some(alias) => {
                let id = &self.room.id;
                Err(RoomError::BadAlias(format!("{alias} is not an alias of room {id}")))
            }
            None => Ok(()),
        }
    }

    /// Promise P1: a direct chat, and whatever is not open to everybody, is encrypted, asked for or
    /// not. A space holds no messages.
    fn must_be_encrypted(&self, new: &NewRoom) -> bool {
        let required = self.rooms.0.settings.encryption == EncryptionPolicy::Required
            && self.voice == Voice::Person;
        let private = new.direct == Direct::Yes || !self.current.is_open();
        let kind = new.creation_content.get("type").and_then(Value::as_str);
        required && private && kind != Some("m.space") && !self.current.is_encrypted()
    }
}
