//! Account data: what a client keeps on the server for its person, global or for one room.

use base::change::{Change, DataType};
use ruma_common::{EventId, OwnedRoomId, RoomId, UserId};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use store::{Batch, Prefix};

use crate::devices::{ATTEMPTS, Devices, Outcome, damaged, owner};
use crate::error::DeviceError;
use crate::tables::{ACCOUNT_DATA, DatumRow, REVISIONS};

/// Types that the server writes itself.
const MANAGED: [&str; 2] = [FULLY_READ, PUSH_RULES];
pub(crate) const FULLY_READ: &str = "m.fully_read";
pub(crate) const PUSH_RULES: &str = "m.push_rules";

/// One piece of account data.
#[derive(Clone, Debug)]
pub struct AccountData {
    /// Its type.
    pub kind: String,
    /// Its content: a JSON object.
    pub content: Box<RawValue>,
}

/// What stands for a type in the change log.
pub fn data_type(kind: &str) -> DataType {
    DataType(short_hash(&[kind.as_bytes()]))
}

/// Half of a SHA-256 over parts, each with its length.
pub(crate) fn short_hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut out = [0; 16];
    out.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    out
}

/// Where a datum stands: in a room, or global; and its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datum<'a> {
    pub(crate) room: Option<&'a RoomId>,
    pub(crate) kind: &'a str,
}

impl Datum<'_> {
    pub(crate) fn key(&self, user: &UserId) -> (String, String, [u8; 16]) {
        (user.to_string(), scope(self.room), data_type(self.kind).0)
    }
}

fn scope(room: Option<&RoomId>) -> String {
    room.map(ToString::to_string).unwrap_or_default()
}

impl Devices {
    /// Sets a person's account data, in a room or global. The types that the server writes itself
    /// are refused.
    pub async fn set_account_data(
        &self,
        user: &UserId,
        room: Option<&RoomId>,
        kind: &str,
        content: &RawValue,
    ) -> Result<(), DeviceError> {
        if MANAGED.contains(&kind) {
            return Err(DeviceError::ManagedByServer(kind.to_owned()));
        }
        if !content.get().trim_start().starts_with('{') {
            return Err(DeviceError::Malformed("account data must be a JSON object".to_owned()));
        }
        let decide = |_: Option<&str>| Ok(Some(content.get().to_owned()));
        self.change_datum(user, Datum { room, kind }, decide).await
    }

    /// Moves a person's fully-read marker of a room.
    pub async fn set_fully_read(
        &self,
        user: &UserId,
        room: &RoomId,
        event: &EventId,
    ) -> Result<(), DeviceError> {
        let content = serde_json::json!({ "event_id": event }).to_string();
        let datum = Datum { room: Some(room), kind: FULLY_READ };
        self.change_datum(user, datum, |_| Ok(Some(content.clone()))).await
    }

    /// A person's account data of one type, in a room or global.
    pub async fn account_datum(
        &self,
        user: &UserId,
        room: Option<&RoomId>,
        kind: &str,
    ) -> Result<Option<AccountData>, DeviceError> {
        if kind == PUSH_RULES && room.is_none() {
            return self.push_rules_datum(user).await.map(Some);
        }
        let row = self.datum(user, Datum { room, kind }).await?;
        row.map(AccountData::read).transpose()
    }

    /// All global account data of a person, push rules included.
    pub async fn account_data(&self, user: &UserId) -> Result<Vec<AccountData>, DeviceError> {
        let mut data = self.data_of(user, None).await?;
        data.retain(|datum| datum.kind != PUSH_RULES);
        data.push(self.push_rules_datum(user).await?);
        Ok(data)
    }

    /// All account data of a person in a room.
    pub async fn account_data_in(
        &self,
        user: &UserId,
        room: &RoomId,
    ) -> Result<Vec<AccountData>, DeviceError> {
        self.data_of(user, Some(room)).await
    }

    /// The account data that changes of the log name, as it is now; each once, in the order named.
    pub async fn account_data_changed(
        &self,
        user: &UserId,
        changes: &[(Option<OwnedRoomId>, DataType)],
    ) -> Result<Vec<(Option<OwnedRoomId>, AccountData)>, DeviceError> {
        let mut places: Vec<(Option<OwnedRoomId>, DataType)> = Vec::with_capacity(changes.len());
        for change in changes {
            if !places.contains(change) {
                places.push(change.clone());
            }
        }
        let keys: Vec<_> = places
            .iter()
            .map(|(room, kind)| (user.to_string(), scope(room.as_deref()), kind.0))
            .collect();
        let Devices(inner) = self;
        let rows = ACCOUNT_DATA.get_many(&inner.store, &inner.vault, &owner(user), &keys).await?;
        let mut data = Vec::with_capacity(rows.len());
        for ((room, kind), row) in places.into_iter().zip(rows) {
            if room.is_none() && kind == data_type(PUSH_RULES) {
                data.push((None, self.push_rules_datum(user).await?));
            } else if let Some(row) = row {
                data.push((room, AccountData::read(row)?));
            }
        }
        Ok(data)
    }

    async fn data_of(
        &self,
        user: &UserId,
        room: Option<&RoomId>,
    ) -> Result<Vec<AccountData>, DeviceError> {
        let part = Prefix::of(&(user.to_string(), scope(room)));
        let Devices(inner) = self;
        let rows = ACCOUNT_DATA.all(&inner.store, &inner.vault, &owner(user), &part).await?;
        rows.into_iter().map(|(_, row)| AccountData::read(row)).collect()
    }

    pub(crate) async fn datum(
        &self,
        user: &UserId,
        datum: Datum<'_>,
    ) -> Result<Option<DatumRow>, DeviceError> {
        let Devices(inner) = self;
        let key = datum.key(user);
        Ok(ACCOUNT_DATA.get(&inner.store, &inner.vault, &owner(user), &key).await?)
    }

    /// Changes account data from what it is to what `decide` says; `None` leaves it.
    pub(crate) async fn change_datum(
        &self,
        user: &UserId,
        datum: Datum<'_>,
        decide: impl Fn(Option<&str>) -> Result<Option<String>, DeviceError>,
    ) -> Result<(), DeviceError> {
        let sealing_key = self.key_of(user).await?;
        let person = user.to_string();
        for _ in 0..ATTEMPTS {
            // The revision is read first: what changes after it is noticed by the check.
            let revision = REVISIONS.get(&self.0.store, &person).await?;
            let was = self.datum(user, datum).await?;
            let Some(content) = decide(was.as_ref().map(|row| row.content.as_str()))? else {
                return Ok(());
            };
            let row = DatumRow { kind: datum.kind.to_owned(), content };
            let mut batch = Batch::new();
            REVISIONS.check(&mut batch, &person, revision.as_ref())?;
            REVISIONS.put(&mut batch, &person, &(revision.unwrap_or(0) + 1))?;
            ACCOUNT_DATA.put(&mut batch, &sealing_key, &datum.key(user), &row)?;
            let change = Change::AccountData {
                user: user.to_owned(),
                room: datum.room.map(ToOwned::to_owned),
                kind: data_type(datum.kind),
            };
            journal::record(&mut batch, &change)?;
            if self.commit(batch).await? == Outcome::Done {
                return Ok(());
            }
        }
        Err(DeviceError::Busy)
    }
}

impl AccountData {
    fn read(row: DatumRow) -> Result<Self, DeviceError> {
        let content = RawValue::from_string(row.content)
            .map_err(|error| damaged(ACCOUNT_DATA.name(), &error))?;
        Ok(Self { kind: row.kind, content })
    }
}
