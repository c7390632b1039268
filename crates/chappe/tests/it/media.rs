//! Uploads, downloads and thumbnails.

use std::io::Cursor;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Answer, Person, Server};

const MIB: usize = 1024 * 1024;
const UPLOAD: &str = "/_matrix/media/v3/upload";
const DOWNLOAD: &str = "/_matrix/client/v1/media/download";

/// A server that takes uploads of 1 MiB at most.
async fn strict_server() -> Server {
    Server::start_with("[limits]\nupload_bytes = 1_048_576").await
}

/// Bytes that do not repeat.
fn content(length: usize) -> Bytes {
    (0..length).map(|n| ((n * n) >> 7).to_le_bytes()[0] ^ n.to_le_bytes()[0]).collect()
}

async fn asks(
    person: &Person,
    method: Method,
    path: &str,
    kind: &str,
    body: impl Into<Bytes>,
) -> Answer {
    let authorization = format!("Bearer {}", person.token);
    let headers = [("authorization", authorization.as_str()), ("content-type", kind)];
    person.http.request(method, path, &headers, body).await
}

/// Uploads a file; server and identifier, as they stand in paths.
async fn uploads(person: &Person, kind: &str, query: &str, body: impl Into<Bytes>) -> String {
    let answer = asks(person, Method::POST, &format!("{UPLOAD}{query}"), kind, body).await.ok();
    path_of(&answer["content_uri"])
}

fn path_of(address: &serde_json::Value) -> String {
    let address = address.as_str().expect("an address");
    address.strip_prefix("mxc://").expect("an mxc address").to_owned()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_to_others() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let file = content(10 * MIB);
    let media = uploads(&alice, "application/x-test", "?filename=a%20file.bin", file.clone()).await;
    assert!(media.starts_with("chappe.example/"));
    let answer = bob.get(&format!("{DOWNLOAD}/{media}")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.bytes == file);
    assert_eq!(answer.header("content-type"), Some("application/x-test"));
    assert_eq!(answer.header("content-length"), Some("10485760"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"a file.bin\""));
}

#[tokio::test]
async fn files_are_there_after_a_restart_and_after_a_kill() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    let first = uploads(&alice, "text/plain", "", "first").await;
    server.restart().await;
    let alice = server.again(&alice);
    let second = uploads(&alice, "text/plain", "", "second").await;
    server.kill().await;
    server.start_again().await;
    let alice = server.again(&alice);
    for (media, text) in [(first, "first"), (second, "second")] {
        assert_eq!(alice.get(&format!("{DOWNLOAD}/{media}")).await.bytes, text);
    }
}

#[tokio::test]
async fn the_disk_holds_nothing_readable_of_a_file() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let text = "the quick word to look for ".repeat(10_000);
    uploads(&alice, "text/x-secret-kind", "?filename=secret-name.txt", text).await;
    for needle in ["word to look for", "secret-name", "x-secret-kind"] {
        assert_eq!(server.files_with(needle.as_bytes()), Vec::<std::path::PathBuf>::new());
    }
    let kept: u64 = files(&server.data().join("media")).iter().map(|(_, length)| length).sum();
    assert!(kept >= 270_000, "the file is there");
}

fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let length = path.metadata().expect("a file").len();
            found.push((path, length));
        }
    }
    found
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_and_leaves_nothing() {
    let server = strict_server().await;
    let alice = server.register("alice").await;
    uploads(&alice, "text/plain", "", content(MIB)).await;
    let kept = files(&server.data().join("media"));
    asks(&alice, Method::POST, UPLOAD, "text/plain", content(MIB + 1))
        .await
        .refused(413, "M_TOO_LARGE");
    assert_eq!(files(&server.data().join("media")), kept);
}

#[tokio::test]
async fn a_file_of_unknown_length_is_refused_while_it_comes() {
    let server = strict_server().await;
    let alice = server.register("alice").await;
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nhost: chappe\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        alice.token
    );
    let (mut answers, mut asks) = connect(&server).await.into_split();
    asks.write_all(head.as_bytes()).await.expect("a connection");
    let writer = tokio::spawn(async move {
        let chunk = [&b"10000\r\n"[..], &vec![7; 0x10000], b"\r\n"].concat();
        // Without end: the server has to stop it.
        while asks.write_all(&chunk).await.is_ok() {}
    });
    let mut answer = vec![0; 12];
    answers.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 413");
    drop(answers);
    writer.await.expect("an end");
    assert_eq!(files(&server.data().join("media")), []);
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.base.strip_prefix("http://").expect("an address");
    TcpStream::connect(address).await.expect("a connection")
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nhost: chappe\r\nauthorization: Bearer {}\r\n\
         content-length: 5000000\r\n\r\n",
        alice.token
    );
    let mut connection = connect(&server).await;
    connection.write_all(head.as_bytes()).await.expect("a connection");
    connection.write_all(&content(2_000_000)).await.expect("a connection");
    let media = server.data().join("media");
    until(|| !files(&media).is_empty()).await;
    drop(connection);
    until(|| files(&media).is_empty()).await;
}

