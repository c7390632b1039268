//! Wiring: the store, the keys, the services over them, the listeners before them.

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use anyhow::{Context, bail};
use api::{App, Services};
use base::clock::{Clock, SystemClock};
use devices::Devices;
use media::Media;
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
use crate::{backup, stores};

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
        let stores = backup::Stores {
            data: stores::data(&config).await?,
            keyring: stores::keyring(&config).await?,
            blobs: stores::blobs(&config)?,
        };
        transfer::refuse_unfinished(&stores.data).await?;
        transfer::refuse_unfinished(&stores.keyring).await?;
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
        let sync = Sync::open(store.clone(), rooms.clone(), devices.clone(), Arc::clone(time));
        let settings = api_settings(&config, name);
        let app = App::new(Services { accounts, devices, rooms, media, sync, settings, clock });
        Ok(Self { config, app, stores })
    }

    /// Who people are.
    pub(crate) fn accounts(&self) -> &Accounts {
        &self.app.accounts
    }

    /// Opens the control socket, where this process alone can open the store. Without it a backup
    /// needs the server to be stopped: no reason not to serve.
    fn control(&self) -> Option<Control> {
        if self.config.store.engine != config::Engine::Redb {
            return None;
        }
        let control = Control::open(&self.config, self.stores.clone());
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
                tokio::time::sleep(DEPARTURES).await;
            }
        });
        let router = api::router(self.app);
        Listeners::open(addresses, router, trusted_proxies, self.config.limits.connections).await
    }
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
    settings.limits = tries(config.limits.sign_in_tries_per_minute);
    Ok(Accounts::open(store.clone(), vault.clone(), settings, Arc::clone(clock)).await?)
}

/// Limits for one account; an address may stand for a whole town hall, so it gets five times that.
fn tries(per_minute: u32) -> accounts::Limits {
    let rate = |times: u32| {
        let burst = per_minute.saturating_mul(times);
        Some(accounts::Rate { burst, every: Duration::from_mins(1) / burst.max(1) })
    };
    if per_minute == 0 {
        return accounts::Limits::LIFTED;
    }
    accounts::Limits {
        sign_in_per_account: rate(1),
        sign_in_per_address: rate(5),
        registration_per_address: rate(3),
    }
}

fn rooms_settings(config: &Config, name: &OwnedServerName) -> rooms::Settings {
    rooms::Settings {
        server_name: name.clone(),
        default_version: config.rooms.default_version.clone(),
        encryption: match config.rooms.encryption {
            config::Encryption::Required => rooms::EncryptionPolicy::Required,
            config::Encryption::Optional => rooms::EncryptionPolicy::Optional,
        },
    }
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
    }
}
