//! Pushers: where a client wants its person's notifications, and how.
//!
//! A pusher belongs to the session that set it, and goes with it.

use base::change::Change;
use base::clock::Timestamp;
use outside::Schemes;
use ruma_common::{DeviceId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{Batch, CommitError, Prefix};
use vault::Owner;

use crate::delivery::{Delivery, Inner};
use crate::error::DeliveryError;
use crate::tables::{HOLDERS, PUSHERS, WAITING};

/// Pushers of a person at most.
pub(crate) const MOST: usize = 50;
/// The one path of push gateways.
const PATH: &str = "/_matrix/push/v1/notify";
/// Bytes of a push key, of an app's id, and of a text for people.
const LONGEST_KEY: usize = 512;
const LONGEST_APP_ID: usize = 64;
const LONGEST_TEXT: usize = 255;
/// Bytes of what a client has its gateway told.
const LONGEST_DATA: usize = 8 << 10;
/// How often a change is tried again, after others wrote first.
const ATTEMPTS: usize = 16;

/// A pusher's number: drawn from its app's id and its push key, which are its name.
pub(crate) type PusherId = [u8; 16];

/// A pusher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pusher {
    /// Which app.
    pub app_id: String,
    /// Where the app is, to its gateway.
    pub pushkey: String,
    /// What the app is called.
    pub app_display_name: String,
    /// What the device is called.
    pub device_display_name: String,
    /// Which rules of a device apply.
    pub profile_tag: Option<String>,
    /// The person's language.
    pub lang: String,
    /// The gateway.
    pub url: String,
    /// What the gateway is told beside, as a JSON object: the format among it.
    pub data: String,
}

/// What becomes of pushers of the same name that others have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They go: the device is another person's now.
    Removed,
    /// They stay: people share the device.
    Kept,
}

/// A pusher as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PusherRow {
    pub(crate) pusher: Pusher,
    pub(crate) device: String,
    pub(crate) set: Timestamp,
}

impl Pusher {
    pub(crate) fn id(&self) -> PusherId {
        id(&self.app_id, &self.pushkey)
    }

    /// What the gateway is told beside.
    pub(crate) fn parameters(&self) -> Map<String, Value> {
        serde_json::from_str(&self.data).unwrap_or_default()
    }

    /// Whether the gateway is told no more than which event it is.
    pub(crate) fn is_terse(&self) -> bool {
        self.parameters().get("format").and_then(Value::as_str) == Some("event_id_only")
    }
}

fn id(app_id: &str, pushkey: &str) -> PusherId {
    let mut hash = Sha256::new();
    for part in [app_id, pushkey] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut out = [0; 16];
    out.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    out
}

