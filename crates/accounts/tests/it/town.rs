//! A server's accounts, and the people who use them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use accounts::{
    AccountError, Accounts, Credentials, Limits, NewSession, PasswordCost, RefreshTokens,
    Registration, Settings, SignedIn,
};
use base::clock::{Clock, ManualClock, Timestamp};
use base::secret::Secret;
use ruma_common::{OwnedUserId, UserId, owned_server_name};
use store::{MemoryDisk, Prefix, Store, Table};
use vault::{KeyEncryptionKey, Owner, SealedTable, Vault};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// A server on a disk in memory.
pub(crate) struct Town {
    pub(crate) accounts: Accounts,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    pub(crate) vault: Vault,
}

impl Town {
    pub(crate) async fn found() -> Self {
        Self::with(|_| {}).await
    }

    /// A server set up otherwise.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let store = Store::open_memory(&MemoryDisk::default(), None).unwrap();
        let keyring = Store::open_memory(&MemoryDisk::default(), None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        Self::on_with(store, vault, change).await
    }

    /// Two nodes on one disk, each with a store, a vault and a clock of its own.
    pub(crate) async fn cluster() -> (Self, Self, MemoryDisk) {
        Self::cluster_over(&MemoryDisk::new()).await
    }

    /// The same over a keyring of their own.
    pub(crate) async fn cluster_over(keys: &MemoryDisk) -> (Self, Self, MemoryDisk) {
        let disk = MemoryDisk::new();
        let a = Self::node(&disk, keys).await;
        (a, Self::node(&disk, keys).await, disk)
    }

    async fn node(disk: &MemoryDisk, keys: &MemoryDisk) -> Self {
        let between = |settings: &mut Settings| {
            settings.clock_difference = Duration::from_mins(5);
        };
        Self::node_with(disk, keys, between).await
    }

    /// A node that is set up otherwise.
    pub(crate) async fn node_with(
        disk: &MemoryDisk,
        keys: &MemoryDisk,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let store = Store::open_memory(disk, None).unwrap();
        let keyring = Store::open_memory(keys, None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        Self::on_with(store, vault, change).await
    }

    /// A server on other stores.
    pub(crate) async fn on(store: Store, vault: Vault) -> Self {
        Self::on_with(store, vault, |_| {}).await
    }

    async fn on_with(store: Store, vault: Vault, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let accounts = open(&store, &vault, &clock, change).await;
        Self { accounts, clock, store, vault }
    }

    /// Another node on the same store; also what a restart sees.
    pub(crate) async fn other_node(&self) -> Accounts {
        self.other_node_with(|_| {}).await
    }

    /// Another node that is set up otherwise.
    pub(crate) async fn other_node_with(&self, change: impl FnOnce(&mut Settings)) -> Accounts {
        open(&self.store, &self.vault, &self.clock, change).await
    }

    /// The hash of a person's password, as only the vault can read it.
    pub(crate) async fn password_hash(&self, user: &str) -> String {
        const PASSWORDS: SealedTable<String, String> = SealedTable::new("passwords");
        let owner = Owner::Person(UserId::parse(user).unwrap());
        let hash = PASSWORDS.get(&self.store, &self.vault, &owner, &user.to_owned()).await;
        hash.unwrap().unwrap()
    }

    /// How many tokens of sessions the store knows.
    pub(crate) async fn tokens(&self) -> usize {
        const TOKENS: Table<[u8; 32], (String, String)> = Table::new("tokens");
        TOKENS.all(&self.store, &Prefix::all()).await.unwrap().len()
    }

    /// How many rows a table has.
    pub(crate) async fn rows(&self, table: &str) -> usize {
        let view = self.store.snapshot().await.unwrap();
        view.rows(table, None, 100_000).await.unwrap().len()
    }

    /// How many tokens for one sign-in the store knows.
    pub(crate) async fn login_tokens(&self) -> usize {
        const LOGIN_TOKENS: Table<[u8; 32], (String, u64)> = Table::new("login_tokens");
        LOGIN_TOKENS.all(&self.store, &Prefix::all()).await.unwrap().len()
    }

    pub(crate) async fn person(&self, localpart: &str) -> OwnedUserId {
        self.accounts.create(Some(localpart), &secret(PASSWORD), None).await.unwrap()
    }

    pub(crate) async fn named(&self, localpart: &str, name: &str) -> OwnedUserId {
        self.accounts.create(Some(localpart), &secret(PASSWORD), Some(name)).await.unwrap()
    }

    pub(crate) async fn tries(
        &self,
        identifier: &str,
        password: &str,
    ) -> Result<SignedIn, AccountError> {
        self.tries_from(HOME, identifier, password).await
    }

    pub(crate) async fn tries_from(
        &self,
        address: IpAddr,
        identifier: &str,
        password: &str,
    ) -> Result<SignedIn, AccountError> {
        let password = secret(password);
        let credentials = Credentials { identifier, password: &password, address };
        self.accounts.sign_in(credentials, new_session()).await
    }

    /// Signs in on a new device.
    pub(crate) async fn signs_in(&self, user: &UserId) -> SignedIn {
        self.accounts.begin_session(user, new_session()).await.unwrap()
    }

    /// Signs in on a device of this name.
    pub(crate) async fn signs_in_on(&self, user: &UserId, device: &str) -> SignedIn {
        let new = NewSession { device_id: Some(device.into()), ..new_session() };
        self.accounts.begin_session(user, new).await.unwrap()
    }

    /// Signs in with a client that refreshes its tokens.
    pub(crate) async fn signs_in_refreshing(&self, user: &UserId) -> SignedIn {
        let new = NewSession { refresh_tokens: RefreshTokens::Supported, ..new_session() };
        self.accounts.begin_session(user, new).await.unwrap()
    }

    /// How many user-interactive authentications the store holds.
    pub(crate) async fn confirmations(&self) -> usize {
        const CONFIRMATIONS: Table<(String, [u8; 32]), (u64, Vec<u8>)> =
            Table::new("confirmations");
        CONFIRMATIONS.all(&self.store, &Prefix::all()).await.unwrap().len()
    }

    pub(crate) async fn knows(&self, token: &Secret<String>) -> bool {
        self.accounts.authenticate(token.expose()).await.is_ok()
    }
}

async fn open(
    store: &Store,
    vault: &Vault,
    clock: &Arc<ManualClock>,
    change: impl FnOnce(&mut Settings),
) -> Accounts {
    let mut settings = Settings::new(owned_server_name!("town.example"));
    settings.password_cost = PasswordCost { memory: 8, passes: 1, lanes: 1 };
    settings.registration = Registration::Open;
    settings.limits = Limits::LIFTED;
    settings.access_token_lifetime = Duration::from_mins(5);
    settings.clock_difference = Duration::ZERO;
    change(&mut settings);
    let clock: Arc<dyn Clock> = clock.clone();
    Accounts::open(store.clone(), vault.clone(), settings, clock).await.unwrap()
}

pub(crate) fn new_session() -> NewSession {
    NewSession { device_id: None, name: None, refresh_tokens: RefreshTokens::Unsupported }
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// What an access token that is not accepted is told.
pub(crate) fn soft_logout<T: std::fmt::Debug>(result: Result<T, AccountError>) -> bool {
    match result {
        Err(AccountError::UnknownToken { soft_logout }) => soft_logout,
        other => panic!("the token was accepted, or refused otherwise: {other:?}"),
    }
}

/// Waits for what happens beside the requests.
pub(crate) async fn eventually<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within five seconds");
}
