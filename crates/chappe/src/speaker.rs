//! The account in whose name the server speaks to people.

use accounts::{AccountError, Accounts};
use anyhow::Context;
use base::secret::Secret;
use ruma_common::{ServerName, UserId};

use crate::config::Notices;

/// Whose account it is, and what it is called; none when the server does not speak.
pub(crate) fn speaker(
    config: &Notices,
    server: &ServerName,
) -> anyhow::Result<Option<api::Notices>> {
    let Some(name) = &config.name else { return Ok(None) };
    let sender = UserId::parse(format!("@{name}:{server}")).context("notices.name")?;
    Ok(Some(api::Notices { sender, name: config.display_name.clone() }))
}

/// Makes the account when it is not there. Nobody has its password.
pub(crate) async fn reserve(accounts: &Accounts, notices: &api::Notices) -> anyhow::Result<()> {
    if accounts.exists(&notices.sender).await? {
        return Ok(());
    }
    let password = Secret::new(base::random::base32::<32>());
    let localpart = Some(notices.sender.localpart());
    match accounts.create(localpart, &password, Some(&notices.name)).await {
        // Another node was faster.
        Ok(_) | Err(AccountError::UserInUse) => Ok(()),
        Err(error) => Err(error).context("notices.name"),
    }
}
