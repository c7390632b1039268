//! Filters that clients stored to name them in `/sync`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ruma_common::UserId;
use serde_json::value::RawValue;
use store::Batch;

use crate::account_data::short_hash;
use crate::devices::{Devices, damaged, owner};
use crate::error::DeviceError;
use crate::tables::FILTERS;

/// Bytes of a filter at most: it is asked about every event that its person is told of.
const LARGEST: usize = 64 << 10;

impl Devices {
    /// Keeps a filter; the same filter has the same id.
    pub async fn add_filter(
        &self,
        user: &UserId,
        filter: &RawValue,
    ) -> Result<String, DeviceError> {
        if filter.get().len() > LARGEST {
            return Err(DeviceError::TooLarge(format!("a filter has {LARGEST} bytes at most")));
        }
        // The person is part of the hash, so that equal filters of two people do not look alike.
        let hash = short_hash(&[user.as_bytes(), filter.get().as_bytes()]);
        let id = URL_SAFE_NO_PAD.encode(hash);
        if self.filter(user, &id).await?.is_none() {
            let mut batch = Batch::new();
            let key = (user.to_string(), id.clone());
            FILTERS.put(&mut batch, &self.key_of(user).await?, &key, &filter.get().to_owned())?;
            self.0.store.commit(batch).await?;
        }
        Ok(id)
    }

    /// A person's filter, by its id.
    pub async fn filter(
        &self,
        user: &UserId,
        id: &str,
    ) -> Result<Option<Box<RawValue>>, DeviceError> {
        let Devices(inner) = self;
        let key = (user.to_string(), id.to_owned());
        let filter = FILTERS.get(&inner.store, &inner.vault, &owner(user), &key).await?;
        let filter = filter.map(RawValue::from_string).transpose();
        filter.map_err(|error| damaged(FILTERS.name(), &error))
    }
}
