//! Passwords for a relay of calls.

use std::process::Stdio;

use base::clock::{Clock, SystemClock};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::harness::Server;

const TURN: &str = "/_matrix/client/v3/voip/turnServer";
const SECRET: &str = "un secret partagé";
const CONFIGURATION: &str = "[turn]\nshared_secret = \"un secret partagé\"\n\
    urls = [\"turn:turn.example:3478?transport=udp\", \"turns:turn.example:5349\"]\n\
    lifetime_seconds = 3600";

#[tokio::test]
async fn a_pass_holds_for_a_while_and_tells_people_apart() {
    let server = Server::start_with(CONFIGURATION).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let pass = alice.get(TURN).await.ok();
    assert_eq!(pass["ttl"], 3600);
    let uris = json!(["turn:turn.example:3478?transport=udp", "turns:turn.example:5349"]);
    assert_eq!(pass["uris"], uris);
    let username = pass["username"].as_str().unwrap();
    let (expiry, mark) = username.split_once(':').unwrap();
    let now = SystemClock.now().0 / 1000;
    assert!((now + 3000..now + 4200).contains(&expiry.parse().unwrap()), "{expiry}");
    assert!(!username.contains("alice"));
    let other = bob.get(TURN).await.ok();
    assert!(!other["username"].as_str().unwrap().ends_with(mark));
    assert_ne!(other["password"], pass["password"]);
    server.http.get(TURN).await.refused(401, "M_MISSING_TOKEN");
}

/// The relay itself (coturn), which knows the secret and nobody's name.
struct Relay {
    _process: Child,
    port: String,
}

impl Relay {
    async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let process = Command::new("turnserver")
            .args(["-n", "--use-auth-secret", "--static-auth-secret", SECRET])
            .args(["--realm", "chappe.example", "--listening-ip", "127.0.0.1"])
            .args(["--relay-ip", "127.0.0.1", "--allow-loopback-peers"])
            .args(["--listening-port", &port, "--no-tls", "--no-dtls", "--no-cli"])
            .args(["--log-file", "stdout", "--pidfile", "/dev/null"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("turnserver");
        while TcpStream::connect(format!("127.0.0.1:{port}")).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Self { _process: process, port }
    }

    /// Whether two clients who show this pass reach each other through the relay.
    async fn carries(&self, username: &str, password: &str) -> bool {
        let tried = Command::new("turnutils_uclient")
            .args(["-y", "-c", "-n", "2", "-m", "1", "-p", &self.port])
            .args(["-u", username, "-w", password, "127.0.0.1"])
            .kill_on_drop(true)
            .output();
        tried.await.expect("turnutils_uclient").status.success()
    }
}

#[tokio::test]
async fn a_relay_carries_calls_for_who_shows_a_pass_and_nobody_else() {
    let server = Server::start_with(CONFIGURATION).await;
    let relay = Relay::start().await;
    let pass = server.register("alice").await.get(TURN).await.ok();
    let [username, password] = ["username", "password"].map(|key| pass[key].as_str().unwrap());
    assert!(relay.carries(username, password).await);
    let (expiry, mark) = username.split_once(':').unwrap();
    let longer = expiry.parse::<u64>().unwrap() + 1;
    assert!(!relay.carries(&format!("{longer}:{mark}"), password).await);
}

#[tokio::test]
async fn without_a_relay_there_is_nothing_to_tell() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    assert_eq!(alice.careless().get(TURN).await.ok(), json!({}));
}
