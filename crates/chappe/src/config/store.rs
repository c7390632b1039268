//! Where things are kept: rows, keys, files.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// The store of the data.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Store {
    pub(crate) engine: Engine,
    /// The database, for PostgreSQL.
    pub(crate) url: Option<Hidden>,
    /// Certificates that sign the databases' own, when the system's do not.
    pub(crate) ca_certificate: Option<PathBuf>,
    /// Connections for reads at most, to each database.
    pub(crate) connections: usize,
    /// Page cache of the embedded engine.
    pub(crate) cache_bytes: usize,
    pub(crate) sealing: Sealing,
}

/// What holds the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    /// A file, for one process.
    #[default]
    Redb,
    /// A database, for as many as there are.
    Postgres,
}

/// Whether what is stored is sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sealing {
    /// It is.
    #[default]
    On,
    /// It is not: for the proof that a search of the disk finds what sealing hides.
    Off,
}

/// The store of the keys.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Keyring {
    /// The database, with PostgreSQL: another than the data's.
    pub(crate) url: Option<Hidden>,
}

/// What people upload.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Media {
    /// `s3://bucket/prefix`; the data directory when not given.
    pub(crate) url: Option<String>,
    /// Where the S3 store answers; Amazon's own when not given.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: String,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<Hidden>,
}

/// A text that is never shown: a password, or an address that holds one.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(String);

impl Hidden {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it could be guessed.
    pub(crate) fn is_short(&self) -> bool {
        self.0.chars().count() < 16
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Media {
    /// Bucket and prefix.
    pub(crate) fn bucket(&self) -> Option<(&str, &str)> {
        let rest = self.url.as_ref()?.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        (!bucket.is_empty()).then(|| (bucket, prefix.trim_matches('/')))
    }
}

/// What does not go together, in one sentence.
pub(super) fn nonsense(store: &Store, keyring: &Keyring, media: &Media) -> Option<&'static str> {
    match (store.engine, &store.url, &keyring.url) {
        (Engine::Redb, Some(_), _) => {
            return Some("store.url is given, but store.engine is \"redb\"");
        }
        (Engine::Redb, None, Some(_)) => {
            return Some("keyring.url is given, but store.engine is \"redb\"");
        }
        (Engine::Postgres, None, _) => {
            return Some("store.engine is \"postgres\", but store.url is missing");
        }
        (Engine::Postgres, Some(_), None) => {
            return Some("store.engine is \"postgres\", but keyring.url is missing");
        }
        (Engine::Postgres, Some(data), Some(keyring)) if data == keyring => {
            return Some("keyring.url must name another database than store.url");
        }
        _ => {}
    }
    if store.connections == 0 {
        return Some("store.connections must be at least 1");
    }
    match (&media.url, media.bucket()) {
        (Some(_), None) => Some("media.url is not of the form s3://bucket/prefix"),
        (Some(_), Some(_)) if media.access_key_id.is_none() => {
            Some("media.url is given, but media.access_key_id is missing")
        }
        (Some(_), Some(_)) if media.secret_access_key.is_none() => {
            Some("media.url is given, but media.secret_access_key is missing")
        }
        _ => None,
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            engine: Engine::Redb,
            url: None,
            ca_certificate: None,
            connections: 16,
            cache_bytes: 128 << 20,
            sealing: Sealing::On,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            url: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key_id: None,
            secret_access_key: None,
        }
    }
}
