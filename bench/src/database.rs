//! PostgreSQL under the server: what it was asked, what that cost, what it keeps.
//!
//! It counts itself, by `pg_stat_statements`: each statement of a node is prepared, and goes to the
//! database and back once. Nothing of ours is in the counts: our questions go to another database.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Context;
use tempfile::TempDir;
use throwaway::{Durability, Settings};

use crate::processes::family_cpu_seconds;
use crate::usage::Activity;

/// The database that every server has: ours.
const OURS: &str = "postgres";

/// What statements of the nodes there were, by kind, and how far the write-ahead log is.
const ACTIVITY: &str = "
    select
        coalesce(sum(calls) filter (where kind = 'commit'), 0),
        coalesce(sum(total_exec_time) filter (where kind = 'commit'), 0),
        coalesce(sum(wal_fpi) filter (where kind = 'commit'), 0),
        coalesce(sum(calls) filter (where kind = 'other'), 0),
        coalesce(sum(calls) filter (where kind = 'log'), 0),
        coalesce(sum(calls) filter (where kind = 'hint'), 0),
        pg_current_wal_insert_lsn() - '0/0'
    from (
        select *, case
            when query like '%chappe_commit(%' then 'commit'
            when query like 'select k, v from rows where t = $1 and k >= $2 order by%' then 'log'
            when query like '%pg_notify(%' or query = 'select position from log_end' then 'hint'
            else 'other'
        end as kind
        from pg_stat_statements
        where dbid in (select oid from pg_database where datname in (NAMES))
    ) as statements";

/// A throw-away PostgreSQL, durable and on the disk of the data directories.
pub(crate) struct Postgres {
    server: throwaway::Postgres,
    directory: TempDir,
    made: Cell<usize>,
}

/// The databases of one server: for data and for keys. They go with this.
pub(crate) struct Databases {
    postgres: Rc<Postgres>,
    data: String,
    keyring: String,
}

impl Postgres {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir_in(".")?;
        let counting = "shared_preload_libraries = 'pg_stat_statements'".to_owned();
        let settings = Settings {
            durability: Durability::Durable,
            lines: vec![counting],
            ..Settings::default()
        };
        let server = throwaway::Postgres::start_in(directory.path(), settings)
            .context("the bench needs PostgreSQL with its pg_stat_statements")?;
        server.sql().run(OURS, "create extension pg_stat_statements")?;
        Ok(Self { server, directory, made: Cell::new(0) })
    }

    /// CPU seconds that all its processes have used.
    fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let lock = self.directory.path().join("data/postmaster.pid");
        let lock = std::fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
        family_cpu_seconds(lock.lines().next().unwrap_or_default().parse()?)
    }
}

impl Databases {
    /// Makes empty ones.
    pub(crate) fn make(postgres: &Rc<Postgres>) -> anyhow::Result<Self> {
        let postgres = Rc::clone(postgres);
        postgres.made.set(postgres.made.get() + 1);
        let number = postgres.made.get();
        let (data, keyring) = (format!("data-{number}"), format!("keyring-{number}"));
        for name in [&data, &keyring] {
            postgres.server.create_database(name)?;
        }
        Ok(Self { postgres, data, keyring })
    }

    /// Lines of a node's configuration.
    pub(crate) fn configuration(&self) -> String {
        let url = |name| self.postgres.server.url(name);
        let (data, keyring) = (url(&self.data), url(&self.keyring));
        format!(
            "[store]\nengine = \"postgres\"\nurl = \"{data}\"\n[keyring]\nurl = \"{keyring}\"\n"
        )
    }

    /// An address for a further database, made empty.
    pub(crate) fn further(&self) -> anyhow::Result<String> {
        let name = format!("{}-further", self.data);
        self.postgres.server.create_database(&name)?;
        Ok(self.postgres.server.url(&name))
    }

    /// What has been done until now; our question is before it.
    pub(crate) fn activity_at_begin(&self) -> anyhow::Result<Activity> {
        let activity = self.activity()?;
        Ok(Activity { cpu: self.postgres.cpu_seconds()?, ..activity })
    }

    /// What has been done until now; our question is after it.
    pub(crate) fn activity_at_end(&self) -> anyhow::Result<Activity> {
        let cpu = self.postgres.cpu_seconds()?;
        Ok(Activity { cpu, ..self.activity()? })
    }

    /// Bytes of all rows, and of their index.
    pub(crate) fn bytes(&self) -> anyhow::Result<u64> {
        let question = "select pg_total_relation_size('rows')";
        let answer = self.postgres.server.sql().run(&self.data, question)?;
        answer.trim().parse().context("the size of a table")
    }

    fn activity(&self) -> anyhow::Result<Activity> {
        let names = format!("'{}', '{}'", self.data, self.keyring);
        let answer = self.postgres.server.sql().run(OURS, &ACTIVITY.replace("NAMES", &names))?;
        let figures: Result<Vec<f64>, _> = answer.trim().split('|').map(str::parse).collect();
        let figures = figures.with_context(|| answer.clone())?;
        let [commits, commit_ms, full_pages, others, log_reads, hints, wal] =
            figures.try_into().map_err(|_| anyhow::anyhow!("unexpected answer {answer:?}"))?;
        let cpu = 0.0;
        Ok(Activity { cpu, commits, commit_ms, full_pages, others, log_reads, hints, wal })
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let further = format!("{}-further", self.data);
        for name in [&self.data, &self.keyring, &further] {
            // The whole server goes soon; the next figures only have more room with these gone.
            let _ = self.postgres.server.sql().drop_database(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use store::{Batch, PostgresSettings, Store, Table};

    use super::*;

    const ROWS: Table<u64, String> = Table::new("rows");

    async fn open(databases: &Databases) -> Store {
        let url = databases.postgres.server.url(&databases.data);
        let settings = PostgresSettings { url, ca_certificate: None, connections: 2 };
        Store::migrate_postgres(&settings).await.unwrap();
        Store::open_postgres(&settings).await.unwrap()
    }

    async fn write(store: &Store, key: u64) {
        let mut batch = Batch::new();
        ROWS.put(&mut batch, &key, &"text".to_owned()).unwrap();
        batch.log(vec![1]);
        store.commit(batch).await.unwrap();
    }

    #[tokio::test]
    async fn what_a_node_asks_is_counted_as_what_it_is() {
        let databases = Databases::make(&Rc::new(Postgres::start().unwrap())).unwrap();
        let (store, other) = (open(&databases).await, open(&databases).await);
        let mut follower = store.follow(store.log_end());
        for store in [&store, &other] {
            write(store, 1).await;
            follower.next().await.unwrap();
        }
        let before = databases.activity_at_begin().unwrap();
        // What it wrote itself it remembers; what the other one wrote it reads.
        write(&store, 2).await;
        follower.next().await.unwrap();
        write(&other, 3).await;
        follower.next().await.unwrap();
        for key in [1, 2, 3] {
            ROWS.get(&store, &key).await.unwrap();
        }
        let done = databases.activity_at_end().unwrap().since(before);
        assert_eq!((done.commits, done.log_reads, done.others), (2.0, 1.0, 3.0));
        assert!(done.wal > 100.0 && done.commit_ms > 0.0 && done.cpu >= 0.0);
    }
}
