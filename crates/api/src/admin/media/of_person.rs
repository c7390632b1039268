//! `GET /_synapse/admin/v1/users/{user_id}/media`: what somebody has uploaded, the newest first.

use serde::{Deserialize, Serialize};

use super::shown::Upload;
use crate::admin::ask::{Ask, next, page};
use crate::{ApiError, App};

/// Which of it.
#[derive(Deserialize)]
struct Query {
    from: Option<u64>,
    limit: Option<u64>,
}

/// A page of uploads.
#[derive(Serialize)]
pub(crate) struct Answer {
    media: Vec<Upload>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<usize>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let (user, query): (_, Query) = (ask.user(&app)?, ask.query()?);
    let page = page(query.from, query.limit);
    let all = app.media.media_of(&user).await?;
    let total = all.len();
    let media: Vec<_> = all.into_iter().skip(page.0).take(page.1).map(Upload::from).collect();
    Ok(Answer { next_token: next(page, media.len(), total), media, total })
}
