//! Accounts: who a person is, how they prove it, and the sessions that they hold.
//!
//! The attacker here guesses passwords, steals a disk, or replays an old token. Passwords are
//! hashed by Argon2id and the hash is sealed under its person's key; of a token only a hash is
//! kept; names are sealed. An unknown person costs the same work as a wrong password, every try is
//! counted against an account and an address, and nothing here grows without bound.
//!
//! Knows nothing of rooms, of devices' keys, or of HTTP.

mod accounts;
mod authenticate;
mod cache;
mod confirm;
mod confirmations;
mod deactivate;
mod directory;
mod error;
mod follow;
mod guest;
mod openid;
mod password;
mod people;
mod profile;
mod register;
mod seen;
mod sessions;
mod settings;
mod shared_secret;
mod sign_in;
mod standing;
mod sweep;
mod tables;
mod token;

pub use accounts::Accounts;
pub use authenticate::Session;
pub use confirm::{Attempt, Challenge, Confirmation, Matter, Proof, Refusal, Stage};
pub use deactivate::Departure;
pub use directory::{Found, Person};
pub use error::AccountError;
pub use people::{AccountInfo, AccountListing, AccountOrder, AccountQuery};
pub use profile::Profile;
pub use sessions::{NewSession, RefreshTokens, SessionInfo, SignedIn, Tokens};
pub use settings::{Limits, PasswordCost, Rate, Registration, Settings};
pub use shared_secret::SignedRegistration;
pub use sign_in::{Credentials, OtherSessions};
pub use standing::{Kind, Standing};
pub use tables::{Erasure, SEALED_BY_PERSON};
