//! Moving a server: copies, backups and restores, with people signed in all along.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::disk::{WORDS, write_everywhere};
use crate::harness::{Ground, Person, Server};
use crate::keys::Keys;

const CONFIG: [&str; 2] = ["--config", "chappe.toml"];
const BACKUP: [&str; 7] =
    ["backup", "--config", "chappe.toml", "--to", "saved/data", "--keyring-to", "saved/keyring"];

/// A room with two people, a file, a device's keys and one one-time key: what must outlive a move.
struct Life {
    alice: Person,
    bob: Person,
    room: String,
    media: String,
    since: String,
    said: Vec<String>,
}

impl Life {
    async fn on(server: &Server) -> Self {
        let (alice, bob) = (server.register("alice").await, server.register("bob").await);
        let room = alice.creates_room(json!({ "preset": "private_chat" })).await;
        alice.brings(&bob, &room).await;
        let keys = Keys::of(&alice);
        keys.publish().await;
        let one_time = json!({ "signed_curve25519:AAAA": keys.one_time_key(1) });
        let upload = json!({ "one_time_keys": one_time });
        alice.post("/_matrix/client/v3/keys/upload", upload).await.ok();
        let upload = "/_matrix/media/v3/upload?filename=f";
        let media = alice.request(Method::POST, upload, "file".repeat(50_000)).await.ok();
        let media = media["content_uri"].as_str().unwrap().trim_start_matches("mxc://").to_owned();
        let since = bob.syncs("?timeout=0").await["next_batch"].as_str().unwrap().to_owned();
        let said = vec![alice.says(&room, "first").await, bob.says(&room, "second").await];
        Self { alice, bob, room, media, since, said }
    }

    /// Everything goes on where it was, on another server.
    async fn goes_on(&self, server: &Server) {
        let (alice, bob) = (server.again(&self.alice), server.again(&self.bob));
        let who = alice.get("/_matrix/client/v3/account/whoami").await.ok();
        assert_eq!(who["device_id"], self.alice.device_id.as_str());
        for event in &self.said {
            let path = format!("/_matrix/client/v3/rooms/{}/event/{event}", self.room);
            assert!(bob.get(&path).await.ok()["content"]["ciphertext"].is_string());
        }
        let file = alice.get(&format!("/_matrix/client/v1/media/download/{}", self.media)).await;
        assert_eq!((file.status, file.bytes.as_ref()), (200, "file".repeat(50_000).as_bytes()));
        let news = bob.syncs(&format!("?timeout=0&since={}", self.since)).await;
        let events = &news["rooms"]["join"][&self.room]["timeline"]["events"];
        assert!(events.as_array().unwrap().len() >= 2, "{news}");
        let query = json!({ "device_keys": { &self.alice.user_id: [] } });
        let keys = bob.post("/_matrix/client/v3/keys/query", query).await.ok();
        let device = &keys["device_keys"][&self.alice.user_id][&self.alice.device_id];
        assert!(device["keys"].is_object(), "{keys}");
        let claim = json!({
            "one_time_keys": { &self.alice.user_id: { &self.alice.device_id: "signed_curve25519" } }
        });
        let claimed = bob.post("/_matrix/client/v3/keys/claim", claim).await.ok();
        let claimed = &claimed["one_time_keys"][&self.alice.user_id][&self.alice.device_id];
        assert!(claimed["signed_curve25519:AAAA"].is_object(), "{claimed}");
        alice.says(&self.room, "and-on").await;
        assert_eq!(server.sign_in("bob").await.user_id, self.bob.user_id);
    }
}

/// Puts the key-encryption key where a restored server looks for it: what an operator does.
fn bring_key(from: &Path, to: &Path) {
    let name = "data/keyring/key-encryption-key";
    std::fs::create_dir_all(to.join("data/keyring")).unwrap();
    std::fs::copy(from.join(name), to.join(name)).unwrap();
}

fn restore(from: &Path) -> Vec<String> {
    let path = |half: &str| from.join("saved").join(half).to_str().unwrap().to_owned();
    let words = ["restore", "--config", "chappe.toml", "--from"].map(str::to_owned);
    let mut words = words.to_vec();
    words.extend([path("data"), "--keyring-from".to_owned(), path("keyring")]);
    words
}