async fn until(mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it happens");
}

#[tokio::test]
async fn a_large_file_is_never_whole_in_memory() {
    let server = Server::start_with("[limits]\nupload_bytes = 268_435_456").await;
    let alice = server.register("alice").await;
    // The first fills pools and caches, which stay.
    let small = carries(&server, &alice, 16).await;
    let large = carries(&server, &alice, 96).await;
    let grown = large.saturating_sub(small);
    assert!(grown < 32 * MIB, "memory grew by {} MiB", grown / MIB);
}

/// Sends a file of so many MiB up and down; the server's peak memory afterwards.
async fn carries(server: &Server, person: &Person, size: usize) -> usize {
    let media = uploads(person, "text/plain", "", content(size * MIB)).await;
    let answer = person.get(&format!("{DOWNLOAD}/{media}")).await;
    assert_eq!(answer.bytes.len(), size * MIB);
    peak_memory(server)
}

/// The most memory that the server's process has ever had, in bytes.
fn peak_memory(server: &Server) -> usize {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", server.id())).expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    let kib = line.split_whitespace().nth(1).expect("a number");
    kib.parse::<usize>().expect("a number") * 1024
}

#[tokio::test]
async fn media_is_given_to_people_with_a_session_only() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let media = uploads(&alice, "text/plain", "", "text").await;
    let query = "?width=32&height=32&method=crop";
    let paths = [
        format!("{DOWNLOAD}/{media}"),
        format!("{DOWNLOAD}/{media}/name.txt"),
        format!("/_matrix/client/v1/media/thumbnail/{media}{query}"),
        "/_matrix/client/v1/media/config".to_owned(),
    ];
    let stranger = Person { token: "nobody".to_owned(), ..alice.clone() };
    for path in paths {
        server.http.get(&path).await.refused(401, "M_MISSING_TOKEN");
        stranger.get(&path).await.refused(401, "M_UNKNOWN_TOKEN");
    }
    asks(&stranger, Method::POST, UPLOAD, "text/plain", "x").await.refused(401, "M_UNKNOWN_TOKEN");
    server.http.request(Method::POST, UPLOAD, &[], "x").await.refused(401, "M_MISSING_TOKEN");
    let reserve = "/_matrix/media/v1/create";
    server.http.post(reserve, json!({})).await.refused(401, "M_MISSING_TOKEN");
}

#[tokio::test]
async fn unknown_and_malformed_addresses_are_not_found() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let addresses = [
        "chappe.example/abcdefgh",
        "elsewhere.example/abcdefgh",
        "chappe.example/..%2f..%2fchappe.redb",
        "chappe.example/a.b",
        "chappe.example/%C3%A9",
    ];
    for address in addresses {
        alice.get(&format!("{DOWNLOAD}/{address}")).await.refused(404, "M_NOT_FOUND");
        let thumbnail = format!("/_matrix/client/v1/media/thumbnail/{address}?width=1&height=1");
        alice.get(&thumbnail).await.refused(404, "M_NOT_FOUND");
    }
    let not_a_name = format!("{DOWNLOAD}/not%20a%20server/abcdefgh");
    alice.get(&not_a_name).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn downloads_without_a_token_are_frozen() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let media = uploads(&alice, "image/png", "", png(8, 8)).await;
    let paths = [
        format!("/_matrix/media/v3/download/{media}"),
        format!("/_matrix/media/r0/download/{media}"),
        format!("/_matrix/media/v3/download/{media}/name.png"),
        format!("/_matrix/media/v3/thumbnail/{media}?width=1&height=1"),
    ];
    for path in paths {
        server.http.get(&path).await.refused(404, "M_NOT_FOUND");
        alice.get(&path).await.refused(404, "M_NOT_FOUND");
    }
}

#[tokio::test]
async fn nothing_that_a_browser_runs_is_shown_in_place() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let cases = [
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
        ("application/javascript", "attachment"),
        ("application/pdf", "attachment"),
        ("image/png", "inline"),
        ("text/plain; charset=utf-8", "inline"),
        ("video/mp4", "inline"),
    ];
    for (kind, expected) in cases {
        let media = uploads(&alice, kind, "", "<script>alert(1)</script>").await;
        let answer = alice.get(&format!("{DOWNLOAD}/{media}")).await;
        assert_eq!(answer.header("content-disposition"), Some(expected), "{kind}");
        assert_eq!(answer.header("content-type"), Some(kind));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("sandbox; default-src 'none'; script-src 'none'"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
        let caching = answer.header("cache-control");
        assert_eq!(caching, Some("private, max-age=31536000, immutable"));
    }
}

