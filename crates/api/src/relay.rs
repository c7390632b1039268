//! Passwords for a TURN server that shares a secret with this one (coturn's `use-auth-secret`).
//!
//! draft-uberti-behave-turn-rest-00: the name is `expiry:user`, the password its HMAC-SHA1 under
//! the secret. The TURN server needs the second part of the name only to tell people apart, so it
//! is a mark of the person and not their identifier, which would name who calls to whoever runs it.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Timestamp;
use base::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use ruma_common::UserId;
use sha1::Sha1;

use crate::ApiError;

/// Bytes of the mark of a person.
const MARK: usize = 12;

/// A TURN server.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Where it is (`turn:`, `turns:`).
    pub urls: Vec<String>,
    /// What it shares with this server.
    pub secret: Arc<Secret<String>>,
    /// How long a password holds.
    pub lifetime: Duration,
}

/// A name and a password for a while.
pub(crate) struct Pass {
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Relay {
    /// A pass for a person.
    pub(crate) fn pass(&self, user: &UserId, now: Timestamp) -> Result<Pass, ApiError> {
        let expiry = now.plus(self.lifetime).0 / 1000;
        let mark = self.sign(&format!("person:{user}"))?;
        let mark = URL_SAFE_NO_PAD.encode(mark.get(..MARK).unwrap_or(&mark));
        let username = format!("{expiry}:{mark}");
        let password = STANDARD.encode(self.sign(&username)?);
        Ok(Pass { username, password })
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>, ApiError> {
        let key = self.secret.expose().as_bytes();
        let mac = Hmac::<Sha1>::new_from_slice(key).map_err(|error| ApiError::internal(&error))?;
        Ok(mac.chain_update(text).finalize().into_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use ruma_common::user_id;

    use super::*;

    fn relay() -> Relay {
        Relay {
            urls: vec!["turn:turn.example:3478".to_owned()],
            secret: Arc::new(Secret::new("Jefe".to_owned())),
            lifetime: Duration::from_hours(1),
        }
    }

    #[test]
    fn the_signature_is_that_of_rfc_2202() {
        let signed = relay().sign("what do ya want for nothing?").unwrap();
        let hex: Vec<_> = signed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex.concat(), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }

    #[test]
    fn a_pass_expires_and_tells_people_apart_without_naming_them() {
        let pass = |user, now| relay().pass(user, Timestamp(now)).unwrap();
        let alice = pass(user_id!("@alice:chappe.example"), 1_000_000);
        let (expiry, mark) = alice.username.split_once(':').unwrap();
        assert_eq!(expiry, "4600");
        assert!(!mark.contains("alice") && mark.len() == 16);
        let later = pass(user_id!("@alice:chappe.example"), 2_000_000);
        assert!(later.username.ends_with(mark) && later.password != alice.password);
        let bob = pass(user_id!("@bob:chappe.example"), 1_000_000);
        assert!(!bob.username.ends_with(mark));
        assert_eq!(alice.password, STANDARD.encode(relay().sign(&alice.username).unwrap()));
    }
}
