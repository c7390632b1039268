//! Wiring: the store, the keys, the services over them, the listeners before them.

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use anyhow::{Context, bail};
use api::{App, Services};
use attention::Attention;
use base::clock::{Clock, SystemClock};
use delivery::Delivery;
use devices::Devices;
use media::Media;
use moderation::Moderation;
use outside::{IdentityServers, IpNet, Outside, OutsideSettings};
use presence::Presence;
use previews::Previews;
use rooms::Rooms;
use ruma_common::OwnedServerName;
use store::Store;
use sync::Sync;
use tokio::signal::unix::{SignalKind, signal};
use vault::Vault;

use crate::cli::say;
use crate::config::{self, Config};
use crate::control::Control;
use crate::listen::Listeners;
use crate::{backup, search, speaker, stores};

/// How often departures are looked for that a node began and did not end.
const DEPARTURES: Duration = Duration::from_mins(1);

/// A server whose services are open.
pub(crate) struct Server {
    config: Config,
    app: App,
    stores: backup::Stores,
}

/// Runs a server until told to stop.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    if config.rooms.encryption == config::Encryption::Optional {
        tracing::warn!(
            "rooms.encryption is \"optional\": private rooms may hold readable messages"
        );
    }
    if config.store.sealing == config::Sealing::Off {
        tracing::warn!("store.sealing is \"off\": what people write is readable on disk");
    }
    let server = Server::open(config).await?;
    let accounts = server.accounts().clone();
    let delivery = server.app.delivery.clone();
    let control = server.control().map(|control| tokio::spawn(control.run()));
    let closing = server.stores.clone();
    let listening = server.listen().await?;
    for address in listening.addresses() {
        say(&format!("chappe is ready on http://{address}"))?;
    }
    let mut closed = false;
    let stop = async {
        tokio::select! {
            () = told_to_stop() => {}
            () = closing.data.closed() => closed = true,
            () = closing.keyring.closed() => closed = true,
        }
    };
    listening.run(stop).await;
    delivery.stop().await;
    if let Some(control) = control {
        control.abort();
    }
    if closed {
        bail!("the store closed; the log says why");
    }
    accounts.flush().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Waits for Ctrl-C, or for the system's polite request to end.
pub(crate) async fn told_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "the signal to end cannot be heard");
            // Ctrl-C is all that is left; when that fails too, the process is killed.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

impl Server {
    /// Opens the store and the services of a configuration.
    pub(crate) async fn open(config: Config) -> anyhow::Result<Self> {
        let name = config.server.name.clone().context("server.name is missing")?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let stores = finished_stores(&config).await?;
        let vault = stores::vault(&config, stores.keyring.clone()).await?;
        let (store, time) = (&stores.data, &clock);
        let accounts = accounts(&config, &name, store, &vault, time).await?;
        let devices = Devices::open(
            store.clone(),
            vault.clone(),
            devices::Settings { server_name: name.clone() },
            Arc::clone(time),
        );
        let rooms = Rooms::open(
            store.clone(),
            vault.clone(),
            rooms_settings(&config, &name),
            Arc::clone(time),
        )
        .await?;
        let media = media(&config, &name, store, &vault, time).await?;
        let settings = presence::Settings { enabled: config.presence.enabled };
        let presence = Presence::open(store.clone(), vault.clone(), settings, Arc::clone(time));
        let moderation = Moderation::open(store.clone(), vault.clone(), Arc::clone(time));
        let previews = previews(&config, &media)?;
        let watched = (rooms.clone(), devices.clone(), Some(presence.clone()));
        let sync = Sync::open_with(store.clone(), watched, Arc::clone(time));
        let attention = Attention::open(store.clone(), rooms.clone(), devices.clone());
        let services = (accounts.clone(), rooms.clone(), attention.clone());
        let delivery = delivery(&config.push, (store, &vault, time), services)?;
        let search = search::open(&config, store, &vault, &rooms).await;
        let identity = IdentityServers::new(&config.identity.servers, &config.identity.addresses);
        let identity = identity.context("identity.addresses")?;
        let settings = spoken_settings(&config, name, &accounts).await?;
        let app = App::new(Services {
            accounts,
            devices,
            rooms,
            media,
            sync,
            search,
            previews,
            moderation,
            presence,
            attention,
            delivery,
            identity,
            settings,
            clock,
        });
        Ok(Self { config, app, stores })
    }

    /// Who people are.
    pub(crate) fn accounts(&self) -> &Accounts {
        &self.app.accounts
    }

    /// Opens the control socket, where this process alone can open the store, or the search index.
    /// Without it a backup needs the server to be stopped: no reason not to serve.
    fn control(&self) -> Option<Control> {
        let search = self.app.search.clone();
        if self.config.store.engine != config::Engine::Redb && search.is_none() {
            return None;
        }
        let control = Control::open(&self.config, self.stores.clone(), search);
        control.map_err(|error| tracing::warn!("no control socket: {error:#}")).ok()
    }

