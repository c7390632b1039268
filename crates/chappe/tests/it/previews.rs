//! Previews of pages of the outside, and what must not be reached by them.

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{DynamicImage, ImageFormat};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Answer, Person, Server};

const PREVIEW: &str = "/_matrix/client/v1/media/preview_url";
const LEGACY: &str = "/_matrix/media/v3/preview_url";
/// The pages of the tests are on one address that is allowed; every other is inside.
const CONFIGURATION: &str =
    "[previews]\nenabled = true\nallowed_private_networks = [\"127.0.0.9/32\"]";

/// A server of pages. What it serves depends on the path; it counts who asks.
struct Site {
    base: String,
    asked: Arc<AtomicUsize>,
}

impl Site {
    /// Pages on the address that is allowed; some of them lead to `inside`.
    async fn outside(inside: &Self) -> Self {
        Self::on("127.0.0.9", &inside.base).await
    }

    /// Pages on an address that is not.
    async fn inside() -> Self {
        Self::on("127.0.0.1", "").await
    }

    async fn on(address: &str, inside: &str) -> Self {
        let listener = TcpListener::bind(format!("{address}:0")).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let site = Self { base, asked: Arc::default() };
        let (asked, inside) = (Arc::clone(&site.asked), inside.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (asked, inside) = (Arc::clone(&asked), inside.clone());
                // Who asks and goes away is no failure here.
                tokio::spawn(async move { serve(stream, &asked, &inside).await.ok() });
            }
        });
        site
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn port(&self) -> u16 {
        let address: SocketAddr = self.base.trim_start_matches("http://").parse().unwrap();
        address.port()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(40, 30).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn serve(mut stream: TcpStream, asked: &AtomicUsize, inside: &str) -> std::io::Result<()> {
    let mut head = [0; 4096];
    let length = stream.read(&mut head).await?;
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    assert!(!head.to_lowercase().contains("cookie"), "{head}");
    asked.fetch_add(1, Ordering::SeqCst);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let html = "text/html; charset=utf-8";
    let page = |head: &str| format!("<!doctype html><title>Title</title>{head}").into_bytes();
    let (kind, body) = match path {
        "/article" => (
            html,
            page(
                "<meta property=og:title content='L’article'><meta property=og:image \
                 content=/picture.png><meta property=og:url content='javascript:alert(1)'>",
            ),
        ),
        "/latin" => ("text/html; charset=iso-8859-1", b"<title>t\xe9l\xe9graphe</title>".to_vec()),
        "/wrong" => ("text/html; charset=utf-16", b"<title>plain</title>".to_vec()),
        "/picture.png" => ("image/png", picture()),
        "/drawing.svg" => ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        "/huge.png" => {
            let mut huge = picture();
            huge[16..20].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
            ("image/png", huge)
        }
        "/with-huge" => (html, page("<meta property=og:image content=/huge.png>")),
        "/with-inside" => {
            (html, page(&format!("<meta property=og:image content='{inside}/picture.png'>")))
        }
        "/archive.zip" => ("application/zip", b"PK".to_vec()),
        "/inwards" => return redirect(&mut stream, &format!("{inside}/article")).await,
        "/onwards" => return redirect(&mut stream, "/article").await,
        "/round" => return redirect(&mut stream, "/round").await,
        "/script" => return redirect(&mut stream, "javascript:alert(1)").await,
        "/endless" => return endless(&mut stream).await,
        _ => {
            let gone = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return stream.write_all(gone.as_bytes()).await;
        }
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         set-cookie: tracker=1\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await
}

async fn redirect(stream: &mut TcpStream, to: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await
}

async fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>on").await?;
    loop {
        stream.write_all(&[b' '; 8_192]).await?;
    }
}

async fn looks(person: &Person, at: &str, url: &str) -> Answer {
    let encoded: Vec<_> = url.bytes().map(|byte| format!("%{byte:02X}")).collect();
    person.get(&format!("{at}?url={}", encoded.concat())).await
}

async fn scene() -> (Server, Person, Site, Site) {
    let server = Server::start_with(CONFIGURATION).await;
    let alice = server.register("alice").await;
    let inside = Site::inside().await;
    let outside = Site::outside(&inside).await;
    (server, alice, outside, inside)
}

#[tokio::test]
async fn a_page_is_shown_by_what_it_says_of_itself() {
    let (_server, alice, site, _) = scene().await;
    let preview = looks(&alice, PREVIEW, &site.at("/onwards")).await.ok();
    let bytes = picture().len();
    let expected = json!({
        "og:title": "L’article", "og:image": preview["og:image"], "og:image:type": "image/png",
        "og:image:width": 40, "og:image:height": 30, "matrix:image:size": bytes,
    });
    assert_eq!(preview, expected);
    let id = preview["og:image"].as_str().unwrap().strip_prefix("mxc://chappe.example/").unwrap();
    let path = format!("/_matrix/client/v1/media/download/chappe.example/{id}");
    assert_eq!(alice.get(&path).await.bytes, picture());
    let alone = looks(&alice, PREVIEW, &site.at("/picture.png")).await.ok();
    assert_eq!([&alone["og:image:width"], &alone["matrix:image:size"]], [40, bytes]);
    assert_eq!(looks(&alice, PREVIEW, &site.at("/latin")).await.ok()["og:title"], "télégraphe");
    // What is in other characters than it says is read as far as it can be.
    looks(&alice, PREVIEW, &site.at("/wrong")).await.ok();
}

#[tokio::test]
async fn a_page_is_asked_once_whoever_looks() {
    let (server, alice, site, _) = scene().await;
    let bob = server.register("bob").await;
    let url = site.at("/latin#part");
    let first = looks(&alice, PREVIEW, &url).await.ok();
    assert_eq!(looks(&bob, LEGACY, &url).await.ok(), first);
    assert_eq!(looks(&bob, PREVIEW, &site.at("/latin")).await.ok(), first);
    assert_eq!(site.asked(), 1);
}

#[tokio::test]
async fn nothing_inside_is_reached_and_nothing_is_told_of_it() {
    let (_server, alice, site, inside) = scene().await;
    let mut answers = Vec::new();
    for url in [
        inside.at("/article"),
        site.at("/inwards"),
        format!("http://localhost:{}/article", inside.port()),
        format!("http://2130706433:{}/article", inside.port()),
        format!("http://[::ffff:127.0.0.1]:{}/article", inside.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        // Nobody listens there, and nothing is of that name: both look the same.
        "http://127.0.0.9:1/".to_owned(),
        "http://nothing.invalid/".to_owned(),
    ] {
        answers.push(looks(&alice, PREVIEW, &url).await.refused(502, "M_UNKNOWN"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let preview = looks(&alice, PREVIEW, &site.at("/with-inside")).await.ok();
    assert_eq!(preview, json!({ "og:title": "Title" }));
    assert_eq!(inside.asked(), 0);
}

#[tokio::test]
async fn what_never_ends_or_is_too_large_is_given_up() {
    let (_server, alice, site, _) = scene().await;
    for path in ["/endless", "/round", "/gone"] {
        looks(&alice, PREVIEW, &site.at(path)).await.refused(502, "M_UNKNOWN");
    }
    let preview = looks(&alice, PREVIEW, &site.at("/with-huge")).await.ok();
    assert_eq!(preview, json!({ "og:title": "Title" }));
    for path in ["/huge.png", "/drawing.svg", "/archive.zip"] {
        looks(&alice, PREVIEW, &site.at(path)).await.refused(404, "M_NOT_FOUND");
    }
}

#[tokio::test]
async fn what_is_no_address_of_the_web_is_refused() {
    let (server, alice, site, _) = scene().await;
    for url in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://files.example/",
        "http://name:password@page.example/",
        "//page.example/",
        "page",
        "",
        "http://",
    ] {
        let answer = looks(&alice.careless(), PREVIEW, url).await;
        answer.refused(400, "M_INVALID_PARAM");
    }
    let script = looks(&alice, PREVIEW, &site.at("/script")).await;
    assert!(matches!(script.status, 400 | 502), "{}", script.status);
    alice.careless().get(PREVIEW).await.refused(400, "M_MISSING_PARAM");
    for path in [PREVIEW, LEGACY] {
        let path = format!("{path}?url=http://page.example/");
        server.http.get(&path).await.refused(401, "M_MISSING_TOKEN");
    }
}

#[tokio::test]
async fn previews_are_off_unless_they_are_wanted() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for at in [PREVIEW, LEGACY] {
        looks(&alice, at, "http://page.example/").await.refused(404, "M_UNRECOGNIZED");
    }
}

#[tokio::test]
async fn who_looks_at_too_many_pages_waits() {
    let configuration = format!("{CONFIGURATION}\n[limits]\npreviews_per_minute = 1");
    let server = Server::start_with(&configuration).await;
    let alice = server.register("alice").await;
    let site = Site::outside(&Site::inside().await).await;
    looks(&alice, PREVIEW, &site.at("/latin")).await.ok();
    looks(&alice, LEGACY, &site.at("/latin")).await.refused(429, "M_LIMIT_EXCEEDED");
}
