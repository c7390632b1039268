//! The schema: made, looked at, brought up to date; nothing is ever deleted.

use crate::engine::current_schema;
use crate::error::StoreError;
use crate::postgres::PostgresSettings;
use crate::postgres::connect::{Dialer, Failure, Patience, in_time};

/// The schema that this program works with.
const NEEDED: u64 = 1;
const SCHEMA: &str = include_str!("schema.sql");
const MARK: &str = "insert into rows select id, '', $1 from tables where name = 'schema'";

/// What [`crate::Store::migrate_postgres`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Version that was found; 0 when there was none.
    pub from: u64,
    /// Version that is there now.
    pub to: u64,
}

/// Makes the schema, all of it or nothing. Of two that make it at once one does.
pub(crate) async fn migrate(settings: &PostgresSettings) -> Result<Migration, StoreError> {
    let dialer = Dialer::new(settings)?;
    let found = version(&dialer).await?;
    if found > NEEDED {
        return Err(StoreError::NewerSchema { found, known: NEEDED });
    }
    if found < NEEDED
        && let Err(error) = make(&dialer).await
        && version(&dialer).await? != NEEDED
    {
        return Err(error);
    }
    Ok(Migration { from: found, to: NEEDED })
}

/// Refuses a database whose schema is not the one that this program works with.
pub(crate) async fn require_current(dialer: &Dialer) -> Result<(), StoreError> {
    match version(dialer).await? {
        found if found < NEEDED => Err(StoreError::OlderSchema { found, needed: NEEDED }),
        found if found > NEEDED => Err(StoreError::NewerSchema { found, known: NEEDED }),
        _ => Ok(()),
    }
}

async fn make(dialer: &Dialer) -> Result<(), StoreError> {
    let mut client = dialer.connect().await?;
    let mark = current_schema()?;
    let made = async {
        let transaction = client.transaction().await?;
        transaction.batch_execute(SCHEMA).await?;
        transaction.execute(MARK, &[&mark]).await?;
        transaction.commit().await
    };
    Ok(in_time(made).await?)
}

/// The schema's version; 0 when there is none.
async fn version(dialer: &Dialer) -> Result<u64, StoreError> {
    let mut patience = Patience::for_reads();
    loop {
        match try_version(dialer).await {
            Ok(version) => return Ok(version),
            Err(failure) => patience.wait(failure).await?,
        }
    }
}

async fn try_version(dialer: &Dialer) -> Result<u64, Failure> {
    let client = dialer.connect().await?;
    let there = in_time(client.query_one("select to_regclass('schema') is not null", &[])).await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let row = in_time(client.query_one("select version from schema", &[])).await?;
    let version: i64 = row.try_get(0)?;
    u64::try_from(version).map_err(|_| Failure::Refused("the schema's version is negative".into()))
}
