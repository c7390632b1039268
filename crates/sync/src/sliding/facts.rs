//! What lists ask of rooms and of the person's data, read when a list asks it, and kept while it
//! holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base::number::RoomNo;
use rooms::{Membership, RoomError};
use ruma_common::{OwnedRoomId, RoomId};
use serde::Deserialize;
use serde_json::Value;

use super::request::{Filters, Questions};
use super::window::Facts;
use crate::SyncError;
use crate::make::Maker;
use crate::memory::{Direct, Tags};

impl Maker<'_> {
    /// Gathers what a request asks.
    pub(crate) async fn facts(&self, questions: &Questions) -> Result<Facts, SyncError> {
        let filters = || questions.lists.values().map(|list| &list.filters);
        if filters().any(Filters::ask_sorts) {
            self.learn_sorts().await?;
        }
        let tags =
            if filters().any(Filters::ask_tags) { self.tags().await? } else { Tags::default() };
        let mut children = Vec::with_capacity(questions.lists.len());
        for filters in filters() {
            children.push(match &filters.spaces {
                Some(spaces) => Some(self.children(spaces).await?),
                None => None,
            });
        }
        let subscriptions: Vec<_> = questions.subscriptions.keys().cloned().collect();
        let numbers = self.sources.rooms.numbers_of(&subscriptions).await?;
        let subscribed = numbers.into_iter().zip(subscriptions);
        Ok(Facts {
            ignored: Arc::clone(&self.ignored),
            direct: self.direct().await?,
            tags,
            children,
            subscribed: subscribed.filter_map(|(no, id)| Some((no?, id))).collect(),
        })
    }

    /// The rooms that the person's data says are direct (`m.direct`).
    async fn direct(&self) -> Result<Direct, SyncError> {
        let version = match self.seat.memory.direct.get() {
            Ok(direct) => return Ok(direct),
            Err(version) => version,
        };
        let datum = self.sources.devices.account_datum(self.user(), None, "m.direct").await?;
        let content = datum.and_then(|datum| serde_json::from_str(datum.content.get()).ok());
        // What a client wrote there need not be well-formed: what is no room's id is none.
        let content: HashMap<String, Value> = content.unwrap_or_default();
        let ids = content.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        let ids: HashSet<_> = ids.filter_map(|id| RoomId::parse(id).ok()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let direct = Arc::new(self.numbers(&ids).await?);
        self.seat.memory.direct.keep(version, &direct);
        Ok(direct)
    }

    /// The tags of the person's rooms.
    async fn tags(&self) -> Result<Tags, SyncError> {
        let version = match self.seat.memory.tags.get() {
            Ok(tags) => return Ok(tags),
            Err(version) => version,
        };
        let rooms = self.seat.with_roster(|roster| roster.iter().map(|(room, ..)| room).collect());
        let rooms: Vec<RoomNo> = rooms.unwrap_or_default();
        let ids = self.sources.rooms.ids_of(&rooms).await?;
        let names = self.sources.devices.tag_names(self.user(), &ids).await?;
        let tagged = rooms.into_iter().zip(names).filter(|(_, names)| !names.is_empty());
        let tags: Tags = Arc::new(tagged.collect());
        self.seat.memory.tags.keep(version, &tags);
        Ok(tags)
    }

    /// Has the roster know of each room what sort of one it is.
    async fn learn_sorts(&self) -> Result<(), SyncError> {
        let unknown = self.seat.with_roster(|roster| {
            let unknown = |(room, place, entry): (_, _, &super::roster::Entry)| {
                entry.encrypted.is_none().then_some((room, place))
            };
            roster.iter().filter_map(unknown).collect()
        });
        let unknown: Vec<_> = unknown.unwrap_or_default();
        if unknown.is_empty() {
            return Ok(());
        }
        let rooms: Vec<_> = unknown.iter().map(|(room, _)| *room).collect();
        let sorts = self.sources.rooms.sorts_of(&rooms).await?;
        self.seat.with_roster(|roster| {
            for ((room, place), sort) in unknown.iter().zip(&sorts) {
                roster.learn(*room, *place, sort);
            }
        });
        Ok(())
    }

    /// The rooms that any of these spaces names, of those that the person is in.
    async fn children(&self, spaces: &[OwnedRoomId]) -> Result<HashSet<RoomNo>, SyncError> {
        #[derive(Deserialize)]
        struct Child {
            via: Option<Vec<String>>,
        }
        let mut children = HashSet::new();
        for space in spaces {
            let space = match self.sources.rooms.room(space).await {
                Ok(space) => space,
                Err(RoomError::UnknownRoom(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let current = space.current();
            if current.membership(self.user()) == Membership::Join {
                let named = current.state.iter().filter_map(|((kind, key), event)| {
                    let child = || event.pdu.content_as::<Child>().ok()?.via;
                    (kind == "m.space.child" && child().is_some_and(|via| !via.is_empty()))
                        .then(|| RoomId::parse(key).ok())?
                });
                children.extend(named);
            }
        }
        let children: Vec<_> = children.into_iter().collect();
        self.numbers(&children).await
    }

    async fn numbers(&self, ids: &[OwnedRoomId]) -> Result<HashSet<RoomNo>, SyncError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(self.sources.rooms.numbers_of(ids).await?.into_iter().flatten().collect())
    }
}
