//! PostgreSQL as tests use it: it starts, answers, dies, comes back, and has its standby.

use std::process::Command;

use throwaway::{Certificate, Durability, Postgres, Settings};

const TABLE: &str = "create table said (word text)";
const INSERT: &str = "insert into said values ('sémaphore')";
const SELECT: &str = "select word from said";

#[test]
fn what_was_committed_outlives_a_kill_of_every_process() {
    let mut server = Postgres::start(Settings::default()).unwrap();
    server.create_database("data").unwrap();
    server.sql().run("data", TABLE).unwrap();
    server.sql().run("data", INSERT).unwrap();
    let url = server.url("data");

    server.kill().unwrap();
    assert!(server.sql().run("data", SELECT).is_err());
    server.start_again().unwrap();

    assert_eq!(server.url("data"), url);
    assert_eq!(server.sql().run("data", SELECT).unwrap(), "sémaphore");
    assert!(server.logs().unwrap().contains("was not properly shut down"));
    server.stop().unwrap();
    assert!(server.logs().unwrap().contains("database system is shut down"));
}

#[test]
fn a_directory_keeps_its_server() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { durability: Durability::Fleeting, ..Settings::default() };
    let shared = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), shared).unwrap();
    let inside = directory.path().join("postgres");
    let mut server = Postgres::start_in(&inside, settings.clone()).unwrap();
    server.create_database("first").unwrap();
    server.sql().run("first", &format!("{TABLE}; {INSERT}")).unwrap();
    server.create_database_from("second", "first").unwrap();
    server.stop().unwrap();

    let server = Postgres::start_in(&inside, settings).unwrap();
    assert_eq!(server.sql().run("second", SELECT).unwrap(), "sémaphore");
    server.sql().drop_database("second").unwrap();
    assert!(server.sql().run("second", SELECT).is_err());
    assert_eq!(server.sql().run("first", SELECT).unwrap(), "sémaphore");
}

#[test]
fn a_promoted_standby_has_every_row_that_was_acknowledged() {
    let mut primary = Postgres::start(Settings::default()).unwrap();
    primary.sql().run("postgres", TABLE).unwrap();
    let standby = primary.standby().unwrap();
    primary.sql().run("postgres", INSERT).unwrap();

    primary.kill().unwrap();
    standby.promote().unwrap();

    assert_eq!(standby.sql().run("postgres", SELECT).unwrap(), "sémaphore");
    standby.sql().run("postgres", INSERT).unwrap();
}

#[test]
fn with_a_certificate_it_speaks_tls_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::make(directory.path()).unwrap();
    let authority = certificate.authority.display().to_string();
    let settings = Settings { certificate: Some(certificate), ..Settings::default() };
    let server = Postgres::start(settings).unwrap();
    let asks = |parameters: &str| {
        let url = server.url(&format!("postgres?{parameters}"));
        Command::new("psql").args(["-c", "select 1", "-d", &url]).output().unwrap()
    };
    assert!(asks(&format!("sslmode=verify-full&sslrootcert={authority}")).status.success());
    assert!(!asks("sslmode=disable").status.success());
    assert!(!asks("sslmode=verify-full&sslrootcert=/etc/hostname").status.success());
}