impl Delivery {
    /// Sets a pusher, in place of one of the same name.
    pub async fn set_pusher(
        &self,
        (user, device): (&UserId, &DeviceId),
        pusher: Pusher,
        others: Others,
    ) -> Result<(), DeliveryError> {
        let inner = self.inner();
        inner.check(&pusher)?;
        let (id, owner) = (pusher.id(), Owner::Person(user.to_owned()));
        let sealing_key = inner.vault.key(&owner).await?;
        let set = inner.clock.now();
        let row = PusherRow { pusher, device: device.to_string(), set };
        for _ in 0..ATTEMPTS {
            let key = (user.to_string(), id);
            let own = HOLDERS.get(&inner.store, &(id, key.0.clone())).await?;
            if own.is_none() && inner.rows(user).await?.len() >= MOST {
                return Err(DeliveryError::TooMany);
            }
            let mut batch = Batch::new();
            HOLDERS.check(&mut batch, &(id, key.0.clone()), own.as_ref())?;
            if others == Others::Removed {
                for ((_, other), ()) in HOLDERS.all(&inner.store, &Prefix::of(&id)).await? {
                    if other != key.0
                        && let Ok(other) = UserId::parse(other)
                    {
                        drop_pusher(&mut batch, &other, id)?;
                    }
                }
            }
            PUSHERS.put(&mut batch, &sealing_key, &key, &row)?;
            HOLDERS.put(&mut batch, &(id, key.0.clone()), &())?;
            WAITING.delete(&mut batch, &key);
            journal::record(&mut batch, &Change::Pushers { user: user.to_owned() })?;
            match inner.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(DeliveryError::Busy)
    }

    /// Removes a pusher. Removing one that is not there is no failure.
    pub async fn remove_pusher(
        &self,
        user: &UserId,
        app_id: &str,
        pushkey: &str,
    ) -> Result<(), DeliveryError> {
        self.inner().remove(user, id(app_id, pushkey)).await
    }

    /// Removes the pushers of a person but those of one session.
    pub async fn remove_pushers(
        &self,
        user: &UserId,
        except: Option<&DeviceId>,
    ) -> Result<(), DeliveryError> {
        for row in self.inner().rows(user).await? {
            if except.is_none_or(|device| row.device != device.as_str()) {
                self.inner().remove(user, row.pusher.id()).await?;
            }
        }
        Ok(())
    }

    /// The pushers of a person's sessions.
    pub async fn pushers(&self, user: &UserId) -> Result<Vec<Pusher>, DeliveryError> {
        let inner = self.inner();
        let devices = inner.accounts.devices(user).await?;
        let lives = |row: &PusherRow| devices.iter().any(|device| device.as_str() == row.device);
        let rows = inner.rows(user).await?;
        Ok(rows.into_iter().filter(lives).map(|row| row.pusher).collect())
    }
}

impl Inner {
    /// The pushers of a person, those of sessions that just ended among them.
    pub(crate) async fn rows(&self, user: &UserId) -> Result<Vec<PusherRow>, DeliveryError> {
        let owner = Owner::Person(user.to_owned());
        let part = Prefix::of(&user.to_string());
        let rows = PUSHERS.all(&self.store, &self.vault, &owner, &part).await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    pub(crate) async fn row(
        &self,
        user: &UserId,
        id: PusherId,
    ) -> Result<Option<PusherRow>, DeliveryError> {
        let owner = Owner::Person(user.to_owned());
        Ok(PUSHERS.get(&self.store, &self.vault, &owner, &(user.to_string(), id)).await?)
    }

    pub(crate) async fn remove(&self, user: &UserId, id: PusherId) -> Result<(), DeliveryError> {
        let mut batch = Batch::new();
        drop_pusher(&mut batch, user, id)?;
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Removes the pushers of a person whose sessions have ended.
    pub(crate) async fn prune(&self, user: &UserId) -> Result<(), DeliveryError> {
        let rows = self.rows(user).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let devices = self.accounts.devices(user).await?;
        for row in rows {
            if !devices.iter().any(|device| device.as_str() == row.device) {
                self.remove(user, row.pusher.id()).await?;
            }
        }
        Ok(())
    }

    fn check(&self, pusher: &Pusher) -> Result<(), DeliveryError> {
        let texts = [
            ("pushkey", Some(&pusher.pushkey), LONGEST_KEY),
            ("app_id", Some(&pusher.app_id), LONGEST_APP_ID),
            ("app_display_name", Some(&pusher.app_display_name), LONGEST_TEXT),
            ("device_display_name", Some(&pusher.device_display_name), LONGEST_TEXT),
            ("profile_tag", pusher.profile_tag.as_ref(), LONGEST_TEXT),
            ("lang", Some(&pusher.lang), LONGEST_TEXT),
            ("data", Some(&pusher.data), LONGEST_DATA),
        ];
        for (name, text, longest) in texts {
            if text.is_some_and(|text| text.len() > longest) {
                let message = format!("{name} has {longest} bytes at most");
                return Err(DeliveryError::Invalid(message));
            }
        }
        if pusher.pushkey.is_empty() || pusher.app_id.is_empty() {
            return Err(DeliveryError::Invalid("pushkey and app_id say something".to_owned()));
        }
        let format = pusher.parameters().remove("format");
        if format.is_some_and(|format| format != "event_id_only") {
            let message = "data.format is \"event_id_only\", or is not given".to_owned();
            return Err(DeliveryError::Invalid(message));
        }
        let url = self.outside.address(&pusher.url, Schemes::Https)?;
        if url.path() != PATH {
            let message = format!("data.url has the path {PATH}");
            return Err(DeliveryError::Invalid(message));
        }
        Ok(())
    }
}

/// Adds to a batch that a pusher goes.
fn drop_pusher(batch: &mut Batch, user: &UserId, id: PusherId) -> Result<(), DeliveryError> {
    let key = (user.to_string(), id);
    PUSHERS.delete(batch, &key);
    WAITING.delete(batch, &key);
    HOLDERS.delete(batch, &(id, key.0));
    journal::record(batch, &Change::Pushers { user: user.to_owned() })?;
    Ok(())
}
