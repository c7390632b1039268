//! A disk that is full, with PostgreSQL on it.

use std::io::{ErrorKind, Write};

use throwaway::{Postgres, Settings, SmallDisk};

#[test]
fn a_server_on_a_full_disk_refuses_to_write_and_recovers_with_room() {
    let disk = SmallDisk::with_room_for(192 << 20).unwrap();
    let directory = disk.path().join("postgres");
    let mut server = Postgres::start_in(&directory, Settings::default()).unwrap();
    server.sql().run("postgres", "create table said (word text)").unwrap();
    let writes =
        "insert into said select repeat(md5(g::text), 30) from generate_series(1, 50000) g";

    disk.fill().unwrap();
    let full =
        std::fs::File::create(disk.path().join("more")).unwrap().write_all(&vec![0; 1 << 16]);
    assert_eq!(full.unwrap_err().kind(), ErrorKind::StorageFull);
    let refused = server.sql().run("postgres", writes).unwrap_err().to_string();
    let why = [refused, server.logs().unwrap()].concat();
    assert!(why.contains("No space left on device"), "{why}");

    disk.make_room().unwrap();
    server.kill().unwrap();
    server.start_again().unwrap();
    server.sql().run("postgres", writes).unwrap();
    assert_eq!(server.sql().run("postgres", "select count(*) from said").unwrap(), "50000");
    server.stop().unwrap();
    let path = disk.path().to_owned();
    drop(disk);
    assert!(!path.exists());
}