#[tokio::test]
async fn names_of_every_alphabet_come_back() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let media = uploads(&alice, "text/plain", "?filename=%C3%A9t%C3%A9%22.txt", "text").await;
    let answer = alice.get(&format!("{DOWNLOAD}/{media}")).await;
    let named = answer.header("content-disposition");
    assert_eq!(named, Some("inline; filename*=utf-8''%C3%A9t%C3%A9%22.txt"));
    // A client may choose another.
    let answer = alice.get(&format!("{DOWNLOAD}/{media}/other%0D%0Aname.txt")).await;
    let named = answer.header("content-disposition").expect("a disposition");
    assert!(named.starts_with("inline; filename=") && named.contains("name.txt"), "{named}");
}

#[tokio::test]
async fn a_picture_has_thumbnails() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let media = uploads(&alice, "image/png", "", png(1000, 500)).await;
    let cases = [
        ("width=32&height=32&method=crop", (32, 32)),
        ("width=96&height=96&method=crop", (96, 96)),
        ("width=320&height=240&method=scale", (320, 160)),
        ("width=640&height=480", (640, 320)),
        ("width=5000&height=5000&method=scale&animated=false", (1000, 500)),
    ];
    for (query, expected) in cases {
        let path = format!("/_matrix/client/v1/media/thumbnail/{media}?{query}");
        let answer = bob.get(&path).await;
        assert_eq!(answer.status, 200, "{query}");
        let picture = image::load_from_memory(&answer.bytes).expect("a picture");
        assert_eq!((picture.width(), picture.height()), expected, "{query}");
        assert_eq!(answer.header("content-disposition"), Some("inline"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn wishes_for_thumbnails_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let picture = uploads(&alice, "image/png", "", png(100, 100)).await;
    let text = uploads(&alice, "text/plain", "", "text").await;
    let broken = uploads(&alice, "image/png", "", "no picture").await;
    let cases = [
        (&picture, "width=0&height=32", "M_INVALID_PARAM"),
        (&picture, "width=-1&height=32", "M_INVALID_PARAM"),
        (&picture, "width=big&height=32", "M_INVALID_PARAM"),
        (&picture, "width=32&height=32&method=stretch", "M_INVALID_PARAM"),
        (&picture, "width=32", "M_MISSING_PARAM"),
        (&text, "width=32&height=32", "M_UNKNOWN"),
        (&broken, "width=32&height=32", "M_UNKNOWN"),
    ];
    for (media, query, errcode) in cases {
        let path = format!("/_matrix/client/v1/media/thumbnail/{media}?{query}");
        alice.get(&path).await.refused(400, errcode);
    }
}

#[tokio::test]
async fn an_address_may_come_before_its_content() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let reserved = alice.post("/_matrix/media/v1/create", json!({})).await.ok();
    assert!(reserved["unused_expires_at"].as_u64().expect("a time") > 1_700_000_000_000);
    let media = path_of(&reserved["content_uri"]);
    let early = bob.get(&format!("{DOWNLOAD}/{media}?timeout_ms=50")).await;
    early.refused(504, "M_NOT_YET_UPLOADED");
    let waiting = tokio::spawn({
        let (bob, path) = (bob.clone(), format!("{DOWNLOAD}/{media}?timeout_ms=20000"));
        async move { bob.get(&path).await }
    });
    let put = |person: Person, body: &'static str| {
        let path = format!("{UPLOAD}/{media}?filename=late.txt");
        async move { asks(&person, Method::PUT, &path, "text/plain", body).await }
    };
    put(bob, "forged").await.refused(403, "M_FORBIDDEN");
    assert_eq!(put(alice.clone(), "content").await.ok(), json!({}));
    put(alice.clone(), "other").await.refused(409, "M_CANNOT_OVERWRITE_MEDIA");
    assert_eq!(waiting.await.expect("an answer").bytes, "content");
    let unknown = format!("{UPLOAD}/chappe.example/abcdefgh");
    let refused = asks(&alice, Method::PUT, &unknown, "text/plain", "x").await;
    refused.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn clients_learn_the_limit() {
    let server = strict_server().await;
    let alice = server.register("alice").await;
    for path in ["/_matrix/client/v1/media/config", "/_matrix/media/v3/config"] {
        assert_eq!(alice.get(path).await.ok(), json!({ "m.upload.size": MIB }));
    }
}
