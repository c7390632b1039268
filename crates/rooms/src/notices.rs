//! What the server itself has to say to a person: one room for each, kept for ever.
//!
//! `spec/content/client-server-api/modules/server_notices.md`. The words are the server's own: it
//! reads them because it wrote them, so they go in clear into a room that is neither open nor
//! encrypted. That is permitted to [`Voice::Server`] alone, which nothing outside of this crate can
//! take; the person in the room may send nothing there, in clear least of all.

use rules::build::Draft;
use ruma_common::{OwnedEventId, OwnedRoomId, RoomId, UserId};
use serde_json::{Map, Value, json};
use store::Batch;

use crate::append::Writing;
use crate::create::{Direct, NewRoom, Preset};
use crate::error::RoomError;
use crate::event::Transaction;
use crate::load::Rooms;
use crate::membership::{MemberProfile, MembershipChange};
use crate::send::{Request, committed};
use crate::tables::{Membership, NOTICE_ROOMS};

/// How often a room is made anew after another node made one first.
const ATTEMPTS: usize = 16;
/// The power of whom notices are sent to: less than anything takes.
const POWERLESS: i64 = -10;

/// In whose name something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A person's.
    #[default]
    Person,
    /// The server's own.
    Server,
}

/// Something that the server says to a person.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// In whose name.
    pub sender: &'a UserId,
    /// What that one is called.
    pub sender_profile: &'a MemberProfile,
    /// To whom.
    pub person: &'a UserId,
    /// What they show.
    pub profile: &'a MemberProfile,
    /// Content of the `m.room.message`.
    pub content: Value,
    /// The request, when repeating it is to say nothing twice.
    pub transaction: Option<Transaction>,
}

impl Rooms {
    /// Says something to a person, in their room for that; which room, and which event. They are
    /// asked into it, and asked again when they have left.
    pub async fn notify(
        &self,
        notice: &Notice<'_>,
    ) -> Result<(OwnedRoomId, OwnedEventId), RoomError> {
        let room_id = self.notice_room(notice).await?;
        let room = self.room(&room_id).await?;
        let (by, of) = (notice.sender, notice.person);
        self.bring_up(&room).await?;
        if room.current().membership(of) == Membership::Leave {
            let profile = notice.profile.clone();
            let change = MembershipChange { by, of, to: Membership::Invite, reason: None, profile };
            self.change_membership(&room_id, change).await?;
        }
        let draft = Draft::message("m.room.message", notice.content.clone());
        let request = Request { sender: by, draft, transaction: notice.transaction.clone() };
        let sent = self.once(&room_id, &request, |mut writing| async {
            writing.voice = Voice::Server;
            let event = writing.append_request(&request).await?;
            committed(writing, &event).await
        });
        Ok((room_id.clone(), sent.await?))
    }

    /// Whether a room is that in which the server speaks to a person.
    pub async fn is_notice_room(&self, person: &UserId, room: &RoomId) -> Result<bool, RoomError> {
        let own = NOTICE_ROOMS.get(&self.0.store, &person.to_string()).await?;
        Ok(own.is_some_and(|own| own == room.as_str()))
    }

    async fn notice_room(&self, notice: &Notice<'_>) -> Result<OwnedRoomId, RoomError> {
        let person = notice.person.to_string();
        let new = new_room(notice);
        for _ in 0..ATTEMPTS {
            let was = NOTICE_ROOMS.get(&self.0.store, &person).await?;
            if let Some(id) = was.as_ref().and_then(|id| RoomId::parse(id).ok())
                && self.room(&id).await.is_ok()
            {
                return Ok(id);
            }
            let claim = |batch: &mut Batch, room: &RoomId| {
                NOTICE_ROOMS.check(batch, &person, was.as_ref())?;
                Ok(NOTICE_ROOMS.put(batch, &person, &room.to_string())?)
            };
            let made = self.create_as(
                (notice.sender, notice.sender_profile),
                &new,
                (Voice::Server, &claim),
            );
            match made.await {
                Err(RoomError::Busy) => {}
                made => return made,
            }
        }
        Err(RoomError::Busy)
    }
}

fn new_room(notice: &Notice<'_>) -> NewRoom {
    let name = notice.sender_profile.name.clone();
    let levels = json!({ "users_default": POWERLESS });
    NewRoom {
        version: None,
        preset: Preset::Private,
        listed: false,
        name,
        topic: None,
        alias: None,
        invite: vec![(notice.person.to_owned(), notice.profile.clone())],
        direct: Direct::No,
        creation_content: Map::new(),
        initial_state: Vec::new(),
        power_levels: levels.as_object().cloned(),
    }
}

impl Writing {
    /// An invitation to where the server speaks is not declined. ("The client must not expect to be
    /// able to reject an invite to join the server notices room.")
    pub(crate) async fn refuse_deafness(
        &self,
        sender: &UserId,
        draft: &Draft,
    ) -> Result<(), RoomError> {
        let to = draft.content.get("membership").and_then(Value::as_str);
        let declines = draft.kind == "m.room.member"
            && to == Some("leave")
            && draft.state_key.as_deref() == Some(sender.as_str())
            && self.current.membership(sender) == Membership::Invite;
        if declines
            && self.voice == Voice::Person
            && self.rooms.is_notice_room(sender, &self.room.id).await?
        {
            return Err(RoomError::NoticesStay);
        }
        Ok(())
    }
}
