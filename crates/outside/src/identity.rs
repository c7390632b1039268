//! Identity servers: whose address is it, and who is to be told when somebody proves that it is
//! theirs.
//!
//! Only those that the operator names are asked, with the token of whoever asks. An address goes
//! there as a hash (sha256 with the server's pepper) to be looked up; it is named only where an
//! invitation is stored, because that is sent to it. (Identity service API, "Looking up
//! identifiers", "Invitation storage".)

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use ipnet::IpNet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use crate::client::{Answer, Ask, Limits, Outside, OutsideSettings, Schemes};
use crate::error::OutsideError;

/// What an answer of an identity server may cost.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    bytes: 64 << 10,
    redirections: 0,
    schemes: Schemes::Https,
};
/// Characters of a token at most (specification).
const TOKEN: usize = 255;
/// Public keys of an invitation at most.
const KEYS: usize = 8;

/// The identity servers that this server asks, by name. Cheap to clone.
#[derive(Clone)]
pub struct IdentityServers(Arc<Inner>);

struct Inner {
    outside: Outside,
    /// Name → where it is reached.
    servers: BTreeMap<String, String>,
}

/// Why an identity server was of no use.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It is none of those that are asked.
    #[error("this server does not ask the identity server {0}")]
    NotAsked(String),
    /// It refuses whoever asks.
    #[error("the identity server does not accept the token")]
    Unauthorized,
    /// It says no.
    #[error("the identity server refuses: status {0}")]
    Refused(u16),
    /// It answers nonsense.
    #[error("the identity server answers what makes no sense: {0}")]
    Nonsense(&'static str),
    /// It does not answer.
    #[error(transparent)]
    Outside(#[from] OutsideError),
}

/// Who asks an identity server.
#[derive(Clone, Copy)]
pub struct IdentityCall<'a> {
    /// Which one.
    pub server: &'a str,
    /// The token with which they have signed in there.
    pub token: &'a str,
}

/// An address of a person, such as that of their mail.
#[derive(Clone, Copy)]
pub struct ThirdParty<'a> {
    /// `email` or `msisdn`.
    pub medium: &'a str,
    /// The address.
    pub address: &'a str,
}

/// An invitation that an identity server passes on.
#[derive(Serialize)]
pub struct Invitation<'a> {
    /// `email` or `msisdn`.
    pub medium: &'a str,
    /// To which address.
    pub address: &'a str,
    /// Into which room.
    pub room_id: &'a str,
    /// By whom.
    pub sender: &'a str,
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_display_name: Option<&'a str>,
    /// What the room is called, where anybody may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_name: Option<&'a str>,
}

/// What an identity server keeps of an invitation.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredInvitation {
    /// By which it is found again.
    pub token: String,
    /// What the address is called in the room: not itself.
    pub display_name: String,
    /// Keys by which it will be signed whose the address is.
    pub public_keys: Vec<InvitationKey>,
}

/// A key of an identity server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvitationKey {
    /// The key.
    pub public_key: String,
    /// Where it is told whether the key is good.
    pub key_validity_url: String,
}

impl IdentityServers {
    /// These servers: each by its name, reached in HTTPS under it, or where the operator says.
    pub fn new(
        names: &[String],
        addresses: &BTreeMap<String, String>,
    ) -> Result<Self, OutsideError> {
        let mut servers: BTreeMap<_, _> =
            names.iter().map(|name| (name.clone(), format!("https://{name}"))).collect();
        let mut allowed = Vec::new();
        for (name, address) in addresses {
            let url = Url::parse(address);
            let url = url.map_err(|_| OutsideError::Address("it is no URL"))?;
            // Whoever wrote it into the configuration may have it inside.
            allowed.extend(match url.host() {
                Some(Host::Ipv4(address)) => Some(IpNet::from(std::net::IpAddr::from(address))),
                Some(Host::Ipv6(address)) => Some(IpNet::from(std::net::IpAddr::from(address))),
                Some(Host::Domain(_)) | None => None,
            });
            servers.insert(name.clone(), address.trim_end_matches('/').to_owned());
        }
        let outside = Outside::new(OutsideSettings { allowed })?;
        Ok(Self(Arc::new(Inner { outside, servers })))
    }

    /// Refuses a server that is not asked.
    pub fn require(&self, server: &str) -> Result<(), IdentityError> {
        self.base(server).map(drop)
    }

    /// The user id of whom an address is, as far as the server knows.
    pub async fn look_up(
        &self,
        call: IdentityCall<'_>,
        of: ThirdParty<'_>,
    ) -> Result<Option<String>, IdentityError> {
        #[derive(Deserialize)]
        struct Details {
            lookup_pepper: String,
            algorithms: Vec<String>,
        }
        #[derive(Deserialize)]
        struct Found {
            mappings: BTreeMap<String, String>,
        }
        let details: Details = self.ask(call, Method::GET, "hash_details", None).await?;
        if !details.algorithms.iter().any(|algorithm| algorithm == "sha256") {
            return Err(IdentityError::Nonsense("it does not hash"));
        }
        let hash = hashed(of, &details.lookup_pepper);
        let asked =
            json!({ "addresses": [hash], "algorithm": "sha256", "pepper": details.lookup_pepper });
        let mut found: Found = self.ask(call, Method::POST, "lookup", Some(&asked)).await?;
        Ok(found.mappings.remove(&hash))
    }

