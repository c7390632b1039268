//! How accounts are kept on this server.

use std::time::Duration;

use base::network::Network;
pub use base::rate::Rate;
use base::secret::Secret;
use ruma_common::{OwnedServerName, OwnedUserId};

/// How accounts are kept on this server.
#[derive(Debug)]
pub struct Settings {
    /// This server.
    pub server_name: OwnedServerName,
    /// Who may open an account by themselves.
    pub registration: Registration,
    /// Who administers the server, besides those whom an administrator made one.
    pub administrators: Vec<OwnedUserId>,
    /// Whether guests are taken in.
    pub guests: bool,
    /// Who holds it opens accounts, administrators' among them.
    pub shared_secret: Option<Secret<String>>,
    /// What guessing a password costs.
    pub password_cost: PasswordCost,
    /// Characters of a password at least.
    pub password_length: usize,
    /// How long an access token lives whose client can refresh it.
    pub access_token_lifetime: Duration,
    /// How long an access token lives whose client cannot refresh it; `None` is for ever.
    pub session_lifetime: Option<Duration>,
    /// How far the clocks of two nodes may be apart: what one node lets expire, another still
    /// takes for as long.
    pub clock_difference: Duration,
    /// How often may be tried.
    pub limits: Limits,
    /// Where tries are not counted from.
    pub exempt_addresses: Vec<Network>,
    /// People in the directory's index at most: the index is in memory.
    pub directory_people: usize,
}

impl Settings {
    /// The defaults: nobody registers by themselves, passwords are dear, tries are limited.
    pub fn new(server_name: OwnedServerName) -> Self {
        Self {
            server_name,
            registration: Registration::Closed,
            administrators: Vec::new(),
            guests: false,
            shared_secret: None,
            password_cost: PasswordCost::default(),
            password_length: 8,
            access_token_lifetime: Duration::from_hours(1),
            session_lifetime: None,
            clock_difference: Duration::from_mins(5),
            limits: Limits::default(),
            exempt_addresses: Vec::new(),
            directory_people: 200_000,
        }
    }
}

/// Who may open an account by themselves.
#[derive(Debug)]
pub enum Registration {
    /// Anybody: for development.
    Open,
    /// Whoever holds one of these tokens.
    Token(Vec<Secret<String>>),
    /// Nobody.
    Closed,
}

/// Parameters of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory of one hash, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// Half as dear again as OWASP's least (19 MiB, 2 passes).
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 3, lanes: 1 }
    }
}

/// How often may be tried, on each node for itself; `None` lifts a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wrong passwords for one account.
    pub sign_in_per_account: Option<Rate>,
    /// Wrong passwords from one address.
    pub sign_in_per_address: Option<Rate>,
    /// Accounts opened, names and registration tokens asked about, from one address.
    pub registration_per_address: Option<Rate>,
}

impl Limits {
    /// No limit at all: for tests and measurements.
    pub const LIFTED: Self = Self {
        sign_in_per_account: None,
        sign_in_per_address: None,
        registration_per_address: None,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in_per_account: Some(Rate { burst: 10, every: Duration::from_secs(30) }),
            sign_in_per_address: Some(Rate { burst: 50, every: Duration::from_secs(2) }),
            registration_per_address: Some(Rate { burst: 30, every: Duration::from_secs(10) }),
        }
    }
}
