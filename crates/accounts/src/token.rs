//! Tokens: opaque, 260 random bits, known to the store by their hash alone.

use base::random;
use base::secret::Secret;
use sha2::{Digest, Sha256};

/// SHA-256 of a token. The token is random, so a plain hash gives nothing away.
pub(crate) type TokenHash = [u8; 32];

/// What a token is for; its prefix lets scanners of leaked secrets recognise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Access,
    Refresh,
    Login,
    OpenId,
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "chappe_access_",
            Self::Refresh => "chappe_refresh_",
            Self::Login => "chappe_login_",
            Self::OpenId => "chappe_openid_",
        }
    }
}

/// A new token and its hash.
pub(crate) fn draw(kind: TokenKind) -> (Secret<String>, TokenHash) {
    let token = format!("{}{}", kind.prefix(), random::base32::<52>());
    let hash = hash(&token);
    (Secret::new(token), hash)
}

/// The hash by which the store knows a token.
pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The hash of a token, when it may be of this kind at all.
pub(crate) fn hash_of_kind(token: &str, kind: TokenKind) -> Option<TokenHash> {
    token.starts_with(kind.prefix()).then(|| hash(token))
}
