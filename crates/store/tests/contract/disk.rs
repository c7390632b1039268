//! Where a store lives in these tests: it outlives the stores that are opened on it.

use std::path::PathBuf;

use store::{Crash, MemoryDisk, PostgresSettings, Store, StoreError};
use throwaway::{Durability, Postgres, Settings, Sql};

/// The PostgreSQL server that all tests share; each starts its own where there is none.
const SERVER: &str = "CHAPPE_TEST_POSTGRES";

/// A disk, under each of the engines.
pub(crate) enum Disk {
    Memory(MemoryDisk),
    Redb(tempfile::TempDir),
    Postgres(Box<Database>),
}

/// A database of its own, gone with its owner.
pub(crate) struct Database {
    sql: Sql,
    name: String,
    _server: Option<Postgres>,
}

impl Disk {
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryDisk::new())
    }

    pub(crate) fn redb() -> Self {
        Self::Redb(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn postgres() -> Self {
        let database = Database::create();
        Store::migrate_postgres(&database.settings()).await.unwrap();
        Self::Postgres(Box::new(database))
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open(None).await.unwrap()
    }

    pub(crate) async fn open_crashing(&self, crash: Crash) -> Store {
        self.try_open(Some(crash)).await.unwrap()
    }

    pub(crate) async fn try_open(&self, crash: Option<Crash>) -> Result<Store, StoreError> {
        match (self, crash) {
            (Self::Memory(disk), crash) => Store::open_memory(disk, crash),
            (Self::Redb(folder), None) => Store::open_redb(&file(folder), 1 << 20),
            (Self::Redb(folder), Some(crash)) => Store::open_redb_crashing(&file(folder), crash),
            (Self::Postgres(database), None) => Store::open_postgres(&database.settings()).await,
            (Self::Postgres(database), Some(crash)) => {
                Store::open_postgres_crashing(&database.settings(), crash).await
            }
        }
    }
}

impl Database {
    pub(crate) fn create() -> Self {
        let (sql, server) = if let Ok(address) = std::env::var(SERVER) {
            (Sql::at(&address).unwrap(), None)
        } else {
            let settings = Settings { durability: Durability::Fleeting, ..Settings::default() };
            let server = Postgres::start(settings).unwrap();
            (server.sql().clone(), Some(server))
        };
        let name = format!("store_{:032x}", u128::from_be_bytes(base::random::bytes()));
        sql.create_database(&name).unwrap();
        Self { sql, name, _server: server }
    }

    pub(crate) fn settings(&self) -> PostgresSettings {
        PostgresSettings { url: self.sql.url(&self.name), ca_certificate: None, connections: 4 }
    }

    /// Empties it, as if it were new.
    pub(crate) fn wipe(&self) {
        self.run(
            "truncate rows, committers; update log_end set position = 0;
             insert into rows values (1, '', '\\x0101')",
        );
    }

    /// Runs SQL behind the store's back.
    pub(crate) fn run(&self, statements: &str) -> String {
        self.try_run(statements).unwrap()
    }

    /// The same, where the database may refuse; why.
    pub(crate) fn try_run(&self, statements: &str) -> Result<String, String> {
        self.sql.run(&self.name, statements).map_err(|error| error.to_string())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Nobody is harmed by one that stays: its server is thrown away.
        let _ = self.sql.drop_database(&self.name);
    }
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("store")
}
