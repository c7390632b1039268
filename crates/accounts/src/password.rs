//! Passwords: hashed by Argon2id, few at a time, never on an async thread.
//!
//! Whoever is unknown is checked against a decoy of the same cost, so that the time of an answer
//! does not tell who has an account.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base::random;
use base::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::AccountError;
use crate::settings::PasswordCost;

/// Bytes of a password at most: hashing must not become a way to keep the server busy.
const LONGEST: usize = 1024;
/// Passwords that wait to be hashed at most; more are asked to come back.
const WAITING: usize = 256;

/// The password hasher of this server.
pub(crate) struct Passwords {
    hasher: Arc<Argon2<'static>>,
    decoy: Arc<str>,
    shortest: usize,
    waiting: Semaphore,
    running: Arc<Semaphore>,
}

/// What a check of a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and hashed at another cost than today's.
    RightButStale,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost, shortest: usize) -> Result<Self, AccountError> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None).map_err(failed)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let decoy = format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            cost.memory,
            cost.passes,
            cost.lanes,
            STANDARD_NO_PAD.encode(random::bytes::<16>()),
            STANDARD_NO_PAD.encode(random::bytes::<32>()),
        );
        Ok(Self {
            hasher: Arc::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
            decoy: decoy.into(),
            shortest,
            waiting: Semaphore::new(WAITING),
            running: Arc::new(Semaphore::new(cores)),
        })
    }

    /// Refuses a password that nobody should have.
    pub(crate) fn require_strong(&self, password: &Secret<String>) -> Result<(), AccountError> {
        let password = password.expose();
        if password.chars().count() < self.shortest || password.len() > LONGEST {
            return Err(AccountError::WeakPassword { least: self.shortest, most: LONGEST });
        }
        Ok(())
    }

    /// The hash of a password, in PHC form.
    pub(crate) async fn hash(&self, password: &Secret<String>) -> Result<String, AccountError> {
        let hasher = self.hasher.clone();
        let password = Secret::new(password.expose().clone());
        self.run(move || {
            let salt = random::bytes::<16>();
            let hash = hasher.hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.map(|hash: PasswordHash| hash.to_string()).map_err(failed)
        })
        .await?
    }

    /// Checks a password against its hash; against the decoy when there is none.
    pub(crate) async fn verify(
        &self,
        password: &Secret<String>,
        hash: Option<String>,
    ) -> Result<Verdict, AccountError> {
        let hasher = self.hasher.clone();
        let hash: Arc<str> = hash.map_or_else(|| self.decoy.clone(), Into::into);
        let password = Secret::new(password.expose().clone());
        self.run(move || {
            // Nobody has a longer one; what is hashed stays bounded.
            let bytes = password.expose().as_bytes();
            let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
            if hasher.verify_password(bytes, &*hash).is_err() {
                return Verdict::Wrong;
            }
            if is_stale(&hasher, &hash) { Verdict::RightButStale } else { Verdict::Right }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let _waiting = self.queue()?;
        let running = self.running.clone().acquire_owned().await.map_err(failed)?;
        // The permit goes with the work, which goes on when whoever asked hangs up.
        let work = move || {
            let _running = running;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(failed)
    }

    fn queue(&self) -> Result<SemaphorePermit<'_>, AccountError> {
        let busy = AccountError::LimitExceeded { retry_after: Duration::from_secs(2) };
        self.waiting.try_acquire().map_err(|_| busy)
    }
}

fn is_stale(hasher: &Argon2<'_>, hash: &str) -> bool {
    let params = PasswordHash::new(hash).and_then(|hash| {
        Params::try_from(&hash).map_err(|_| argon2::password_hash::phc::Error::ParamValueInvalid)
    });
    params.is_ok_and(|params| {
        let wanted = hasher.params();
        (params.m_cost(), params.t_cost(), params.p_cost())
            != (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
    })
}

fn failed(error: impl std::fmt::Display) -> AccountError {
    AccountError::Hash(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordCost = PasswordCost { memory: 8, passes: 1, lanes: 1 };

    fn password(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = Passwords::new(CHEAP, 8).unwrap();
        let hash = passwords.hash(&password("correct horse")).await.unwrap();
        let right = passwords.verify(&password("correct horse"), Some(hash.clone())).await;
        assert_eq!(right.unwrap(), Verdict::Right);
        let wrong = passwords.verify(&password("correct house"), Some(hash)).await;
        assert_eq!(wrong.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn the_decoy_costs_what_a_hash_costs_and_never_verifies() {
        let passwords =
            Passwords::new(PasswordCost { memory: 16, passes: 3, lanes: 1 }, 8).unwrap();
        let decoy = PasswordHash::new(&passwords.decoy).unwrap();
        let real = passwords.hash(&password("correct horse")).await.unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(decoy.params, real.params);
        assert_eq!((decoy.algorithm, decoy.version), (real.algorithm, real.version));
        assert_eq!(decoy.hash.unwrap().len(), real.hash.unwrap().len());
        let verdict = passwords.verify(&password("correct horse"), None).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_told_apart() {
        let old = Passwords::new(CHEAP, 8).unwrap();
        let new = Passwords::new(PasswordCost { memory: 16, ..CHEAP }, 8).unwrap();
        let hash = old.hash(&password("correct horse")).await.unwrap();
        let verdict = new.verify(&password("correct horse"), Some(hash)).await.unwrap();
        assert_eq!(verdict, Verdict::RightButStale);
    }
}
