//! The accounts of this server, opened once.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use base::clock::{Clock, Timestamp};
use base::network::is_within;
use base::rate::Limiter;
use ruma_common::{OwnedUserId, UserId};
use store::{CodecError, Store, StoreError};
use vault::{Owner, Vault};

use crate::cache::SessionCache;
use crate::directory::Directory;
use crate::error::AccountError;
use crate::follow::{Followed, Tasks};
use crate::password::Passwords;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::tables::{ACCOUNTS, AccountRow};

/// Times that a change is decided anew after somebody else wrote first.
pub(crate) const ATTEMPTS: usize = 16;

/// The accounts of this server. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) passwords: Passwords,
    pub(crate) cache: SessionCache,
    pub(crate) seen: Seen,
    pub(crate) followed: Followed,
    pub(crate) directory: Directory,
    pub(crate) sign_in_per_account: Limiter,
    pub(crate) sign_in_per_address: Limiter,
    pub(crate) registration_per_address: Limiter,
    tasks: OnceLock<Tasks>,
}

impl Accounts {
    /// Opens the accounts of a store, and follows its log from now on.
    pub async fn open(
        store: Store,
        vault: Vault,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AccountError> {
        let limits = settings.limits;
        let accounts = Self(Arc::new(Inner {
            passwords: Passwords::new(settings.password_cost, settings.password_length)?,
            cache: SessionCache::default(),
            seen: Seen::default(),
            followed: Followed::default(),
            directory: Directory::new(settings.directory_people),
            sign_in_per_account: Limiter::new(limits.sign_in_per_account),
            sign_in_per_address: Limiter::new(limits.sign_in_per_address),
            registration_per_address: Limiter::new(limits.registration_per_address),
            tasks: OnceLock::new(),
            store,
            vault,
            settings,
            clock,
        }));
        accounts.sweep().await?;
        accounts.0.tasks.get_or_init(|| Tasks::start(&accounts));
        Ok(accounts)
    }

    /// How accounts are kept here.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether a person has an account here that is in use.
    pub async fn exists(&self, user: &UserId) -> Result<bool, AccountError> {
        Ok(matches!(self.account(user).await?, Some(AccountRow::Active { .. })))
    }

    pub(crate) async fn account(&self, user: &UserId) -> Result<Option<AccountRow>, AccountError> {
        Ok(ACCOUNTS.get(&self.0.store, &user.to_string()).await?)
    }

    /// The account of a person, which must be in use.
    pub(crate) async fn active(&self, user: &UserId) -> Result<AccountRow, AccountError> {
        match self.account(user).await? {
            Some(row @ AccountRow::Active { .. }) => Ok(row),
            _ => Err(AccountError::UnknownUser(user.to_owned())),
        }
    }

    /// Whether what was to last until `end`, by whichever node's clock, is over by this one's.
    pub(crate) fn is_past(&self, end: Timestamp, now: Timestamp) -> bool {
        end.plus(self.0.settings.clock_difference) <= now
    }

    /// Whether tries from an address are not counted.
    pub(crate) fn is_exempt(&self, address: IpAddr) -> bool {
        is_within(&self.0.settings.exempt_addresses, address)
    }

    /// The person that a full user id, or a localpart alone, means here.
    pub(crate) fn resolve(&self, identifier: &str) -> Option<OwnedUserId> {
        let server_name = &self.0.settings.server_name;
        let user = UserId::parse_with_server_name(identifier.to_ascii_lowercase(), server_name);
        user.ok().filter(|user| user.server_name() == server_name)
    }
}

/// Whose key seals what a person wrote.
pub(crate) fn owner(user: &UserId) -> Owner {
    Owner::Person(user.to_owned())
}

/// The person of a key that was read back.
pub(crate) fn stored_user(text: &str) -> Result<OwnedUserId, AccountError> {
    let malformed = |_| StoreError::Codec { table: ACCOUNTS.name(), source: CodecError::Text };
    Ok(UserId::parse(text).map_err(malformed)?)
}