async fn restores(ground: &Ground, from: &Path) -> String {
    let words = restore(from);
    ground.runs(&words.iter().map(String::as_str).collect::<Vec<_>>()).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_people_write_brings_everybody_back_elsewhere() {
    let mut server = Server::start().await;
    let life = Life::on(&server).await;
    let enough = Arc::new(AtomicBool::new(false));
    let writer = {
        let (bob, room, enough) = (life.bob.clone(), life.room.clone(), Arc::clone(&enough));
        tokio::spawn(async move {
            let mut said = 0;
            while !enough.load(Ordering::SeqCst) {
                bob.says(&room, &format!("meanwhile{said}")).await;
                said += 1;
            }
            said
        })
    };
    let told = server.runs(&BACKUP).await.ok();
    assert!(told.contains("key-encryption key"), "{told}");
    let log = server.runs(&["verify", "--config", "chappe.toml"]).await.ok();
    enough.store(true, Ordering::SeqCst);
    assert!(writer.await.unwrap() > 0);
    assert!(log.contains("the log is whole"), "{log}");
    server.kill().await;
    let ground = Ground::fresh();
    bring_key(server.ground(), ground.path());
    let told = restores(&ground, server.ground()).await;
    assert!(told.contains("opens it: the server can start"), "{told}");
    life.goes_on(&ground.start().await).await;
}

#[tokio::test]
async fn a_backup_of_a_server_that_is_stopped_is_verified_and_restored() {
    let mut server = Server::start().await;
    let life = Life::on(&server).await;
    server.stop().await;
    server.runs(&BACKUP).await.ok();
    let verify = ["verify", "--config", "chappe.toml", "--from", "saved/data", "--keyring-from"];
    let told = server.runs(&[&verify[..], &["saved/keyring"]].concat()).await.ok();
    assert!(told.contains("the backup is whole"), "{told}");
    let opened = told.lines().find(|line| line.starts_with("opened")).unwrap();
    assert!(!opened.contains(" 0 "), "{opened}");
    let ground = Ground::fresh();
    let told = restores(&ground, server.ground()).await;
    assert!(told.contains("Now put the key-encryption key"), "{told}");
    bring_key(server.ground(), ground.path());
    life.goes_on(&ground.start().await).await;
}

#[tokio::test]
async fn a_damaged_backup_is_named_and_not_restored() {
    let server = Server::start().await;
    Life::on(&server).await;
    server.runs(&BACKUP).await.ok();
    let damaged = server.ground().join("saved/data/event_bodies-00001.rows");
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let verify = ["verify", "--from", "saved/data", "--keyring-from", "saved/keyring"];
    let told = server.runs(&verify).await.failed();
    assert!(told.contains("event_bodies-00001.rows does not have the checksum"), "{told}");
    let ground = Ground::fresh();
    let words = restore(server.ground());
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    assert!(ground.runs(&words).await.failed().contains("event_bodies-00001.rows"));
}

#[tokio::test]
async fn a_thief_of_the_data_finds_nothing_that_anybody_wrote() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    write_everywhere(&server, &alice).await;
    server.runs(&BACKUP).await.ok();
    let saved = server.ground().join("saved/data");
    let mut all = Vec::new();
    gather(&saved, &mut all);
    let found = |needle: &[u8]| memchr::memmem::find(&all, needle).is_some();
    assert!(found(alice.user_id.as_bytes()), "the search finds what is there");
    for word in WORDS {
        assert!(!found(word.as_bytes()), "{word}");
    }
    assert!(!found(alice.token.as_bytes()), "an access token");
    let key = server.data().join("keyring/key-encryption-key");
    let mut both = all;
    gather(&server.ground().join("saved/keyring"), &mut both);
    let key = std::fs::read(key).unwrap();
    assert!(memchr::memmem::find(&both, &key).is_none(), "the key-encryption key");
}

/// The bytes of every file under a directory.
fn gather(directory: &Path, all: &mut Vec<u8>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { gather(&path, all) } else { all.extend(std::fs::read(path).unwrap()) }
    }
}

