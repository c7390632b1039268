//! What is offered beside messages: presence, relays for calls, previews of pages, help.

use std::sync::Arc;
use std::time::Duration;

use outside::IpNet;
use ruma_client_api::discovery::discover_support::{Contact, ContactRole};
use ruma_common::OwnedUserId;
use serde::Deserialize;

use super::Hidden;

/// Whether it is told who is there.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Presence {
    pub(crate) enabled: bool,
}

/// A TURN server, which relays calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Turn {
    /// Where it is (`turn:`, `turns:`). None: calls are not relayed.
    pub(crate) urls: Vec<String>,
    /// What it shares with this server.
    pub(crate) shared_secret: Option<Hidden>,
    /// How long a password for it holds.
    pub(crate) lifetime_seconds: u64,
}

/// Whether pages of the outside are looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Previews {
    pub(crate) enabled: bool,
    /// Networks that may be asked although they are inside.
    pub(crate) allowed_private_networks: Vec<IpNet>,
}

/// Whom to ask for help.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Support {
    pub(crate) contacts: Vec<SupportContact>,
    pub(crate) page: Option<String>,
}

/// Somebody to ask for help.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupportContact {
    pub(crate) role: String,
    pub(crate) matrix_id: Option<OwnedUserId>,
    pub(crate) email_address: Option<String>,
}

/// What of it does not go together.
pub(super) fn nonsense(turn: &Turn, support: &Support) -> Option<&'static str> {
    let relays = |url: &String| url.starts_with("turn:") || url.starts_with("turns:");
    let silent = |one: &SupportContact| one.matrix_id.is_none() && one.email_address.is_none();
    if !turn.urls.iter().all(relays) {
        return Some("turn.urls: an address begins with turn: or turns:");
    }
    if turn.urls.is_empty() != turn.shared_secret.is_none() {
        return Some("turn.urls and turn.shared_secret go together");
    }
    if !(60..=604_800).contains(&turn.lifetime_seconds) {
        return Some("turn.lifetime_seconds is not from a minute to a week");
    }
    if support.contacts.iter().any(silent) {
        return Some("support.contacts: each has a matrix_id or an email_address");
    }
    if support.page.as_ref().is_some_and(|page| !page.starts_with("https://")) {
        return Some("support.page is no address that begins with https://");
    }
    None
}

impl Turn {
    /// The relay, if there is one.
    pub(crate) fn relay(&self) -> Option<api::Relay> {
        let secret = self.shared_secret.as_ref().filter(|_| !self.urls.is_empty())?;
        Some(api::Relay {
            urls: self.urls.clone(),
            secret: Arc::new(secret.expose().to_owned().into()),
            lifetime: Duration::from_secs(self.lifetime_seconds),
        })
    }
}

impl Support {
    /// As the API tells it.
    pub(crate) fn told(&self) -> api::Support {
        let contact = |one: &SupportContact| {
            let role = ContactRole::from(one.role.as_str());
            let mut contact = match (&one.matrix_id, &one.email_address) {
                (Some(user), _) => Contact::with_matrix_id(role, user.clone()),
                (None, address) => {
                    Contact::with_email_address(role, address.clone().unwrap_or_default())
                }
            };
            contact.email_address.clone_from(&one.email_address);
            contact
        };
        let contacts = self.contacts.iter().map(contact).collect();
        api::Support { contacts, page: self.page.clone() }
    }
}

impl Default for Presence {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self { urls: Vec::new(), shared_secret: None, lifetime_seconds: 86_400 }
    }
}
