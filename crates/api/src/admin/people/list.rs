//! `GET /_synapse/admin/v2/users`: the accounts of this server.

use accounts::{AccountOrder, AccountQuery};
use serde::{Deserialize, Serialize};

use super::shown::Account;
use crate::admin::ask::{Ask, is_backward, next, page};
use crate::{ApiError, App};

/// Which accounts.
#[derive(Deserialize)]
struct Query {
    from: Option<u64>,
    limit: Option<u64>,
    user_id: Option<String>,
    name: Option<String>,
    guests: Option<bool>,
    admins: Option<bool>,
    deactivated: Option<bool>,
    locked: Option<bool>,
    order_by: Option<String>,
    dir: Option<String>,
}

/// A page of accounts.
#[derive(Serialize)]
pub(crate) struct Answer {
    users: Vec<Account>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let query: Query = ask.query()?;
    let page = page(query.from, query.limit);
    let wanted = AccountQuery {
        term: query.name,
        identifier: query.user_id,
        // `true` is with them, as without the parameter; `false` without.
        guests: query.guests.filter(|with| !with),
        administrators: query.admins,
        // Without the parameter, accounts that are in use.
        closed: if query.deactivated == Some(true) { None } else { Some(false) },
        locked: if query.locked == Some(true) { None } else { Some(false) },
        order: order(query.order_by.as_deref())?,
        backward: is_backward(query.dir.as_deref())?,
        skip: page.0,
        limit: page.1,
    };
    let found = app.accounts.list(&wanted).await?;
    let next = next(page, found.accounts.len(), found.total);
    Ok(Answer {
        users: found.accounts.into_iter().map(Account::listed).collect(),
        total: found.total,
        next_token: next.map(|next| next.to_string()),
    })
}

fn order(name: Option<&str>) -> Result<AccountOrder, ApiError> {
    Ok(match name {
        // The last two are the same of everybody here.
        None | Some("name" | "user_type" | "shadow_banned") => AccountOrder::Identifier,
        Some("displayname") => AccountOrder::Name,
        Some("avatar_url") => AccountOrder::Avatar,
        Some("is_guest") => AccountOrder::Guest,
        Some("admin") => AccountOrder::Administrator,
        Some("deactivated") => AccountOrder::Closed,
        Some("creation_ts") => AccountOrder::Created,
        Some("last_seen_ts") => AccountOrder::LastSeen,
        Some(other) => {
            return Err(ApiError::invalid_param(format!("accounts have no order {other:?}")));
        }
    })
}
