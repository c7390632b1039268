//! What a client may ask at most, and how often.

use base::network::Network;
use base::rate::Rate;
use serde::Deserialize;

/// What a client may ask at most. A rate of 0 is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) request_bytes: usize,
    pub(crate) upload_bytes: u64,
    pub(crate) body_timeout_seconds: u64,
    pub(crate) connections: usize,
    /// Whether anything is counted at all.
    pub(crate) rates: bool,
    /// Where nothing is counted from.
    pub(crate) exempt_addresses: Vec<Network>,
    pub(crate) sign_in_tries_per_minute: u32,
    pub(crate) messages_per_minute: u32,
    pub(crate) to_device_per_minute: u32,
    pub(crate) rooms_per_minute: u32,
    pub(crate) invitations_per_minute: u32,
    pub(crate) joins_per_minute: u32,
    pub(crate) profile_changes_per_minute: u32,
    pub(crate) searches_per_minute: u32,
    pub(crate) uploads_per_minute: u32,
    pub(crate) tokens_per_minute: u32,
    pub(crate) reports_per_minute: u32,
    pub(crate) presence_changes_per_minute: u32,
    pub(crate) relays_per_minute: u32,
    pub(crate) previews_per_minute: u32,
    pub(crate) strangers_requests_per_minute: u32,
}

impl Limits {
    /// How often somebody may try to sign in or to register. An address may stand for a whole town
    /// hall, so it gets five times what an account gets.
    pub(crate) fn tries(&self) -> accounts::Limits {
        if !self.rates {
            return accounts::Limits::LIFTED;
        }
        let rate = |times| Rate::per_minute(self.sign_in_tries_per_minute.saturating_mul(times));
        accounts::Limits {
            sign_in_per_account: rate(1),
            sign_in_per_address: rate(5),
            registration_per_address: rate(3),
        }
    }

    /// How often everything else may be asked.
    pub(crate) fn rates(&self) -> api::Rates {
        if !self.rates {
            return api::Rates::default();
        }
        api::Rates {
            messages: Rate::per_minute(self.messages_per_minute),
            to_device: Rate::per_minute(self.to_device_per_minute),
            rooms: Rate::per_minute(self.rooms_per_minute),
            invitations: Rate::per_minute(self.invitations_per_minute),
            joins: Rate::per_minute(self.joins_per_minute),
            profiles: Rate::per_minute(self.profile_changes_per_minute),
            searches: Rate::per_minute(self.searches_per_minute),
            uploads: Rate::per_minute(self.uploads_per_minute),
            tokens: Rate::per_minute(self.tokens_per_minute),
            reports: Rate::per_minute(self.reports_per_minute),
            presence: Rate::per_minute(self.presence_changes_per_minute),
            relays: Rate::per_minute(self.relays_per_minute),
            previews: Rate::per_minute(self.previews_per_minute),
            strangers: Rate::per_minute(self.strangers_requests_per_minute),
            exempt_addresses: self.exempt_addresses.clone(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 1 << 20,
            upload_bytes: 100 << 20,
            body_timeout_seconds: 30,
            connections: 20_000,
            rates: true,
            exempt_addresses: Vec::new(),
            sign_in_tries_per_minute: 10,
            messages_per_minute: 1200,
            to_device_per_minute: 6000,
            rooms_per_minute: 60,
            invitations_per_minute: 300,
            joins_per_minute: 300,
            profile_changes_per_minute: 60,
            searches_per_minute: 600,
            uploads_per_minute: 600,
            tokens_per_minute: 60,
            reports_per_minute: 30,
            presence_changes_per_minute: 60,
            relays_per_minute: 30,
            previews_per_minute: 120,
            strangers_requests_per_minute: 12_000,
        }
    }
}
