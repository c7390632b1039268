//! Identity servers that invitations go by, and in whose name the server speaks.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Identity servers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Identity {
    /// Those that people may invite by; no other is asked.
    pub(crate) servers: Vec<String>,
    /// Where one is reached, by name, when that is not HTTPS under its name.
    pub(crate) addresses: BTreeMap<String, String>,
}

/// The server's own words to people.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Notices {
    /// Local part of the user id that speaks; without one the server says nothing.
    pub(crate) name: Option<String>,
    /// What that user is called.
    pub(crate) display_name: String,
}

impl Default for Notices {
    fn default() -> Self {
        Self { name: None, display_name: "Server notices".to_owned() }
    }
}