#[tokio::test]
async fn the_control_socket_is_for_its_owner_and_goes_with_the_server() {
    use std::os::unix::fs::PermissionsExt;
    let mut server = Ground::on_files().start().await;
    let path = server.data().join("control.sock");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    for nonsense in ["", "\n", "{}\n", "\"nothing\"\n", "no json at all\n"] {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(nonsense.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("{\"failed\":"), "{nonsense:?}: {answer}");
    }
    server.kill().await;
    assert!(path.exists(), "a server that is killed leaves its socket");
    server.start_again().await;
    server.runs(&["verify", "--config", "chappe.toml"]).await.ok();
    server.stop().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_server_does_not_start_on_a_half_filled_store() {
    let mut server = Ground::on_files().start().await;
    Life::on(&server).await;
    server.stop().await;
    let ground = Ground::on_files();
    std::fs::create_dir(ground.path().join("data")).unwrap();
    {
        let from = store::Store::open_redb(&server.data().join("chappe.redb"), 1 << 20).unwrap();
        let to = ground.path().join("data/chappe.redb");
        let to = store::Store::open_redb(&to, 1 << 20).unwrap();
        let silent = transfer::Progress::new(|step| {
            assert!(step.phase != transfer::Phase::Compare, "killed");
        });
        let copying = tokio::spawn(async move { transfer::copy(&from, &to, &silent).await });
        assert!(copying.await.is_err());
    }
    let told = ground.runs(&[&["serve"], &CONFIG[..]].concat()).await.failed();
    assert!(told.contains("a copy that has not come to its end"), "{told}");
    // Started again, it goes on.
    let from = format!("redb:{}", server.data().join("chappe.redb").display());
    ground.runs(&["copy", "--from", &from, "--to", "data:chappe.toml"]).await.ok();
}

#[tokio::test]
async fn a_server_moves_to_postgresql_and_back_with_everybody_signed_in() {
    let mut server = Ground::on_files().start().await;
    let life = Life::on(&server).await;
    server.stop().await;
    let (there, back) = (Ground::on_postgres(), Ground::on_files());
    bring_key(server.ground(), there.path());
    bring_key(server.ground(), back.path());
    let file = |name: &str| server.data().join(name).display().to_string();
    let stores = [("data", "chappe.redb"), ("keyring", "keyring/keyring.redb")];
    for (name, path) in stores {
        let (from, to) = (format!("redb:{}", file(path)), format!("{name}:chappe.toml"));
        there.runs(&["copy", "--from", &from, "--to", &to]).await.ok();
    }
    let from = format!("files:{}", file("media"));
    there.runs(&["copy", "--from", &from, "--to", "media:chappe.toml"]).await.ok();
    // On PostgreSQL people go on; what they say there comes back with them.
    let mut there = there.start().await;
    let alice = there.again(&life.alice);
    let mut said = vec![alice.says(&life.room, "on-postgresql").await];
    said.extend(life.said.iter().cloned());
    let life = Life { said, ..life };
    there.stop().await;
    for (name, url) in there.database_urls() {
        let to = format!("{name}:chappe.toml");
        let told = back.runs(&["copy", "--from", &url, "--to", &to]).await.ok();
        assert!(told.contains("the same in source and target"), "{told}");
    }
    let from = format!("files:{}", there.data().join("media").display());
    back.runs(&["copy", "--from", &from, "--to", "media:chappe.toml"]).await.ok();
    life.goes_on(&back.start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_is_backed_up_while_it_runs_and_restored_into_files() {
    let mut server = Ground::on_postgres().start().await;
    let life = Life::on(&server).await;
    server.runs(&BACKUP).await.ok();
    let log = server.runs(&["verify", "--config", "chappe.toml"]).await.ok();
    assert!(log.contains("the log is whole"), "{log}");
    server.kill().await;
    let ground = Ground::on_files();
    bring_key(server.ground(), ground.path());
    restores(&ground, server.ground()).await;
    life.goes_on(&ground.start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_gives_the_backup_up_and_the_next_one_takes_its_place() {
    let server = Ground::on_files().start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "preset": "private_chat" })).await;
    for number in 0..200 {
        alice.says(&room, &format!("{number}")).await;
    }
    let target = json!({
        "data": server.ground().join("saved/data"),
        "keyring": server.ground().join("saved/keyring"),
        "since": null,
    });
    let request = json!({ "backup": { "target": target, "media": "copy" } });
    let ask = async || {
        let path = server.data().join("control.sock");
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(format!("{request}\n").as_bytes()).await.unwrap();
        stream
    };
    drop(ask().await);
    // Whatever became of the first, there is one whole backup in the end.
    loop {
        let mut answer = String::new();
        ask().await.read_to_string(&mut answer).await.unwrap();
        if answer.contains("backed_up") || answer.contains("holds a backup already") {
            break;
        }
        assert!(answer.contains("under way") || answer.contains("being written"), "{answer}");
    }
    let verify = ["verify", "--from", "saved/data", "--keyring-from", "saved/keyring"];
    server.runs(&verify).await.ok();
}
