//! The form in which a client sees an event: itself, and what belongs to it under `unsigned`.

use std::sync::Arc;

use base::clock::Timestamp;
use base::number::EventNo;
use ruma_common::{EventId, UserId};
use ruma_events::room::member::MembershipState;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Shown, Viewer};
use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged};
use crate::relations::Bundles;

/// What belongs to an event beside itself, for one person.
#[derive(Serialize)]
struct Unsigned<'a> {
    age: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces_state: Option<&'a EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_content: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_sender: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted_because: Option<&'a RawValue>,
    #[serde(rename = "m.relations", skip_serializing_if = "Option::is_none")]
    relations: Option<&'a RawValue>,
}

impl Viewer {
    /// The event in the client's form, with what belongs to it alone under `unsigned`.
    pub async fn client_json(&self, shown: &Shown) -> Result<String, RoomError> {
        let bundles = self.bundles(std::slice::from_ref(shown.stored())).await?;
        self.json_with(shown, &bundles).await
    }

    /// The same, with what relates to it known already.
    pub(crate) async fn json_with(
        &self,
        shown: &Shown,
        bundles: &Bundles,
    ) -> Result<String, RoomError> {
        let event = shown.stored();
        let relations = bundles.get(&event.no).map(AsRef::as_ref);
        self.json_of(event, Some(&shown.membership), relations).await
    }

    /// State events in the client's form: those that [`Rooms::state`] and its like gave for this
    /// person, who may see the room's state as a whole.
    pub async fn state_json(&self, state: &[Arc<Stored>]) -> Result<Vec<String>, RoomError> {
        let mut texts = Vec::with_capacity(state.len());
        for event in state {
            texts.push(self.json_of(event, None, None).await?);
        }
        Ok(texts)
    }

    async fn json_of(
        &self,
        event: &Stored,
        membership: Option<&MembershipState>,
        relations: Option<&RawValue>,
    ) -> Result<String, RoomError> {
        let replaced = self.other(event.replaces).await?;
        let redaction = match self.other(event.redacted_by).await? {
            Some(by) => self.show(&by).await?,
            None => None,
        };
        let because = redaction.map(|by| self.plain_json(by.stored())).transpose()?;
        let own = |id: &&Transaction| {
            event.sender() == self.user && self.device.as_ref() == Some(&id.device)
        };
        let now: Timestamp = self.rooms.0.clock.now();
        let unsigned = Unsigned {
            relations,
            age: now.0.saturating_sub(event.pdu.origin_server_ts().0),
            membership: membership.map(AsRef::as_ref),
            transaction_id: event.transaction.as_ref().filter(own).map(|id| id.id.as_str()),
            replaces_state: replaced.as_ref().map(|replaced| replaced.id()),
            prev_content: replaced.as_ref().map(|replaced| replaced.pdu.content()),
            prev_sender: replaced.as_ref().map(|replaced| replaced.sender()),
            redacted_because: because
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| damaged(&error))?,
        };
        let unsigned = serde_json::to_string(&unsigned).map_err(|error| damaged(&error))?;
        let plain = self.plain_json(event)?;
        let open = plain.strip_suffix('}').unwrap_or(&plain);
        Ok([open, ",\"unsigned\":", &unsigned, "}"].concat())
    }

    async fn other(&self, no: Option<EventNo>) -> Result<Option<Arc<Stored>>, RoomError> {
        match no {
            Some(no) => Ok(self.rooms.events(&[no]).await?.pop()),
            None => Ok(None),
        }
    }

    /// The event in the client's form without `unsigned`: the same for everybody, made once.
    fn plain_json(&self, event: &Stored) -> Result<Arc<str>, RoomError> {
        if let Some(text) = event.client.get() {
            return Ok(Arc::clone(text));
        }
        let text = rules::format::client_json(&event.pdu, &self.room.id, &self.room.rules);
        let text: Arc<str> = text.map_err(|error| damaged(&error))?.into();
        Ok(Arc::clone(event.client.get_or_init(|| text)))
    }

    /// Events in the client's form.
    pub async fn client_json_all(&self, shown: &[Shown]) -> Result<Vec<String>, RoomError> {
        let events: Vec<_> = shown.iter().map(|event| Arc::clone(event.stored())).collect();
        let bundles = self.bundles(&events).await?;
        let mut texts = Vec::with_capacity(shown.len());
        for event in shown {
            texts.push(self.json_with(event, &bundles).await?);
        }
        Ok(texts)
    }
}
