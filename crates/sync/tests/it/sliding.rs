//! Sliding sync as clients see it, over real stores.

mod behaviour;
mod extensions;
mod positions;
mod rooms;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ruma_common::RoomId;
use serde_json::Value;
use sync::{
    Detail, Extensions, Filters, Form, List, Questions, RequiredState, Scope, SlidingRequest,
    SyncError, ToDevice,
};

use crate::world::{Person, texts};

/// A client that slides over its person's rooms.
#[derive(Clone)]
pub(crate) struct Slider {
    pub(crate) person: Person,
    pub(crate) pos: Option<String>,
    pub(crate) asks: Questions,
}

/// How much is wanted of rooms.
pub(crate) fn detail(limit: u64, state: &[(&str, &str)], person: &Person) -> Detail {
    let pairs = state.iter().map(|(kind, key)| ((*kind).to_owned(), (*key).to_owned())).collect();
    let required_state = Arc::new(RequiredState::from_pairs(pairs, &person.id));
    Detail { timeline_limit: limit, required_state }
}

impl Slider {
    /// A client with no rules yet.
    pub(crate) fn of(person: &Person) -> Self {
        let asks = Questions {
            form: Form::Deployed,
            connection: "main".to_owned(),
            transaction: None,
            lists: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            extensions: Extensions::default(),
        };
        Self { person: person.clone(), pos: None, asks }
    }

    /// A client with one list of all rooms, of each the newest ten events.
    pub(crate) fn of_all(person: &Person) -> Self {
        Self::of(person).listing("all", (0, 99), detail(10, &[], person))
    }

    pub(crate) fn listing(mut self, name: &str, range: (u64, u64), detail: Detail) -> Self {
        let list = List { ranges: Some(vec![range]), filters: Filters::default(), detail };
        self.asks.lists.insert(name.to_owned(), list);
        self
    }

    pub(crate) fn subscribing(mut self, room: &RoomId, detail: Detail) -> Self {
        self.asks.subscriptions.insert(room.to_owned(), detail);
        self
    }

    /// All extensions, for all rooms.
    pub(crate) fn extended(mut self) -> Self {
        let scope = || Some(Scope::default());
        self.asks.extensions = Extensions {
            to_device: Some(ToDevice::default()),
            e2ee: true,
            account_data: scope(),
            receipts: scope(),
            typing: scope(),
        };
        self
    }

    pub(crate) fn accepted(mut self) -> Self {
        self.asks.form = Form::Accepted;
        self
    }

    pub(crate) fn request(&self, timeout: Duration) -> SlidingRequest {
        SlidingRequest {
            user: self.person.id.clone(),
            device: self.person.device.clone(),
            pos: self.pos.clone(),
            timeout,
            questions: self.asks.clone(),
        }
    }

    pub(crate) async fn tries(&mut self, timeout: Duration) -> Result<Slid, SyncError> {
        let answer = self.person.world.sync.slide(self.request(timeout)).await?;
        let slid = Slid(serde_json::from_str(&answer).unwrap());
        self.pos = Some(slid.0["pos"].as_str().unwrap().to_owned());
        if let Some(next) = slid.0["extensions"]["to_device"]["next_batch"].as_str()
            && let Some(to_device) = &mut self.asks.extensions.to_device
        {
            to_device.since = Some(next.to_owned());
        }
        Ok(slid)
    }

    /// What is new, taken over.
    pub(crate) async fn slides(&mut self) -> Slid {
        self.tries(Duration::ZERO).await.unwrap()
    }

    /// What is new, waiting for it.
    pub(crate) async fn waits(&mut self) -> Slid {
        self.tries(Duration::from_secs(30)).await.unwrap()
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slid(pub(crate) Value);

impl Slid {
    pub(crate) fn room(&self, room: &RoomId) -> &Value {
        &self.0["rooms"][room.as_str()]
    }

    pub(crate) fn extension(&self, name: &str) -> &Value {
        &self.0["extensions"][name]
    }

    /// The rooms told of, by id.
    pub(crate) fn rooms(&self) -> Vec<String> {
        self.0["rooms"].as_object().unwrap().keys().cloned().collect()
    }

    pub(crate) fn count(&self, list: &str) -> u64 {
        self.0["lists"][list]["count"].as_u64().unwrap()
    }

    /// What is told of a room's timeline: texts of messages, types of other events.
    pub(crate) fn said(&self, room: &RoomId) -> Vec<String> {
        let events = &self.room(room)["timeline"];
        if events.is_null() { Vec::new() } else { texts(events) }
    }

    /// State told of a room: types and keys.
    pub(crate) fn state(&self, room: &RoomId) -> Vec<(String, String)> {
        let events = &self.room(room)["required_state"];
        if events.is_null() { Vec::new() } else { crate::world::state(events) }
    }

    /// Whether nothing is told.
    pub(crate) fn is_silent(&self) -> bool {
        let beside = self.0["extensions"].as_object().unwrap();
        let quiet =
            |(name, value): (&String, &Value)| name == "to_device" && value.get("events").is_none();
        self.rooms().is_empty() && beside.iter().all(quiet)
    }
}

/// Ids in the order of a JSON object's keys.
pub(crate) fn sorted(rooms: &[&RoomId]) -> Vec<String> {
    let mut ids: Vec<_> = rooms.iter().map(ToString::to_string).collect();
    ids.sort();
    ids
}