    /// Has an invitation sent to an address, and kept until it is known whose that is.
    pub async fn store_invitation(
        &self,
        call: IdentityCall<'_>,
        invitation: &Invitation<'_>,
    ) -> Result<StoredInvitation, IdentityError> {
        let body = serde_json::to_value(invitation)
            .map_err(|_| IdentityError::Nonsense("the invitation is none"))?;
        let stored = self.ask(call, Method::POST, "store-invite", Some(&body)).await?;
        check(&stored, invitation.address)?;
        Ok(stored)
    }

    /// Whether a key is good still, as the server that made it says.
    pub async fn is_valid(&self, key: &InvitationKey) -> Result<bool, IdentityError> {
        #[derive(Deserialize)]
        struct Valid {
            valid: bool,
        }
        let address = Url::parse(&key.key_validity_url);
        let mut url = address.map_err(|_| OutsideError::Address("it is no URL"))?;
        let asked = self.0.servers.values().filter_map(|base| Url::parse(base).ok());
        if !asked.into_iter().any(|base| base.origin() == url.origin()) {
            return Err(IdentityError::NotAsked(url.host_str().unwrap_or_default().to_owned()));
        }
        url.query_pairs_mut().append_pair("public_key", &key.public_key);
        let answer = self.0.outside.get(url.as_str(), LIMITS).await?;
        read::<Valid>(&answer).map(|answer| answer.valid)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        call: IdentityCall<'_>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, IdentityError> {
        let url = format!("{}/_matrix/identity/v2/{path}", self.base(call.server)?);
        let token = HeaderValue::from_str(&format!("Bearer {}", call.token));
        let token = token.map_err(|_| IdentityError::Unauthorized)?;
        let mut headers = HeaderMap::from_iter([(AUTHORIZATION, token)]);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let answer = self.0.outside.ask(&url, Ask { method, headers, body }, LIMITS).await?;
        read(&answer)
    }

    fn base(&self, server: &str) -> Result<&str, IdentityError> {
        let base = self.0.servers.get(server).map(String::as_str);
        base.ok_or_else(|| IdentityError::NotAsked(server.to_owned()))
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, IdentityError> {
    match answer.status.as_u16() {
        200 => serde_json::from_slice(&answer.bytes)
            .map_err(|_| IdentityError::Nonsense("it is not what was asked for")),
        401 | 403 => Err(IdentityError::Unauthorized),
        status => Err(IdentityError::Refused(status)),
    }
}

/// The address as it is looked up.
fn hashed(of: ThirdParty<'_>, pepper: &str) -> String {
    let text = format!("{} {} {pepper}", of.address, of.medium);
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// What becomes part of a room must hold no address, and no nonsense.
fn check(stored: &StoredInvitation, address: &str) -> Result<(), IdentityError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".=_-".contains(&byte);
    if !(1..=TOKEN).contains(&stored.token.len()) || !stored.token.bytes().all(allowed) {
        return Err(IdentityError::Nonsense("its token is none"));
    }
    if stored.public_keys.is_empty() || stored.public_keys.len() > KEYS {
        return Err(IdentityError::Nonsense("it gives no keys, or too many"));
    }
    if stored.display_name.to_lowercase().contains(&address.to_lowercase()) {
        return Err(IdentityError::Nonsense("it would show the address in the room"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification ("Looking up identifiers").
    #[test]
    fn addresses_are_hashed_as_the_specification_has_it() {
        let table = [
            ("alice@example.com", "email", "4kenr7N9drpCJ4AfalmlGQVsOn3o2RHjkADUpXJWZUc"),
            ("bob@example.com", "email", "LJwSazmv46n0hlMlsb_iYxI0_HXEqy_yj6Jm636cdT8"),
            ("18005552067", "msisdn", "nlo35_T5fzSGZzJApqu8lgIudJvmOQtDaHtr-I4rU7I"),
        ];
        for (address, medium, expected) in table {
            assert_eq!(hashed(ThirdParty { medium, address }, "matrixrocks"), expected);
        }
    }

    #[test]
    fn what_would_show_an_address_is_refused() {
        let key = || InvitationKey { public_key: String::new(), key_validity_url: String::new() };
        let stored = |token: &str, name: &str, keys| StoredInvitation {
            token: token.to_owned(),
            display_name: name.to_owned(),
            public_keys: vec![key(); keys],
        };
        let table = [
            (stored("aB0.=_-", "c...@e...", 2), true),
            (stored("", "c...", 1), false),
            (stored("a/b", "c...", 1), false),
            (stored(&"a".repeat(256), "c...", 1), false),
            (stored("a", "c...", 0), false),
            (stored("a", "c...", 9), false),
            (stored("a", "CAROL@example.com", 1), false),
        ];
        for (stored, good) in table {
            assert_eq!(check(&stored, "carol@example.com").is_ok(), good, "{stored:?}");
        }
    }
}
