//! Sending messages to devices, once for each transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::change::Change;
use base::clock::Timestamp;
use ruma_common::serde::Raw;
use ruma_common::to_device::DeviceIdOrAllDevices;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, TransactionId, UserId};
use ruma_events::AnyToDeviceEventContent;
use serde::Serialize;
use store::{Batch, Direction, Prefix};
use vault::{SealingKey, VaultError};

use crate::account_data::short_hash;
use crate::devices::{Devices, Outcome, owner};
use crate::error::DeviceError;
use crate::inbox::place;
use crate::tables::{INBOX, InboxRow, SENT, SENT_AT};

/// How long a transaction is remembered.
const REMEMBERED: Duration = Duration::from_hours(7 * 24);
/// Transactions forgotten with each new one at most: more than one, so that they grow fewer.
const FORGOTTEN_AT_ONCE: usize = 4;

/// Bytes that one request may put into inboxes: what is for every device is sealed for each.
const MOST_BYTES: usize = 16 << 20;

/// What is sent to whom. `*` is every device that the person has now.
pub type Messages =
    BTreeMap<OwnedUserId, BTreeMap<DeviceIdOrAllDevices, Raw<AnyToDeviceEventContent>>>;

/// The devices that people are signed in on.
pub type KnownDevices = BTreeMap<OwnedUserId, BTreeSet<OwnedDeviceId>>;

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// The person.
    pub user: &'a UserId,
    /// Their device.
    pub device: &'a DeviceId,
    /// The device's name for the request; the same name sends nothing again.
    pub transaction: &'a TransactionId,
}

/// A message as its device reads it.
#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    sender: &'a UserId,
    content: &'a Raw<AnyToDeviceEventContent>,
}

impl Devices {
    /// Sends messages of one type. Devices that are not among `known` are passed over.
    pub async fn send_to_devices(
        &self,
        from: Sending<'_>,
        kind: &str,
        messages: &Messages,
        known: &KnownDevices,
    ) -> Result<(), DeviceError> {
        let hash = short_hash(&[kind.as_bytes(), from.transaction.as_bytes()]);
        let sent = (from.user.to_string(), from.device.to_string(), hash);
        if SENT.get(&self.0.store, &sent).await?.is_some() {
            return Ok(());
        }
        require_bounded(messages, known)?;
        let mut batch = Batch::new();
        let now = self.0.clock.now();
        self.forget_oldest_sent(&mut batch, from, now).await?;
        SENT.check_absent(&mut batch, &sent);
        SENT.put(&mut batch, &sent, &now)?;
        let (person, device, hash) = sent;
        SENT_AT.put(&mut batch, &(person, device, now.0, hash), &())?;
        for (user, messages) in messages {
            let Some(devices) = known.get(user).filter(|_| self.is_ours(user)) else { continue };
            let sealing_key = match self.0.vault.key(&owner(user)).await {
                Ok(key) => key,
                // Nobody reads what is sent to a person who has left.
                Err(VaultError::Destroyed(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            for device in devices {
                if let Some(content) = message_for(messages, device) {
                    let event = Event { kind, sender: from.user, content };
                    put(&mut batch, (user, device), &sealing_key, &event)?;
                }
            }
        }
        // A conflict says that the same request came twice at once: the other one sent it.
        match self.commit(batch).await? {
            Outcome::Done | Outcome::Conflict => Ok(()),
        }
    }

    async fn forget_oldest_sent(
        &self,
        batch: &mut Batch,
        from: Sending<'_>,
        now: Timestamp,
    ) -> Result<(), DeviceError> {
        let part = Prefix::of(&(from.user.to_string(), from.device.to_string()));
        let limit = FORGOTTEN_AT_ONCE;
        let oldest = SENT_AT.scan(&self.0.store, &part, Direction::Forward, limit).await?;
        for (key, ()) in oldest {
            if now.since(Timestamp(key.2)) > REMEMBERED {
                SENT_AT.delete(batch, &key);
                let (person, device, _, hash) = key;
                SENT.delete(batch, &(person, device, hash));
            }
        }
        Ok(())
    }
}

/// Refuses a small request that would become enormous.
fn require_bounded(messages: &Messages, known: &KnownDevices) -> Result<(), DeviceError> {
    let sizes = messages.iter().flat_map(|(user, messages)| {
        let devices = known.get(user).into_iter().flatten();
        devices.filter_map(|device| Some(message_for(messages, device)?.json().get().len()))
    });
    if sizes.sum::<usize>() > MOST_BYTES {
        let message = format!("one request sends {MOST_BYTES} bytes at most, over all devices");
        return Err(DeviceError::TooLarge(message));
    }
    Ok(())
}

/// What a device is sent: what names it, or else what is for all.
fn message_for<'m>(
    messages: &'m BTreeMap<DeviceIdOrAllDevices, Raw<AnyToDeviceEventContent>>,
    device: &DeviceId,
) -> Option<&'m Raw<AnyToDeviceEventContent>> {
    let named = messages.get(&DeviceIdOrAllDevices::DeviceId(device.to_owned()));
    named.or_else(|| messages.get(&DeviceIdOrAllDevices::AllDevices))
}

fn put(
    batch: &mut Batch,
    (user, device): (&UserId, &DeviceId),
    sealing_key: &SealingKey,
    event: &Event<'_>,
) -> Result<(), DeviceError> {
    let plain =
        serde_json::to_vec(event).map_err(|error| DeviceError::Invalid(error.to_string()))?;
    let key = (user.to_string(), device.to_string());
    let id = base::random::bytes::<16>();
    let place = place(&key, id);
    let sealed = sealing_key.seal(place.as_place(), &plain)?;
    let change = Change::ToDevice { user: user.to_owned(), device: device.to_owned() };
    journal::record(batch, &change)?;
    INBOX.put_at_log(batch, &key, &InboxRow { id, sealed })?;
    Ok(())
}
