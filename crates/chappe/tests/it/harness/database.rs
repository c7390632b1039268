//! Databases of one server under test, when the tests run on PostgreSQL.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use throwaway::{Durability, Postgres, Settings, Sql};

use super::{coverage, specification};

/// Names the PostgreSQL server on which the tests run: `postgres://user@127.0.0.1:port`. Without
/// it they run on files.
const POSTGRES: &str = "CHAPPE_TEST_POSTGRES";

/// Two fresh databases, for data and keys. Dropping them removes them.
pub(super) struct Databases {
    sql: Sql,
    data: String,
    keyring: String,
    /// A PostgreSQL server for these two alone; otherwise they stand among those of other tests.
    own: Option<Postgres>,
}

impl Databases {
    /// Two among those of other tests.
    pub(super) fn fresh() -> Option<Self> {
        let server = std::env::var(POSTGRES).ok()?;
        Some(Self::on(Sql::at(&server).expect("a server"), None))
    }

    /// Two alone on a server, of which therefore every byte can be searched.
    pub(super) fn alone() -> Option<Self> {
        std::env::var_os(POSTGRES)?;
        Some(Self::of_their_own())
    }

    /// Two alone on a server, whatever the tests run on.
    pub(super) fn of_their_own() -> Self {
        let settings = Settings { durability: Durability::Fleeting, ..Settings::default() };
        let server = Postgres::start(settings).expect("PostgreSQL starts");
        Self::on(server.sql().clone(), Some(server))
    }

    /// Their addresses: the data's and the keyring's.
    pub(super) fn urls(&self) -> [(&'static str, String); 2] {
        [("data", self.sql.url(&self.data)), ("keyring", self.sql.url(&self.keyring))]
    }

    fn on(sql: Sql, own: Option<Postgres>) -> Self {
        let template = template(&sql);
        let [data, keyring] = ["data", "keyring"].map(unique);
        for name in [&data, &keyring] {
            sql.create_database_from(name, &template).expect("a database");
        }
        Self { sql, data, keyring, own }
    }

    /// What the program is told of them: the environment goes over its configuration.
    pub(super) fn environment(&self) -> [(&'static str, String); 3] {
        environment(&self.sql, &self.data, &self.keyring)
    }

    /// Directories where everything is that PostgreSQL keeps of them, as of now.
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        let ask = |question: &str| self.sql.run("postgres", question).expect("an answer");
        // What is only in PostgreSQL's memory yet goes to its files.
        ask("checkpoint");
        if let Some(own) = &self.own {
            return vec![own.directory().to_owned()];
        }
        let all = PathBuf::from(ask("show data_directory"));
        let (data, keyring) = (&self.data, &self.keyring);
        let question =
            format!("select oid from pg_database where datname in ('{data}', '{keyring}')");
        let numbers = ask(&question);
        let directories: Vec<_> =
            numbers.lines().map(|number| all.join("base").join(number)).collect();
        assert_eq!(directories.len(), 2, "{question}");
        directories
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        if self.own.is_some() {
            return;
        }
        for name in [&self.data, &self.keyring] {
            // The whole server goes after the tests: what stays behind does no harm.
            let _ = self.sql.drop_database(name);
        }
    }
}

/// The program, with an environment in which it finds these databases, if any, and nothing of
/// what tests alone are told.
pub(super) fn program(databases: Option<&Databases>) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_chappe"));
    // To the program, variables with its name are its configuration.
    for variable in [POSTGRES, coverage::DIRECTORY, specification::PLACE] {
        program.env_remove(variable);
    }
    if let Some(databases) = databases {
        program.envs(databases.environment());
    }
    program
}

fn environment(sql: &Sql, data: &str, keyring: &str) -> [(&'static str, String); 3] {
    [
        ("CHAPPE_STORE_ENGINE", "postgres".to_owned()),
        ("CHAPPE_STORE_URL", sql.url(data)),
        ("CHAPPE_KEYRING_URL", sql.url(keyring)),
    ]
}

/// A migrated, empty database of this build of the program, made by whichever test comes first.
fn template(sql: &Sql) -> String {
    let built = Path::new(env!("CARGO_BIN_EXE_chappe")).metadata().and_then(|meta| meta.modified());
    let built = built.expect("the program").duration_since(UNIX_EPOCH).expect("a time");
    let template = format!("template-{}", built.as_nanos());
    let exists = || {
        let question = format!("select 1 from pg_database where datname = '{template}'");
        sql.run("postgres", &question).expect("an answer") == "1"
    };
    if exists() {
        return template;
    }
    // Made under a name of its own and then renamed: nobody ever sees it half made.
    let names = ["data", "keyring"].map(|what| unique(&format!("making-{what}")));
    for name in &names {
        sql.create_database(name).expect("a database");
    }
    let [made, keyring] = &names;
    let directory = tempfile::tempdir().expect("a directory");
    let configuration = "[server]\nname = \"chappe.example\"\ndata_directory = \"data\"\n";
    std::fs::write(directory.path().join("chappe.toml"), configuration).expect("a file");
    let migrated = program(None)
        .args(["migrate", "--config", "chappe.toml"])
        .current_dir(directory.path())
        .envs(environment(sql, made, keyring))
        .output()
        .expect("the program starts");
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let renamed =
        sql.run("postgres", &format!("alter database \"{made}\" rename to \"{template}\""));
    if renamed.is_err() {
        // Another test was quicker.
        assert!(exists(), "{renamed:?}");
        sql.drop_database(made).expect("a database goes");
    }
    sql.drop_database(keyring).expect("a database goes");
    template
}

/// A name that nobody else gives.
fn unique(what: &str) -> String {
    format!("{what}-{:016x}", RandomState::new().build_hasher().finish())
}
