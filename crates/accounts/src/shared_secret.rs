//! Opening accounts for who holds the operator's secret: what tools for other servers do.
//!
//! A nonce is given to anybody who asks, and is what the server's own key sealed: nothing is kept of
//! it, so strangers cannot fill or flush anything, and any node knows it again. Of a nonce that
//! opened an account a hash is kept for as long as it would be good.
//! (Synapse: `/_synapse/admin/v1/register`.)

use std::time::Duration;

use base::clock::Timestamp;
use base::random;
use base::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ruma_common::OwnedUserId;
use sha1::Sha1;
use vault::{Owner, Place};

use crate::accounts::Accounts;
use crate::error::AccountError;
use crate::register::Opening;
use crate::standing::{Kind, Standing};
use crate::token;

/// How long a nonce is good.
const LIFETIME: Duration = Duration::from_mins(1);
/// Where nonces are sealed: in no table, so they have no key.
const PLACE: Place<'static> = Place { table: "registration_nonces", key: &[] };

/// A registration, with the proof that whoever asks for it holds the secret.
#[derive(Debug)]
pub struct SignedRegistration<'a> {
    /// What [`Accounts::registration_nonce`] gave.
    pub nonce: &'a str,
    /// The name of the account.
    pub localpart: &'a str,
    /// Its password.
    pub password: &'a Secret<String>,
    /// What the person is called.
    pub name: Option<&'a str>,
    /// Whose account it is.
    pub kind: Kind,
    /// What kind of person, to other servers: nothing here, and part of what is signed.
    pub user_type: Option<&'a str>,
    /// HMAC-SHA1 of it all under the secret, in hexadecimal.
    pub mac: &'a str,
}

impl Accounts {
    /// A nonce for one registration by the shared secret, where one is set.
    pub async fn registration_nonce(&self) -> Result<String, AccountError> {
        self.shared_secret()?;
        let expires = self.0.clock.now().plus(LIFETIME);
        let plain = [&expires.0.to_be_bytes()[..], &random::bytes::<16>()].concat();
        let key = self.0.vault.key(&Owner::Server).await?;
        Ok(URL_SAFE_NO_PAD.encode(key.seal(PLACE, &plain)?))
    }

    /// Opens an account for who proves that they hold the shared secret.
    pub async fn register_by_secret(
        &self,
        asked: SignedRegistration<'_>,
    ) -> Result<OwnedUserId, AccountError> {
        let secret = self.shared_secret()?;
        let expires = self.require_nonce(asked.nonce).await?;
        require_signed(secret, &asked)?;
        // Names have no case here, and tools written for servers where they once had may send one.
        let localpart = asked.localpart.to_lowercase();
        self.open_account(Opening {
            localpart: Some(&localpart),
            password: asked.password,
            name: asked.name,
            standing: Standing { kind: asked.kind, ..Standing::default() },
            nonce: Some((token::hash(asked.nonce), expires)),
        })
        .await
    }

    fn shared_secret(&self) -> Result<&Secret<String>, AccountError> {
        self.0.settings.shared_secret.as_ref().ok_or(AccountError::NoSharedSecret)
    }

    /// When a nonce expires, which this server or another node of it gave and which is still good.
    async fn require_nonce(&self, nonce: &str) -> Result<Timestamp, AccountError> {
        let key = self.0.vault.key(&Owner::Server).await?;
        let sealed = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| AccountError::UnknownNonce)?;
        let plain = key.open(PLACE, &sealed).map_err(|_| AccountError::UnknownNonce)?;
        let expires = plain.first_chunk::<8>().ok_or(AccountError::UnknownNonce)?;
        let expires = Timestamp(u64::from_be_bytes(*expires));
        if self.is_past(expires, self.0.clock.now()) {
            return Err(AccountError::UnknownNonce);
        }
        Ok(expires)
    }
}

/// Refuses who does not hold the secret.
fn require_signed(
    secret: &Secret<String>,
    asked: &SignedRegistration<'_>,
) -> Result<(), AccountError> {
    let password = asked.password.expose();
    // What is signed is joined by zeros: one inside a part could move from one part to another.
    if [asked.localpart, password].iter().any(|part| part.contains('\0')) {
        return Err(AccountError::Invalid("a name or password holds no zero byte".to_owned()));
    }
    let kind = if asked.kind == Kind::Administrator { "admin" } else { "notadmin" };
    let parts = [asked.nonce, asked.localpart, password, kind];
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes())
        .map_err(|error| AccountError::Hash(error.to_string()))?;
    mac.update(parts.join("\0").as_bytes());
    if let Some(user_type) = asked.user_type {
        mac.update(b"\0");
        mac.update(user_type.as_bytes());
    }
    let shown = bytes_of(asked.mac).ok_or(AccountError::WrongMac)?;
    mac.verify_slice(&shown).map_err(|_| AccountError::WrongMac)
}

/// The bytes of a text in hexadecimal.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the command of Synapse's documentation:
    /// `printf '%s\0%s\0%s\0%s' thisisanonce pepper_roni pizza admin | openssl sha1 -hmac shared`.
    #[test]
    fn the_mac_is_the_one_that_known_tools_make() {
        let secret = Secret::new("shared".to_owned());
        let password = Secret::new("pizza".to_owned());
        let asked = |mac: &'static str| SignedRegistration {
            nonce: "thisisanonce",
            localpart: "pepper_roni",
            password: &password,
            name: None,
            kind: Kind::Administrator,
            user_type: None,
            mac,
        };
        let right = "4baca023abe6314415efbd20fe2e85ce78c5a2e8";
        assert!(require_signed(&secret, &asked(right)).is_ok());
        let person = SignedRegistration { kind: Kind::Person, ..asked(right) };
        assert!(matches!(require_signed(&secret, &person), Err(AccountError::WrongMac)));
        for wrong in ["", "00", "x", &right[1..], &right[2..]] {
            let refused = require_signed(&secret, &asked(wrong));
            assert!(matches!(refused, Err(AccountError::WrongMac)), "{wrong}");
        }
    }
}
