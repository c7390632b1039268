//! Invitations to an address: kept in the room under a token until somebody proves, by the
//! identity server's signature, that the address is theirs.
//!
//! `spec/content/client-server-api/modules/third_party_invites.md`. The rules verify the signature
//! against the keys that came with the invitation; the address is in no event.

use rules::build::Draft;
use ruma_common::{OwnedUserId, RoomId, UserId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::append::Writing;
use crate::create::Direct;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::membership::MemberProfile;
use crate::tables::Membership;

/// The state in which such invitations are kept.
const KIND: &str = "m.room.third_party_invite";

/// An invitation to an address, as an identity server keeps it.
#[derive(Clone, Debug)]
pub struct ThirdPartyInvite {
    /// By which it is found.
    pub token: String,
    /// What the address is called.
    pub name: String,
    /// Keys that sign for it, and where it is told whether they are good still.
    pub keys: Vec<(String, String)>,
}

impl Rooms {
    /// Refuses who may not invite anybody: before anything is sent to the outside.
    pub async fn require_power_to_invite(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<(), RoomError> {
        let room = self.room_of(user, room_id).await?;
        let powers = room.current().powers(&room)?;
        if powers.level_of(user) >= powers.to_invite() {
            return Ok(());
        }
        Err(RoomError::Forbidden(format!("{user} may not invite anybody to the room")))
    }

    /// Keeps an invitation to an address in a room.
    pub async fn invite_third_party(
        &self,
        by: &UserId,
        room_id: &RoomId,
        invite: &ThirdPartyInvite,
    ) -> Result<(), RoomError> {
        let key =
            |(key, url): &(String, String)| json!({ "public_key": key, "key_validity_url": url });
        let keys: Vec<_> = invite.keys.iter().map(key).collect();
        let first = invite.keys.first().map(key).unwrap_or_default();
        let mut content = Map::from_iter([
            ("display_name".to_owned(), invite.name.as_str().into()),
            ("public_keys".to_owned(), keys.into()),
        ]);
        // Clients of old know of one key.
        content.extend(first.as_object().cloned().unwrap_or_default());
        let content = Value::Object(content);
        self.set_state(by, room_id, Draft::state(KIND, &invite.token, content)).await.map(drop)
    }

    /// An invitation to an address, and who made it.
    pub async fn third_party_invite(
        &self,
        room_id: &RoomId,
        token: &str,
    ) -> Result<(OwnedUserId, ThirdPartyInvite), RoomError> {
        #[derive(Deserialize)]
        struct Key {
            public_key: String,
            #[serde(default)]
            key_validity_url: String,
        }
        #[derive(Deserialize)]
        struct Content {
            display_name: String,
            #[serde(default)]
            public_keys: Vec<Key>,
        }
        let missing = || {
            RoomError::Forbidden("no such invitation to an address waits in the room".to_owned())
        };
        let room = self.room(room_id).await?;
        self.bring_up(&room).await?;
        let current = room.current();
        let event = current.get(KIND, token).ok_or_else(missing)?;
        let content: Content = event.pdu.content_as().map_err(|_| missing())?;
        let keys =
            content.public_keys.into_iter().map(|key| (key.public_key, key.key_validity_url));
        let (token, name) = (token.to_owned(), content.display_name);
        let invite = ThirdPartyInvite { token, name, keys: keys.collect() };
        Ok((event.sender().to_owned(), invite))
    }

    /// Turns an invitation to an address into one of the person who proves that it is theirs, in
    /// the name of who made it. Whoever is asked in, or in, stays so.
    pub async fn take_third_party_invite(
        &self,
        user: &UserId,
        room_id: &RoomId,
        (profile, signed): (&MemberProfile, &Value),
    ) -> Result<(), RoomError> {
        let token = signed.get("token").and_then(Value::as_str).unwrap_or_default();
        let (inviter, invite) = self.third_party_invite(room_id, token).await?;
        let room = self.room(room_id).await?;
        let mut content = profile.invited(Direct::No);
        if let Some(content) = content.as_object_mut() {
            let proof = json!({ "display_name": invite.name, "signed": signed });
            content.insert("third_party_invite".to_owned(), proof);
        }
        self.decide(&room, |mut writing: Writing| {
            let draft = Draft::state("m.room.member", user.as_str(), content.clone());
            let inviter = &inviter;
            async move {
                if matches!(writing.current.membership(user), Membership::Join | Membership::Invite)
                {
                    return writing.leave().await;
                }
                writing.append(inviter, draft, None).await?;
                writing.commit().await
            }
        })
        .await
    }
}
