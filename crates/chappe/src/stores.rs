//! The stores that a configuration names, opened: the data, the keyring, the media.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use base::secret::Secret;
use media::{Blobs, S3Settings, Storage};
use store::{Migration, PostgresSettings, Store, StoreError};
use vault::{KeyEncryptionKey, Sealing, Vault};

use crate::config::{self, Config, Engine, Hidden};

/// Page cache of the keyring's store: every key is held in memory once used.
const KEYRING_CACHE: usize = 4 << 20;
/// Connections to a database that is copied.
const CONNECTIONS: usize = 4;
/// How long before a database is asked again that did not answer.
const AGAIN: Duration = Duration::from_secs(2);

/// Opens the store of the data; a file is made where there is none.
pub(crate) async fn data(config: &Config) -> anyhow::Result<Store> {
    make_private(&config.server.data_directory)?;
    match (config.store.engine, &config.store.url) {
        (Engine::Postgres, Some(url)) => configured(config, url, "the store").await,
        _ => redb(&data_file(config), config.store.cache_bytes).await,
    }
}

/// Opens the store of the keyring; a file is made where there is none.
pub(crate) async fn keyring(config: &Config) -> anyhow::Result<Store> {
    make_private(&config.server.keyring_directory())?;
    match (config.store.engine, &config.keyring.url) {
        (Engine::Postgres, Some(url)) => configured(config, url, "the keyring").await,
        _ => redb(&keyring_file(config), KEYRING_CACHE).await,
    }
}

/// Makes the schemas of the databases that a configuration names, or brings them up to date.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<Vec<(&'static str, Migration)>> {
    let mut done = Vec::new();
    for (what, url) in [("store", &config.store.url), ("keyring", &config.keyring.url)] {
        if let Some(url) = url {
            let settings = settings(config, url);
            done.push((what, Store::migrate_postgres(&settings).await.context(what)?));
        }
    }
    Ok(done)
}

/// Opens a database as configured; waits for one that is away.
async fn configured(config: &Config, url: &Hidden, what: &'static str) -> anyhow::Result<Store> {
    loop {
        match Store::open_postgres(&settings(config, url)).await {
            Err(StoreError::Unavailable { reason }) => {
                tracing::warn!(%reason, what, "the database does not answer yet; waiting for it");
            }
            opened => return opened.context(what),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn settings(config: &Config, url: &Hidden) -> PostgresSettings {
    PostgresSettings {
        url: url.expose().to_owned(),
        ca_certificate: config.store.ca_certificate.clone(),
        connections: config.store.connections,
    }
}

/// Opens the store in a PostgreSQL database of which no configuration says more.
pub(crate) async fn postgres(url: &str) -> anyhow::Result<Store> {
    Ok(Store::open_postgres(&postgres_settings(url)).await?)
}

/// What is known of a database when its address is.
pub(crate) fn postgres_settings(url: &str) -> PostgresSettings {
    PostgresSettings { url: url.to_owned(), ca_certificate: None, connections: CONNECTIONS }
}

/// Opens the store in a file.
#[expect(clippy::unused_async, reason = "an engine across a network waits here")]
pub(crate) async fn redb(path: &Path, cache: usize) -> anyhow::Result<Store> {
    Store::open_redb(path, cache).with_context(|| path.display().to_string())
}

/// Fails where a server's stores were never made: a command that reads must not make them.
pub(crate) fn require_made(config: &Config) -> anyhow::Result<()> {
    if config.store.engine == Engine::Postgres {
        // Opening a database never makes one.
        return Ok(());
    }
    for file in [data_file(config), keyring_file(config)] {
        if !file.exists() {
            bail!("{} is not there: no server has run with this configuration", file.display());
        }
    }
    Ok(())
}

/// Where media are kept.
pub(crate) fn storage(config: &Config) -> anyhow::Result<Storage> {
    let media = &config.media;
    if let Some((bucket, prefix)) = media.bucket() {
        let secret = media.secret_access_key.as_ref().map_or("", Hidden::expose);
        return Ok(Storage::S3(S3Settings {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: media.endpoint.clone(),
            region: media.region.clone(),
            access_key_id: media.access_key_id.clone().unwrap_or_default(),
            secret_access_key: Secret::new(secret.to_owned()),
        }));
    }
    let directory = config.server.data_directory.join("media");
    make_private(&directory)?;
    Ok(Storage::Directory(directory))
}

/// The media as they are kept.
pub(crate) fn blobs(config: &Config) -> anyhow::Result<Blobs> {
    Ok(Blobs::open(&storage(config)?)?)
}

/// The keys in a keyring; the key that wraps them is made where there is none.
pub(crate) async fn vault(config: &Config, keyring: Store) -> anyhow::Result<Vault> {
    let master = KeyEncryptionKey::load_or_create(&master_file(config))?;
    Ok(Vault::open_with(keyring, master, sealing(config)).await?)
}

/// Whether what is stored is sealed.
pub(crate) fn sealing(config: &Config) -> Sealing {
    match config.store.sealing {
        config::Sealing::On => Sealing::On,
        config::Sealing::Off => Sealing::Off,
    }
}

/// The file of the key-encryption key.
pub(crate) fn master_file(config: &Config) -> PathBuf {
    config.server.keyring_directory().join("key-encryption-key")
}

/// The file of the data, where the engine is the embedded one.
pub(crate) fn data_file(config: &Config) -> PathBuf {
    config.server.data_directory.join("chappe.redb")
}

/// The file of the keyring, where the engine is the embedded one.
pub(crate) fn keyring_file(config: &Config) -> PathBuf {
    config.server.keyring_directory().join("keyring.redb")
}

/// A directory that only this server's user can open.
pub(crate) fn make_private(directory: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("{} cannot be made", directory.display()))
}
