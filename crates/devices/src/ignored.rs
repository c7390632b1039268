//! Whom a person ignores (`m.ignored_user_list`).
//!
//! `spec/content/client-server-api/modules/ignore_users.md`.

use std::collections::HashSet;

use ruma_common::{OwnedUserId, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::devices::Devices;
use crate::error::DeviceError;

impl Devices {
    /// The people whom a person ignores. A list that does not read ignores nobody: its owner sees
    /// what they did not mean to miss.
    pub async fn ignored_people(&self, user: &UserId) -> Result<HashSet<OwnedUserId>, DeviceError> {
        #[derive(Default, Deserialize)]
        struct Content {
            #[serde(default)]
            ignored_users: Map<String, Value>,
        }
        let datum = self.account_datum(user, None, "m.ignored_user_list").await?;
        let content = datum.and_then(|datum| serde_json::from_str(datum.content.get()).ok());
        let Content { ignored_users } = content.unwrap_or_default();
        let people = ignored_users.keys().filter_map(|user| UserId::parse(user).ok());
        Ok(people.collect())
    }
}
