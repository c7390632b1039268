//! Servers whose people's keys this one cannot ask for.

use std::collections::{BTreeMap, BTreeSet};

use ruma_common::OwnedServerName;
use serde_json::{Value, json};

/// `failures` of an answer: one for each server.
pub(super) fn of(servers: BTreeSet<OwnedServerName>) -> BTreeMap<String, Value> {
    let failure = json!({ "errcode": "M_UNKNOWN", "error": "this server does not ask that one" });
    servers.into_iter().map(|server| (server.to_string(), failure.clone())).collect()
}
