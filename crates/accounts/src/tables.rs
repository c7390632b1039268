//! The tables of accounts, each with what it is for.
//!
//! Keys hold identifiers only, and those are opaque. What a person wrote, and what proves who they
//! are, is sealed under their key.

use std::collections::BTreeMap;

use base::clock::Timestamp;
use serde::{Deserialize, Serialize};
use store::Table;
use vault::SealedTable;

use crate::confirm::Stage;
use crate::standing::Standing;
use crate::token::TokenHash;

/// Person and device.
pub(crate) type SessionKey = (String, String);
/// Person, or part of the strangers, and hash of an authentication's id.
pub(crate) type ConfirmationKey = (String, [u8; 32]);

/// When tokens expired that were ended by hand.
pub(crate) const ENDED: Timestamp = Timestamp(0);

/// Every account that ever was: an identifier is never given twice.
pub(crate) const ACCOUNTS: Table<String, AccountRow> = Table::new("accounts");
/// How accounts stand that stand otherwise than a person's usually does.
pub(crate) const STANDINGS: Table<String, Standing> = Table::new("account_standings");
/// Argon2id hash of a person's password, in PHC form.
pub(crate) const PASSWORDS: SealedTable<String, String> = SealedTable::new("passwords");
/// The sessions of a person.
pub(crate) const SESSIONS: Table<SessionKey, SessionRow> = Table::new("sessions");
/// What a person calls their sessions.
pub(crate) const SESSION_NAMES: SealedTable<SessionKey, String> = SealedTable::new("session_names");
/// When a session was last used, to the minute.
pub(crate) const SESSIONS_SEEN: Table<SessionKey, Timestamp> = Table::new("sessions_seen");
/// Hash of an access or refresh token → its session.
pub(crate) const TOKENS: Table<[u8; 32], TokenRow> = Table::new("tokens");
/// Hash of a token for one sign-in → who signs in.
pub(crate) const LOGIN_TOKENS: Table<[u8; 32], LoginTokenRow> = Table::new("login_tokens");
/// Hash of a token by which a third party learns who somebody is → who.
pub(crate) const OPENID_TOKENS: Table<[u8; 32], LoginTokenRow> = Table::new("openid_tokens");
/// Hash of a nonce by which an account was opened → until when it would be good.
pub(crate) const SPENT_NONCES: Table<[u8; 32], Timestamp> = Table::new("spent_nonces");
/// User-interactive authentications that are underway: whose, and the hash of their id.
pub(crate) const CONFIRMATIONS: Table<ConfirmationKey, ConfirmationRow> =
    Table::new("confirmations");
/// What each of them is to confirm. Hashed from a request that may hold a password, so it is sealed
/// even so: under the person's key, or the server's where nobody is known yet.
pub(crate) const CONFIRMATION_MATTERS: SealedTable<ConfirmationKey, [u8; 32]> =
    SealedTable::new("confirmation_matters");
/// What a person shows of themselves.
pub(crate) const PROFILES: SealedTable<String, ProfileRow> = SealedTable::new("profiles");
/// How often a profile changed: every change names the version that it was decided on.
pub(crate) const PROFILE_VERSIONS: Table<String, u64> = Table::new("profile_versions");
/// People who closed their account and whose rooms and devices are still to be left.
pub(crate) const DEPARTURES: Table<String, Erasure> = Table::new("departures");

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AccountRow {
    /// In use.
    Active {
        /// Since when.
        created: Timestamp,
        /// How often the password was set: what was decided on an older one does not stand.
        passwords: u64,
    },
    /// Closed for good; the identifier stays taken.
    Deactivated {
        /// Since when.
        at: Timestamp,
    },
}

/// What becomes of what a person wrote when they close their account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Erasure {
    /// It stays where it was sent.
    Keep,
    /// It becomes unreadable: the person's key is destroyed.
    Erase,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) created: Timestamp,
    /// The tokens given last.
    pub(crate) current: TokenPair,
    /// Those before them, good until the current ones are first used: the answer that carried the
    /// current ones may have been lost.
    pub(crate) previous: Option<TokenPair>,
}

/// The tokens of a session, by hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenPair {
    pub(crate) access: TokenHash,
    /// When the access token expires.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) refresh: Option<TokenHash>,
}

impl TokenPair {
    /// Both hashes.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = TokenHash> {
        std::iter::once(self.access).chain(self.refresh)
    }
}

/// Whose token it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenRow {
    pub(crate) user: String,
    pub(crate) device: String,
}

/// Whose a token is, and until when it is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoginTokenRow {
    pub(crate) user: String,
    pub(crate) expires: Timestamp,
}

/// A user-interactive authentication that is underway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConfirmationRow {
    /// When it expires, by the clock of the node that began it.
    pub(crate) expires: Timestamp,
    /// What is done.
    pub(crate) completed: Vec<Stage>,
}

/// A profile: its fields, each as JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProfileRow {
    pub(crate) fields: BTreeMap<String, String>,
}

/// Tables whose keys begin with a person and whose values are sealed under that person's key: what
/// the verification of a backup opens a sample of.
pub const SEALED_BY_PERSON: [&str; 3] = [PASSWORDS.name(), PROFILES.name(), SESSION_NAMES.name()];
