//! The service: an address in, what is there out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use media::{FileInfo, Media, MediaId};
use moka::future::Cache;
use outside::{Answer, Limits, Outside, Schemes};
use ruma_common::{OwnedUserId, UserId};
use tokio::sync::Semaphore;
use url::Url;

use crate::error::PreviewError;
use crate::page::Page;
use crate::{charset, page, picture};

/// What a page may cost.
const PAGE: Limits = Limits {
    time: Duration::from_secs(10),
    bytes: 2 << 20,
    redirections: 4,
    schemes: Schemes::HttpsOrHttp,
};
/// What its picture may cost.
const PICTURE: Limits = Limits { bytes: 8 << 20, ..PAGE };
/// How long a preview is kept.
const KEPT: Duration = Duration::from_hours(1);
/// Previews that are kept at most: a few kilobytes each.
const MOST_KEPT: u64 = 2_000;
/// Pages that are read at a time.
const AT_A_TIME: usize = 16;

/// What a page says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Its title.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Of which site it is.
    pub site_name: Option<String>,
    /// What kind of thing it is about.
    pub kind: Option<String>,
    /// Its address, by its own account.
    pub url: Option<String>,
    /// Its picture.
    pub picture: Option<Picture>,
}

/// A picture, copied to this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its media.
    pub id: MediaId,
    /// Its content type.
    pub content_type: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes.
    pub size: usize,
    /// What is on it, in words.
    pub text: Option<String>,
}

/// Looks at pages. Cheap to clone.
#[derive(Clone)]
pub struct Previews(Arc<Inner>);

struct Inner {
    outside: Outside,
    media: Media,
    kept: Cache<String, Arc<Preview>>,
    turns: Semaphore,
}

impl Previews {
    /// Looks at pages through `outside`, and keeps their pictures in `media`.
    pub fn new(outside: Outside, media: Media) -> Self {
        let kept = Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT).build();
        Self(Arc::new(Inner { outside, media, kept, turns: Semaphore::new(AT_A_TIME) }))
    }

    /// What is at an address. Its picture is kept as media of whoever asks first.
    pub async fn of(&self, user: &UserId, address: &str) -> Result<Arc<Preview>, PreviewError> {
        let mut url = self.0.outside.address(address, PAGE.schemes)?;
        // What is behind the sign is the reader's, and never asked for.
        url.set_fragment(None);
        let read = self.read(user.to_owned(), url.clone());
        let kept = self.0.kept.try_get_with(url.into(), read).await;
        kept.map_err(|error| PreviewError::clone(&error))
    }

    async fn read(&self, user: OwnedUserId, url: Url) -> Result<Arc<Preview>, PreviewError> {
        let _turn = self.0.turns.acquire().await.map_err(|_| PreviewError::Unread)?;
        let answer = self.0.outside.get(url.as_str(), PAGE).await?;
        if !answer.status.is_success() {
            return Err(PreviewError::Unread);
        }
        let content_type = content_type(&answer);
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "text/html" | "application/xhtml+xml" => {
                let text = charset::decode(&answer.bytes, &content_type);
                let page = page::read(&text, &answer.final_url);
                self.preview(&user, page).await.map(Arc::new)
            }
            image if image.starts_with("image/") => {
                let picture = self.keep(&user, answer.bytes, None).await?;
                let picture = Some(picture.ok_or(PreviewError::NoPage)?);
                Ok(Arc::new(Preview { picture, ..Preview::default() }))
            }
            _ => Err(PreviewError::NoPage),
        }
    }

    async fn preview(&self, user: &UserId, page: Page) -> Result<Preview, PreviewError> {
        let Page { title, description, site_name, kind, url, picture, picture_text } = page;
        let picture = match picture {
            Some(address) => self.fetch(user, &address, picture_text).await?,
            None => None,
        };
        Ok(Preview { title, description, site_name, kind, url, picture })
    }

    /// The picture of a page. A page whose picture is not to be had is shown without.
    async fn fetch(
        &self,
        user: &UserId,
        address: &Url,
        text: Option<String>,
    ) -> Result<Option<Picture>, PreviewError> {
        match self.0.outside.get(address.as_str(), PICTURE).await {
            Ok(answer) if answer.status.is_success() => self.keep(user, answer.bytes, text).await,
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Keeps a picture, when it is one.
    async fn keep(
        &self,
        user: &UserId,
        bytes: Bytes,
        text: Option<String>,
    ) -> Result<Option<Picture>, PreviewError> {
        let Some(kind) = picture::kind(&bytes) else { return Ok(None) };
        let picture::Kind { content_type, width, height } = kind;
        let size = bytes.len();
        let info = FileInfo { content_type: Some(content_type.to_owned()), name: None };
        let body = stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        let id = self.0.media.upload(user, info, body).await;
        let id = id.map_err(|error| PreviewError::Media(Arc::new(error)))?;
        Ok(Some(Picture { id, content_type, width, height, size, text }))
    }
}

fn content_type(answer: &Answer) -> String {
    let header = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header.unwrap_or_default().to_owned()
}