    /// Opens the listeners.
    pub(crate) async fn listen(self) -> anyhow::Result<Listeners> {
        let config::Listen { addresses, trusted_proxies } = &self.config.listen;
        let app = self.app.clone();
        tokio::spawn(async move {
            // Whichever node began them: it may be gone.
            loop {
                api::finish_departures(&app).await;
                api::expel_guests(&app).await;
                api::finish_purges(&app).await;
                tokio::time::sleep(DEPARTURES).await;
            }
        });
        let router = api::router(self.app);
        Listeners::open(addresses, router, trusted_proxies, self.config.limits.connections).await
    }
}

/// The stores of a configuration, none of which is still being filled.
async fn finished_stores(config: &Config) -> anyhow::Result<backup::Stores> {
    let stores = backup::Stores {
        data: stores::data(config).await?,
        keyring: stores::keyring(config).await?,
        blobs: stores::blobs(config)?,
    };
    transfer::refuse_unfinished(&stores.data).await?;
    transfer::refuse_unfinished(&stores.keyring).await?;
    Ok(stores)
}

/// How the server shows itself, and who speaks for it.
async fn spoken_settings(
    config: &Config,
    name: OwnedServerName,
    accounts: &Accounts,
) -> anyhow::Result<api::Settings> {
    let notices = speaker::speaker(&config.notices, &name)?;
    if let Some(notices) = &notices {
        speaker::reserve(accounts, notices).await?;
    }
    Ok(api::Settings { notices, ..api_settings(config, name) })
}

async fn accounts(
    config: &Config,
    name: &OwnedServerName,
    store: &Store,
    vault: &Vault,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Accounts> {
    let mut settings = accounts::Settings::new(name.clone());
    let tokens = config.registration.tokens.iter().cloned();
    settings.registration = match config.registration.mode {
        config::RegistrationMode::Open => accounts::Registration::Open,
        config::RegistrationMode::Token => {
            accounts::Registration::Token(tokens.map(Into::into).collect())
        }
        config::RegistrationMode::Closed => accounts::Registration::Closed,
    };
    let config::Passwords { memory_kib, iterations, parallelism } = config.passwords;
    settings.password_cost =
        accounts::PasswordCost { memory: memory_kib, passes: iterations, lanes: parallelism };
    settings.limits = config.limits.tries();
    settings.exempt_addresses.clone_from(&config.limits.exempt_addresses);
    settings.guests = config.registration.guests;
    settings.administrators.clone_from(&config.administration.administrators);
    let shared_secret = config.administration.shared_secret.as_ref();
    settings.shared_secret = shared_secret.map(|secret| secret.expose().to_owned().into());
    Ok(Accounts::open(store.clone(), vault.clone(), settings, Arc::clone(clock)).await?)
}

pub(crate) fn rooms_settings(config: &Config, name: &OwnedServerName) -> rooms::Settings {
    rooms::Settings {
        server_name: name.clone(),
        default_version: config.rooms.default_version.clone(),
        encryption: match config.rooms.encryption {
            config::Encryption::Required => rooms::EncryptionPolicy::Required,
            config::Encryption::Optional => rooms::EncryptionPolicy::Optional,
        },
    }
}

/// Asks the outside, and of what is inside these networks alone.
fn outside(allowed: &[IpNet]) -> anyhow::Result<Outside> {
    Ok(Outside::new(OutsideSettings { allowed: allowed.to_vec() })?)
}

fn delivery(
    config: &config::Push,
    (store, vault, clock): (&Store, &Vault, &Arc<dyn Clock>),
    (accounts, rooms, attention): (Accounts, Rooms, Attention),
) -> anyhow::Result<Delivery> {
    let settings = delivery::Settings {
        patience: Duration::from_secs(config.timeout_seconds),
        pause: Duration::from_secs(config.retry_seconds),
    };
    let services = delivery::Services {
        store: store.clone(),
        vault: vault.clone(),
        accounts,
        rooms,
        attention,
        outside: outside(&config.allowed_private_networks)?,
        clock: Arc::clone(clock),
    };
    Ok(Delivery::open(services, settings))
}

/// What looks at pages of the outside, where that is wanted.
fn previews(config: &Config, media: &Media) -> anyhow::Result<Option<Previews>> {
    let config::Previews { enabled, allowed_private_networks } = &config.previews;
    if !enabled {
        return Ok(None);
    }
    Ok(Some(Previews::new(outside(allowed_private_networks)?, media.clone())))
}

async fn media(
    config: &Config,
    name: &OwnedServerName,
    store: &Store,
    vault: &Vault,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Media> {
    let settings = media::Settings {
        server_name: name.clone(),
        storage: stores::storage(config)?,
        upload_bytes: config.limits.upload_bytes,
    };
    Ok(Media::open(store.clone(), vault.clone(), settings, Arc::clone(clock)).await?)
}

fn api_settings(config: &Config, name: OwnedServerName) -> api::Settings {
    let public_url = config.server.public_url.as_deref();
    let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
    api::Settings {
        public_url: public_url.unwrap_or_else(|| format!("https://{name}")),
        server_name: name,
        request_bytes: config.limits.request_bytes,
        body_timeout: Duration::from_secs(config.limits.body_timeout_seconds),
        upload_bytes: config.limits.upload_bytes,
        relay: config.turn.relay(),
        support: config.support.told(),
        rates: config.limits.rates(),
        notices: None,
    }
}
