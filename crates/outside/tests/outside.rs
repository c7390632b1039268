//! Asking, against a listener on this machine.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use outside::{Limits, Outside, OutsideError, OutsideSettings, Schemes};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers everybody the same; how many came, and what the last of them said.
struct Peer {
    port: u16,
    came: Arc<AtomicUsize>,
    said: Arc<tokio::sync::Mutex<String>>,
}

impl Peer {
    async fn answering(answer: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (came, said) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let peer = Self { port, came: Arc::clone(&came), said: Arc::clone(&said) };
        let answer = answer.into();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                came.fetch_add(1, Ordering::SeqCst);
                let mut bytes = vec![0; 4096];
                let read = stream.read(&mut bytes).await.unwrap();
                *said.lock().await = String::from_utf8_lossy(&bytes[..read]).into_owned();
                stream.write_all(answer.as_bytes()).await.unwrap();
                if answer.is_empty() {
                    // Keeps the line open, and says nothing.
                    tokio::spawn(async move { stream.read(&mut [0]).await });
                }
            }
        });
        peer
    }

    async fn saying(body: &str) -> Self {
        let length = body.len();
        Self::answering(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")).await
    }

    async fn leading_to(location: &str) -> Self {
        Self::answering(format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
        .await
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/path", self.port)
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

fn allowing(networks: &[&str]) -> Outside {
    let allowed = networks.iter().map(|network| network.parse().unwrap()).collect();
    Outside::new(OutsideSettings { allowed }).unwrap()
}

fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(20),
        bytes: 1000,
        redirections: 3,
        schemes: Schemes::HttpsOrHttp,
    }
}

#[tokio::test]
async fn an_address_inside_is_refused_before_anything_is_sent() {
    let peer = Peer::saying("secret").await;
    let outside = allowing(&[]);
    let port = peer.port;
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"] {
        let refused = outside.get(&format!("http://{host}:{port}/"), limits()).await;
        assert!(matches!(refused, Err(OutsideError::Inside)), "{host}: {refused:?}");
    }
    assert_eq!(peer.came(), 0);
}

#[tokio::test]
async fn a_network_that_is_allowed_is_asked() {
    let peer = Peer::saying("hello").await;
    let outside = allowing(&["127.0.0.0/8"]);
    let answer = outside.post_json(&peer.url(), &json!({ "a": 1 }), limits()).await.unwrap();
    assert_eq!((answer.status.as_u16(), &*answer.bytes), (200, &b"hello"[..]));
    let said = peer.said.lock().await;
    assert!(said.starts_with("POST /path HTTP/1.1\r\n") && said.ends_with("{\"a\":1}"), "{said}");
    assert!(said.contains("content-type: application/json"), "{said}");
}

#[tokio::test]
async fn plain_http_is_for_allowed_networks_unless_it_is_wanted() {
    let outside = allowing(&["127.0.0.0/8"]);
    let permits = |url: &str, schemes| outside.address(url, schemes).is_ok();
    assert!(permits("https://push.example/x", Schemes::Https));
    assert!(permits("http://127.0.0.1:8000/x", Schemes::Https));
    assert!(!permits("http://push.example/x", Schemes::Https));
    assert!(permits("http://push.example/x", Schemes::HttpsOrHttp));
    for url in [
        "ftp://push.example/x",
        "file:///etc/passwd",
        "https://",
        "not a url",
        "https://name:word@push.example/",
        "https://10.0.0.1/",
        "data:text/plain,x",
    ] {
        assert!(!permits(url, Schemes::HttpsOrHttp), "{url}");
    }
    assert!(!permits(&format!("https://push.example/{}", "x".repeat(3000)), Schemes::Https));
}

#[tokio::test]
async fn a_redirection_is_followed_and_looked_at_like_any_address() {
    let end = Peer::saying("the end").await;
    let way = Peer::leading_to(&end.url()).await;
    let outside = allowing(&["127.0.0.1/32"]);
    let answer = outside.get(&way.url(), limits()).await.unwrap();
    assert_eq!((&*answer.bytes, answer.final_url.as_str()), (&b"the end"[..], &*end.url()));

    let inside = format!("http://127.0.0.2:{}/", end.port);
    let trap = Peer::leading_to(&inside).await;
    let refused = outside.get(&trap.url(), limits()).await;
    assert!(matches!(refused, Err(OutsideError::Inside)), "{refused:?}");
    let named = Peer::leading_to("file:///etc/passwd").await;
    let refused = outside.get(&named.url(), limits()).await;
    assert!(matches!(refused, Err(OutsideError::Address(_))), "{refused:?}");

    let posted = outside.post_json(&way.url(), &json!({}), limits()).await.unwrap();
    assert_eq!(posted.status.as_u16(), 302);
    assert_eq!(end.came(), 1);
}

#[tokio::test]
async fn a_circle_of_redirections_ends() {
    let peer = Peer::leading_to("/path").await;
    let outside = allowing(&["127.0.0.0/8"]);
    let refused = outside.get(&peer.url(), limits()).await;
    assert!(matches!(refused, Err(OutsideError::Redirections)), "{refused:?}");
    assert_eq!(peer.came(), 4);
}

#[tokio::test]
async fn an_answer_has_its_size_and_its_time() {
    let outside = allowing(&["127.0.0.0/8"]);
    let large = Peer::saying(&"x".repeat(1001)).await;
    let refused = outside.get(&large.url(), limits()).await;
    assert!(matches!(refused, Err(OutsideError::TooLarge)), "{refused:?}");

    let silent = Peer::answering("").await;
    let short = Limits { time: Duration::from_millis(200), ..limits() };
    let refused = outside.get(&silent.url(), short).await;
    assert!(matches!(refused, Err(OutsideError::Late)), "{refused:?}");

    let noise = Peer::answering("not HTTP\r\n\r\n").await;
    let refused = outside.get(&noise.url(), limits()).await;
    assert!(matches!(refused, Err(OutsideError::Unreachable(_))), "{refused:?}");
}
