//! Everybody who has, or had, an account here: for those who administer the server.

use base::clock::Timestamp;
use ruma_common::{OwnedUserId, UserId};
use store::{Direction, Prefix};

use crate::accounts::{Accounts, owner, stored_user};
use crate::error::AccountError;
use crate::profile::Profile;
use crate::standing::{Kind, Standing};
use crate::tables::{ACCOUNTS, AccountRow, SESSIONS_SEEN};

/// Accounts read at a time.
const PAGE: usize = 1000;

/// An account, as an administrator sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountInfo {
    /// Whose.
    pub user_id: OwnedUserId,
    /// Since when; not known any more of one that is closed.
    pub created: Option<Timestamp>,
    /// Since when it is closed.
    pub closed: Option<Timestamp>,
    /// Whether it is closed and all that its person wrote is unreadable.
    pub erased: bool,
    /// How it stands.
    pub standing: Standing,
    /// The person's name.
    pub name: Option<String>,
    /// Their picture.
    pub avatar: Option<String>,
    /// When they last did something, to the minute.
    pub last_seen: Option<Timestamp>,
}

/// What a list of accounts is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountOrder {
    /// The identifier.
    #[default]
    Identifier,
    /// The name.
    Name,
    /// The picture.
    Avatar,
    /// Guests or not.
    Guest,
    /// Administrators or not.
    Administrator,
    /// Closed or not.
    Closed,
    /// When it was opened.
    Created,
    /// When it was last used.
    LastSeen,
}

/// Which accounts are asked for. The default is every one, none of which is given: say `limit`.
#[derive(Clone, Debug, Default)]
pub struct AccountQuery {
    /// Identifier or name contain this, in either case.
    pub term: Option<String>,
    /// The identifier contains this, in either case.
    pub identifier: Option<String>,
    /// Only guests, or none.
    pub guests: Option<bool>,
    /// Only administrators, or none.
    pub administrators: Option<bool>,
    /// Only closed ones, or none.
    pub closed: Option<bool>,
    /// Only locked ones, or none.
    pub locked: Option<bool>,
    /// In which order.
    pub order: AccountOrder,
    /// Whether the last come first.
    pub backward: bool,
    /// How many to leave out first.
    pub skip: usize,
    /// How many to give at most.
    pub limit: usize,
}

/// A page of accounts.
#[derive(Clone, Debug, Default)]
pub struct AccountListing {
    /// The accounts.
    pub accounts: Vec<AccountInfo>,
    /// How many there are in all that were asked for.
    pub total: usize,
}

/// What accounts are sorted by: the identifier decides between equals.
type Place = (Option<String>, u64);

impl Accounts {
    /// One account, whether it is in use or closed.
    pub async fn info(&self, user: &UserId) -> Result<Option<AccountInfo>, AccountError> {
        match self.account(user).await? {
            Some(row) => Ok(Some(self.info_of(user, row).await?)),
            None => Ok(None),
        }
    }

    /// A page of the accounts. Reads them all, a page at a time, and holds what sorts them.
    pub async fn list(&self, query: &AccountQuery) -> Result<AccountListing, AccountError> {
        let term = query.term.as_ref().map(|term| term.to_lowercase());
        let identifier = query.identifier.as_ref().map(|part| part.to_lowercase());
        let mut found: Vec<(Place, OwnedUserId)> = Vec::new();
        let mut part = Prefix::all();
        loop {
            let rows = ACCOUNTS.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { break };
            part = Prefix::all().after(last);
            for (user, row) in &rows {
                let lower = user.to_lowercase();
                let closed = matches!(row, AccountRow::Deactivated { .. });
                if query.closed.is_some_and(|wanted| wanted != closed)
                    || identifier.as_ref().is_some_and(|part| !lower.contains(part))
                {
                    continue;
                }
                let info = self.info_of(&stored_user(user)?, *row).await?;
                if query.admits(&info) && info.mentions(term.as_deref()) {
                    found.push((query.order.place(&info), info.user_id));
                }
            }
        }
        found.sort();
        if query.backward {
            found.reverse();
        }
        let mut listing = AccountListing { total: found.len(), accounts: Vec::new() };
        for (_, user) in found.iter().skip(query.skip).take(query.limit) {
            listing.accounts.extend(self.info(user).await?);
        }
        Ok(listing)
    }

    async fn info_of(&self, user: &UserId, row: AccountRow) -> Result<AccountInfo, AccountError> {
        let store = &self.0.store;
        let (created, closed) = match row {
            AccountRow::Active { created, .. } => (Some(created), None),
            AccountRow::Deactivated { at } => (None, Some(at)),
        };
        let key = self.0.vault.existing_key(&owner(user)).await?;
        let (_, profile, _) = self.read_profile(store, user).await?;
        let Profile { name, avatar, .. } = profile.into();
        let seen = SESSIONS_SEEN.all(store, &Prefix::of(&user.to_string())).await?;
        Ok(AccountInfo {
            user_id: user.to_owned(),
            created,
            closed,
            erased: closed.is_some() && key.is_none(),
            standing: self.read_standing(store, user).await?,
            name,
            avatar,
            last_seen: seen.into_iter().map(|(_, seen)| seen).max(),
        })
    }
}

impl AccountQuery {
    fn admits(&self, info: &AccountInfo) -> bool {
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        is(self.guests, info.standing.kind == Kind::Guest)
            && is(self.administrators, info.standing.is_administrator())
            && is(self.locked, info.standing.locked)
    }
}

impl AccountInfo {
    fn mentions(&self, term: Option<&str>) -> bool {
        let Some(term) = term else { return true };
        let texts = [Some(self.user_id.localpart()), self.name.as_deref()];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(term))
    }
}

impl AccountOrder {
    fn place(self, info: &AccountInfo) -> Place {
        let time = |time: Option<Timestamp>| time.map_or(0, |time| time.0);
        match self {
            Self::Identifier => (None, 0),
            Self::Name => (info.name.clone(), 0),
            Self::Avatar => (info.avatar.clone(), 0),
            Self::Guest => (None, info.standing.is_guest().into()),
            Self::Administrator => (None, info.standing.is_administrator().into()),
            Self::Closed => (None, info.closed.is_some().into()),
            Self::Created => (None, time(info.created)),
            Self::LastSeen => (None, time(info.last_seen)),
        }
    }
}
