//! An account as answers show it.

use accounts::AccountInfo;
use ruma_common::{OwnedUserId, UserId};
use serde::Serialize;

use crate::{ApiError, App};

/// An account. What this server does not keep is empty.
#[expect(clippy::struct_excessive_bools, reason = "the fields of the interface")]
#[derive(Serialize)]
pub(crate) struct Account {
    name: OwnedUserId,
    displayname: Option<String>,
    avatar_url: Option<String>,
    is_guest: bool,
    admin: bool,
    deactivated: bool,
    erased: bool,
    locked: bool,
    suspended: bool,
    shadow_banned: bool,
    user_type: Option<String>,
    approved: bool,
    /// Seconds for one account, milliseconds in a list: so known tools take it.
    creation_ts: u64,
    last_seen_ts: Option<u64>,
}

impl Account {
    /// An account in a list.
    pub(crate) fn listed(info: AccountInfo) -> Self {
        let created = info.created.map_or(0, |created| created.0);
        Self {
            displayname: info.name,
            avatar_url: info.avatar,
            is_guest: info.standing.is_guest(),
            admin: info.standing.is_administrator(),
            deactivated: info.closed.is_some(),
            erased: info.erased,
            locked: info.standing.locked,
            suspended: info.standing.suspended,
            shadow_banned: false,
            user_type: None,
            approved: true,
            creation_ts: created,
            last_seen_ts: info.last_seen.map(|seen| seen.0),
            name: info.user_id,
        }
    }
}

/// One account, with what belongs to it.
#[derive(Serialize)]
pub(crate) struct Detailed {
    #[serde(flatten)]
    account: Account,
    threepids: [String; 0],
    external_ids: [String; 0],
    appservice_id: Option<String>,
}

/// One account; whoever never had one is not found.
pub(super) async fn detailed(app: &App, user: &UserId) -> Result<Detailed, ApiError> {
    let info = app.accounts.info(user).await?;
    let info = info.ok_or_else(|| ApiError::not_found(format!("{user} has no account here")))?;
    let mut account = Account::listed(info);
    account.creation_ts /= 1000;
    Ok(Detailed { account, threepids: [], external_ids: [], appservice_id: None })
}

/// Refuses who has no account that is in use.
pub(super) async fn require_account(app: &App, user: &UserId) -> Result<(), ApiError> {
    if app.accounts.exists(user).await? {
        return Ok(());
    }
    Err(ApiError::not_found(format!("{user} has no account here")))
}
