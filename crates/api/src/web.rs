//! The web client, served by the binary itself: precompressed, under a strict policy.
//!
//! The policy lets nothing in but our own scripts, and no request out but to our own origin: what
//! an injected script could do, and whom it could tell, is the browser's to refuse.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use rust_embed::{Embed, EmbeddedFile};

/// What the build of `web/` made.
#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
struct Dist;

/// The page that every path of the client leads to.
const INDEX: &str = "index.html";

/// `Content-Security-Policy` of the client.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' blob: data:; media-src blob:; font-src 'self'; \
    connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
    trusted-types chappe dompurify";

/// How a file is held, by its name's ending, best first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Answers for a path of the web client.
pub(crate) fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = path.trim_start_matches('/');
    let name = if path.is_empty() { INDEX } else { path };
    match find(name, headers) {
        Some(found) => found,
        None if Dist::get(INDEX).is_none() => {
            (StatusCode::NOT_FOUND, "this build carries no web client: build web/ first\n")
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file of a name, in the best form that the browser takes.
fn find(name: &str, headers: &HeaderMap) -> Option<Response> {
    // The compressed forms are ways to send a file, not files.
    if ENCODINGS.iter().any(|(_, ending)| name.ends_with(ending)) {
        return None;
    }
    for (encoding, ending) in ENCODINGS {
        if accepts(headers, encoding)
            && let Some(file) = Dist::get(&format!("{name}{ending}"))
        {
            return Some(answer(name, file, Some(encoding), headers));
        }
    }
    Dist::get(name).map(|file| answer(name, file, None, headers))
}

fn answer(
    name: &str,
    file: EmbeddedFile,
    encoding: Option<&'static str>,
    asked: &HeaderMap,
) -> Response {
    let tag = entity_tag(&file);
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|value| *value == tag);
    let body = match (known, file.data) {
        (true, _) => Body::empty(),
        (false, std::borrow::Cow::Borrowed(bytes)) => Body::from(Bytes::from_static(bytes)),
        (false, std::borrow::Cow::Owned(bytes)) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let text = |text: &str| HeaderValue::from_str(text).ok();
    // Names under assets/ carry a hash of the content: they never change.
    let caching = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let fields = [
        (header::CONTENT_TYPE, text(&with_charset(kind.as_ref()))),
        (header::CACHE_CONTROL, text(caching)),
        (header::ETAG, Some(tag)),
        (header::VARY, text("accept-encoding")),
        (header::CONTENT_ENCODING, encoding.and_then(text)),
        (header::CONTENT_SECURITY_POLICY, text(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, text("nosniff")),
        (header::REFERRER_POLICY, text("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), text("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), text("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            text("camera=(self), microphone=(self), geolocation=(self), interest-cohort=()"),
        ),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            response.headers_mut().insert(field, value);
        }
    }
    response
}

fn with_charset(kind: &str) -> String {
    if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

fn entity_tag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let hash = URL_SAFE_NO_PAD.encode(hash);
    HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the browser takes an encoding (`Accept-Encoding`, without weights: none of ours is 0).
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let mut offered = values.flat_map(|value| value.split(','));
    offered.any(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next() == Some(encoding) && !words.any(|word| word == "q=0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn an_encoding_is_taken_only_where_the_browser_offers_it() {
        let table = [
            ("gzip, deflate, br, zstd", "br", true),
            ("gzip;q=1.0, br;q=0.8", "br", true),
            ("gzip, br;q=0", "br", false),
            ("gzip", "br", false),
            ("", "gzip", false),
        ];
        for (offer, encoding, expected) in table {
            assert_eq!(accepts(&asking(offer), encoding), expected, "{offer} {encoding}");
        }
    }
}
