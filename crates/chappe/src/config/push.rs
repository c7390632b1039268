//! Where notifications may go.

use outside::IpNet;
use serde::Deserialize;

/// Notifications.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Push {
    /// Networks that are not of the internet and may hold gateways.
    pub(crate) allowed_private_networks: Vec<IpNet>,
    /// How long a gateway's answer may take.
    pub(crate) timeout_seconds: u64,
    /// How long is waited after a first failure.
    pub(crate) retry_seconds: u64,
}

impl Default for Push {
    fn default() -> Self {
        Self { allowed_private_networks: Vec::new(), timeout_seconds: 15, retry_seconds: 10 }
    }
}
