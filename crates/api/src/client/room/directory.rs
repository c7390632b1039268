//! Pages of the public directory.

use js_int::UInt;
use rooms::DirectoryFilter;
use ruma_common::ServerName;
use ruma_common::directory::PublicRoomsChunk;

use crate::{ApiError, App};

/// Rooms of a page when the request does not say.
const PAGE: usize = 100;
/// Rooms of a page at most.
const LONGEST_PAGE: usize = 500;

/// What page is asked for.
pub(super) struct Wanted<'a> {
    pub(super) server: Option<&'a ServerName>,
    pub(super) limit: Option<UInt>,
    pub(super) since: Option<&'a str>,
    pub(super) filter: DirectoryFilter,
}

/// A page of the directory.
pub(super) struct PublicPage {
    pub(super) rooms: Vec<PublicRoomsChunk>,
    pub(super) next: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) total: UInt,
}

/// The page that is asked for. Its token says how many rooms come before it.
pub(super) async fn page(app: &App, wanted: Wanted<'_>) -> Result<PublicPage, ApiError> {
    let ours = &*app.settings.server_name;
    if let Some(server) = wanted.server.filter(|server| *server != ours) {
        return Err(ApiError::forbidden(format!("this server does not talk to {server}")));
    }
    let asked = wanted.limit.and_then(|limit| usize::try_from(u64::from(limit)).ok());
    let limit = asked.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let skipped = wanted.since.map(position).transpose()?.unwrap_or(0);
    let all = app.rooms.directory(&wanted.filter).await?;
    let total = all.len();
    let rooms = all.into_iter().skip(skipped).take(limit).map(PublicRoomsChunk::from).collect();
    let next = skipped.saturating_add(limit);
    Ok(PublicPage {
        rooms,
        next: (next < total).then(|| format!("r{next}")),
        previous: (skipped > 0).then(|| format!("r{}", skipped.saturating_sub(limit))),
        total: UInt::new_saturating(total as u64),
    })
}

fn position(token: &str) -> Result<usize, ApiError> {
    let position = token.strip_prefix('r').and_then(|digits| digits.parse().ok());
    position.ok_or_else(|| ApiError::invalid_param("the token is not one that this server gave"))
}
