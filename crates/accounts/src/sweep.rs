//! Removing what expired: tokens that nobody used, nonces that nobody can use again.

use base::clock::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Batch, Direction, Prefix, Table};

use crate::accounts::Accounts;
use crate::error::AccountError;
use crate::tables::{LOGIN_TOKENS, LoginTokenRow, OPENID_TOKENS, SPENT_NONCES};

/// Rows looked at together.
const PAGE: usize = 1000;

impl Accounts {
    /// Removes tokens and nonces whose time is over.
    pub(crate) async fn sweep(&self) -> Result<(), AccountError> {
        let expires = |row: &LoginTokenRow| row.expires;
        self.sweep_table(&LOGIN_TOKENS, expires).await?;
        self.sweep_table(&OPENID_TOKENS, expires).await?;
        self.sweep_table(&SPENT_NONCES, |expires| *expires).await
    }

    /// Removes the rows of a table whose time is over.
    async fn sweep_table<V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<[u8; 32], V>,
        expires: impl Fn(&V) -> Timestamp,
    ) -> Result<(), AccountError> {
        let (store, now) = (&self.0.store, self.0.clock.now());
        let mut part = Prefix::all();
        loop {
            let rows = table.scan(store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            part = Prefix::all().after(last);
            let mut batch = Batch::new();
            for (hash, _) in rows.iter().filter(|(_, row)| self.is_past(expires(row), now)) {
                table.delete(&mut batch, hash);
            }
            if !batch.is_empty() {
                store.commit(batch).await?;
            }
        }
    }
}
