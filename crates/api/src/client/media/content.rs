//! Content in its HTTP form: addresses, and answers that no browser takes for a page of ours.
//!
//! The attacker is who uploads a page or script and hopes that it runs where the client runs.
//! Only types that browsers do not run are shown in place, whatever the uploader said.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use media::{Download, MediaError, MediaId};
use ruma_common::http_headers::{ContentDisposition, ContentDispositionType};
use ruma_common::{OwnedMxcUri, ServerName};

use crate::{ApiError, App};

/// How long a download waits at most for content that was announced.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

const ANY_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// What every answer with content carries. Content never changes, and is for this person only.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; \
             style-src 'unsafe-inline'; object-src 'self';",
        ),
    ),
    (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable")),
];

/// Types that may be shown in place (specification, "Serving inline content").
const INLINE: [&str; 26] = [
    "text/css",
    "text/plain",
    "text/csv",
    "application/json",
    "application/ld+json",
    "image/jpeg",
    "image/gif",
    "image/png",
    "image/apng",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "audio/mp4",
    "audio/webm",
    "audio/aac",
    "audio/mpeg",
    "audio/ogg",
    "audio/wave",
    "audio/wav",
    "audio/x-wav",
    "audio/x-pn-wav",
    "audio/flac",
    "audio/x-flac",
];

/// The `mxc://` address of media on this server.
pub(super) fn address(app: &App, id: &MediaId) -> OwnedMxcUri {
    format!("mxc://{}/{}", app.media.settings().server_name, id.as_str()).into()
}

/// The media that an address of ours names. Other servers' media is not known here.
pub(super) fn id(app: &App, server: &ServerName, id: &str) -> Result<MediaId, ApiError> {
    if server == app.media.settings().server_name {
        Ok(MediaId::parse(id)?)
    } else {
        Err(MediaError::NotFound.into())
    }
}

/// How long to wait for content that has not come yet.
pub(super) fn wait(asked: Duration) -> Duration {
    asked.min(LONGEST_WAIT)
}

/// Content as an answer, streamed.
pub(super) fn answer(download: Download) -> Result<Response, ApiError> {
    let Download { info, size, body } = download;
    let kind = info.content_type.as_deref().and_then(|kind| HeaderValue::from_str(kind).ok());
    let kind = kind.unwrap_or(ANY_TYPE);
    let disposition = ContentDisposition::new(disposition(&kind)).with_filename(info.name);
    let disposition = HeaderValue::from_str(&disposition.to_string());
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CONTENT_LENGTH, size.into());
    headers.insert(CONTENT_DISPOSITION, disposition.map_err(|error| ApiError::internal(&error))?);
    Ok(response)
}

/// Shown in place only if its type cannot run.
fn disposition(kind: &HeaderValue) -> ContentDispositionType {
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if INLINE.contains(&essence.as_str()) {
        ContentDispositionType::Inline
    } else {
        ContentDispositionType::Attachment
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use futures_util::stream;
    use media::FileInfo;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_types_that_cannot_run_are_shown_in_place() {
        let cases = [
            ("image/png", ContentDispositionType::Inline),
            ("IMAGE/PNG", ContentDispositionType::Inline),
            ("text/plain; charset=utf-8", ContentDispositionType::Inline),
            ("text/html", ContentDispositionType::Attachment),
            ("text/html; image/png", ContentDispositionType::Attachment),
            ("image/png, text/html", ContentDispositionType::Attachment),
            ("image/svg+xml", ContentDispositionType::Attachment),
            ("application/pdf", ContentDispositionType::Attachment),
            ("", ContentDispositionType::Attachment),
        ];
        for (kind, expected) in cases {
            assert_eq!(disposition(&HeaderValue::from_static(kind)), expected, "{kind}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_file_is_called_its_answer_is_whole_and_runs_nowhere(
            name in option::of(any::<String>()),
            kind in option::of("(text/html|image/svg\\+xml|image/png|x)?[ ;,=\\PC]{0,12}|\\PC{0,20}"),
            size: u64,
        ) {
            let info = FileInfo { content_type: kind.clone(), name: name.clone() };
            let body = stream::empty().boxed();
            let response = answer(Download { info, size, body }).unwrap();
            let header = |name| response.headers().get(name).unwrap().as_bytes().to_owned();
            let shown = String::from_utf8(header(CONTENT_DISPOSITION)).unwrap();
            prop_assert!(!shown.contains(|c: char| c.is_control()), "{shown}");
            let read: ContentDisposition = shown.parse().unwrap();
            if read.disposition_type == ContentDispositionType::Inline {
                let kind = String::from_utf8(header(CONTENT_TYPE)).unwrap().to_ascii_lowercase();
                let essence = kind.split(';').next().unwrap().trim();
                prop_assert!(INLINE.contains(&essence), "{kind}");
            }
            // A name comes back as it went in, but for what no header can carry.
            let plain = |c: char| !c.is_control();
            if let Some(name) = name.filter(|name| !name.is_empty() && name.chars().all(plain)) {
                prop_assert_eq!(read.filename, Some(name));
            }
        }
    }
}
