//! Reaching the database: address, TLS, pool, and what a failure means.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Row, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;
use crate::postgres::Parameters;

/// How long reaching the database, or one answer of it, may take.
const ANSWER: Duration = Duration::from_secs(8);
/// How long a read goes on trying while the database is away.
const READ_PATIENCE: Duration = Duration::from_secs(15);
/// Whatever the database knows or guesses of its rows, they are read by the index; and compiling a
/// plan takes longer than running it.
const BY_INDEX: &str = "set jit = off; set plan_cache_mode = force_generic_plan; \
    set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Where the database is.
#[derive(Clone)]
pub struct PostgresSettings {
    /// `postgres://user:password@host:port/database`; several hosts may be named, of which the
    /// one that accepts writes is taken. Beyond this machine TLS is required unless the address
    /// says `sslmode=disable`; certificates are always verified.
    pub url: String,
    /// Certificates (PEM) that sign the database's; the system's when there are none.
    pub ca_certificate: Option<PathBuf>,
    /// Connections for reads at most; one more commits, one listens.
    pub connections: usize,
}

/// A connection with the database, to be driven.
pub(crate) type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Reaches the database.
#[derive(Clone)]
pub(crate) struct Dialer {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Dialer {
    pub(crate) fn new(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let config = settings.url.parse::<Config>();
        let mut config = config.map_err(|error| StoreError::Open {
            path: "the database's address".to_owned(),
            // The error's source names what is wrong; its text never holds the address.
            reason: error.to_string(),
        })?;
        if config.get_ssl_mode() == SslMode::Prefer && !config.get_hosts().iter().all(is_here) {
            config.ssl_mode(SslMode::Require);
        }
        config.application_name("chappe");
        config.connect_timeout(ANSWER);
        config.tcp_user_timeout(ANSWER);
        config.keepalives_idle(ANSWER);
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let tls = MakeRustlsConnect::new(tls(settings.ca_certificate.as_deref())?);
        Ok(Self { config, tls })
    }

    /// Connections for reads.
    pub(crate) fn pool(&self, connections: usize) -> Result<Pool, StoreError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), recycling);
        let plan_by_index = Hook::async_fn(|connection: &mut ClientWrapper, _| {
            Box::pin(
                async move { connection.batch_execute(BY_INDEX).await.map_err(HookError::Backend) },
            )
        });
        Pool::builder(manager)
            .post_create(plan_by_index)
            .max_size(connections.max(1))
            .wait_timeout(Some(ANSWER))
            .create_timeout(Some(ANSWER))
            .recycle_timeout(Some(ANSWER))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Engine(error.to_string()))
    }

    /// A connection whose messages the caller reads.
    pub(crate) async fn dial(&self) -> Result<(Client, Wire), Failure> {
        in_time(self.config.connect(self.tls.clone())).await
    }

    /// A connection that runs by itself.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        let (client, wire) = self.dial().await?;
        // How it ends, its client tells whoever asks next.
        tokio::spawn(wire);
        Ok(client)
    }
}

/// Whether a host is this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

fn tls(ca_certificate: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_certificate {
        let refused = |error: &dyn std::fmt::Display| StoreError::Open {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| refused(&error))? {
            let certificate = certificate.map_err(|error| refused(&error))?;
            roots.add(certificate).map_err(|error| refused(&error))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| StoreError::Engine(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database is away or changes hands: whether the statement was done is not known.
    Away(String),
    /// The database refused: nothing was done.
    Refused(String),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        // The source says it; details of a row never do, as values are parameters.
        let text = std::error::Error::source(&error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        match error.code() {
            Some(code) if !is_passing(code) => Self::Refused(text),
            None if is_ours(&error) || is_distrust(&error) => Self::Refused(text),
            _ => Self::Away(text),
        }
    }
}

/// Whether the same statement may succeed soon: another server, a restart, a lost deadlock; room
/// on its disk or in its memory, and connections, once there are some again.
fn is_passing(code: &SqlState) -> bool {
    let code = code.code();
    ["08", "40", "53", "57P", "58030"].iter().any(|class| code.starts_with(class))
        || code == SqlState::READ_ONLY_SQL_TRANSACTION.code()
}

/// Whether the client side could not encode or decode: no connection was at fault.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    [
        "error serializing",
        "error deserializing",
        "error retrieving",
        "invalid column",
        "error encoding",
    ]
    .iter()
    .any(|beginning| text.starts_with(beginning))
}

/// Whether the other side's certificate is not one that we trust: no later try will change it.
fn is_distrust(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(inner, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl From<deadpool_postgres::PoolError> for Failure {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Away(other.to_string()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Away(reason) => Self::Unavailable { reason },
            Failure::Refused(reason) => Self::Engine(reason),
        }
    }
}

/// How long to go on trying.
pub(crate) struct Patience {
    until: Option<Instant>,
    wait: Duration,
}

impl Patience {
    pub(crate) fn for_reads() -> Self {
        Self { until: Some(Instant::now() + READ_PATIENCE), wait: FIRST_WAIT }
    }

    /// For a call whose outcome must be known before the next.
    pub(crate) fn endless() -> Self {
        Self { until: None, wait: FIRST_WAIT }
    }

    /// Waits before another try, or gives the failure back when there is to be none.
    pub(crate) async fn wait(&mut self, failure: Failure) -> Result<(), StoreError> {
        let Failure::Away(reason) = failure else { return Err(failure.into()) };
        if self.until.is_some_and(|until| Instant::now() + self.wait > until) {
            return Err(StoreError::Unavailable { reason });
        }
        tracing::warn!(%reason, "the database is away; trying again");
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        Ok(())
    }
}

/// One query on a pooled connection. A connection whose answer is not awaited to its end is
/// not used again.
pub(crate) async fn query(
    pool: &Pool,
    statement: &'static str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, Failure> {
    let connection = pool.get().await?;
    match in_time(query_on(&connection, statement, parameters)).await {
        Err(failure @ Failure::Away(_)) => {
            drop(Object::take(connection));
            Err(failure)
        }
        other => other,
    }
}

/// One query on a connection, prepared once.
pub(crate) async fn query_on(
    connection: &Object,
    statement: &'static str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let prepared = connection.prepare_cached(statement).await?;
    connection.query(&prepared, parameters).await
}

/// The answer, if it comes in time.
pub(crate) async fn in_time<T>(
    asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Failure> {
    let late = |_| Failure::Away("no answer in time".to_owned());
    Ok(tokio::time::timeout(ANSWER, asked).await.map_err(late)??)
}
