//! The numbers that stand for the names of tables.

use std::collections::HashMap;

use parking_lot::RwLock;

use crate::error::StoreError;
use crate::postgres::PostgresEngine;
use crate::postgres::Reads;

const FIND: &str = "select id from tables where name = $1";
const NAME: &str = "insert into tables (id, name)
     select coalesce(max(id), 0)::smallint + 1::smallint, $1 from tables on conflict do nothing";

/// What is known of them: a number once given stays.
#[derive(Default)]
pub(crate) struct Tables(RwLock<HashMap<String, i16>>);

impl Tables {
    /// The number of a table; given now if it had none.
    pub(crate) async fn number(
        &self,
        engine: &PostgresEngine,
        name: &str,
    ) -> Result<i16, StoreError> {
        loop {
            let known = self.0.read().get(name).copied();
            if let Some(number) = known {
                return Ok(number);
            }
            if let Some(row) = engine.rows(FIND, &[&name]).await?.first() {
                let number = row.try_get(0).map_err(super::Failure::from)?;
                self.0.write().insert(name.to_owned(), number);
                continue;
            }
            // Another node may give the same number to another name: then neither is there, or
            // theirs is, and it is looked for again.
            engine.rows(NAME, &[&name]).await?;
        }
    }
}
