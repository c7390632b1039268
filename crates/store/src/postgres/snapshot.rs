//! What the database held at one moment: a read-only transaction on a connection of its own.

use deadpool_postgres::{Object, Pool};
use tokio_postgres::Row;

use crate::error::StoreError;
use crate::postgres::connect::{Failure, Patience, in_time, query_on};
use crate::postgres::{Parameters, Reads};

/// The first statement is what fixes the moment.
const BEGIN: &str = "begin isolation level repeatable read read only; select position from log_end";
const NUMBER: &str = "select id from tables where name = $1";
const NAMES: &str =
    "select name from tables where exists (select 1 from rows where t = tables.id limit 1)";

/// A read-only transaction; it ends when this is dropped.
pub(crate) struct PostgresSnapshot(Option<Object>);

impl PostgresSnapshot {
    pub(crate) async fn begin(pool: &Pool) -> Result<Self, StoreError> {
        let mut patience = Patience::for_reads();
        loop {
            match Self::try_begin(pool).await {
                Ok(snapshot) => return Ok(snapshot),
                Err(failure) => patience.wait(failure).await?,
            }
        }
    }

    async fn try_begin(pool: &Pool) -> Result<Self, Failure> {
        let connection = pool.get().await?;
        // Before it begins: whoever gives up waiting ends it, and the pool gets no connection on
        // which it goes on.
        let mut snapshot = Self(None);
        let connection = snapshot.0.insert(connection);
        if let Err(failure) = in_time(connection.batch_execute(BEGIN)).await {
            drop(snapshot.0.take().map(Object::take));
            return Err(failure);
        }
        Ok(snapshot)
    }

    pub(crate) async fn tables(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.rows(NAMES, &[]).await?;
        let names: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
        Ok(names.map_err(Failure::from)?)
    }
}

impl Reads for PostgresSnapshot {
    async fn number(&self, name: &str) -> Result<Option<i16>, StoreError> {
        let rows = self.rows(NUMBER, &[&name]).await?;
        let number = rows.first().map(|row| row.try_get(0)).transpose();
        Ok(number.map_err(Failure::from)?)
    }

    async fn rows(
        &self,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let connection = self.0.as_ref().ok_or(StoreError::Closed)?;
        Ok(in_time(query_on(connection, statement, parameters)).await?)
    }
}

impl Drop for PostgresSnapshot {
    fn drop(&mut self) {
        let Some(connection) = self.0.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(connection));
            return;
        };
        runtime.spawn(async move {
            if in_time(connection.batch_execute("rollback")).await.is_err() {
                drop(Object::take(connection));
            }
        });
    }
}
