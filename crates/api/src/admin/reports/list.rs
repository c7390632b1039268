//! `GET /_synapse/admin/v1/event_reports`: what people report.

use moderation::{Order, Query as Wanted};
use ruma_common::{OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::shown::Shown;
use crate::admin::ask::{Ask, next, page};
use crate::{ApiError, App};

/// Which reports.
#[derive(Deserialize)]
struct Query {
    from: Option<u64>,
    limit: Option<u64>,
    dir: Option<String>,
    user_id: Option<OwnedUserId>,
    room_id: Option<OwnedRoomId>,
}

/// A page of reports.
#[derive(Serialize)]
pub(crate) struct Answer {
    event_reports: Vec<Shown>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<usize>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let query: Query = ask.query()?;
    let page = page(query.from, query.limit);
    let order = match query.dir.as_deref() {
        None | Some("b") => Order::NewestFirst,
        Some("f") => Order::OldestFirst,
        Some(other) => {
            return Err(ApiError::invalid_param(format!("dir is f or b, not {other:?}")));
        }
    };
    let wanted = Wanted {
        kind: None,
        reporter: query.user_id,
        room: query.room_id,
        order,
        skip: page.0,
        limit: page.1,
    };
    let found = app.moderation.list(&wanted).await?;
    let next_token = next(page, found.reports.len(), found.total);
    let mut event_reports = Vec::with_capacity(found.reports.len());
    for report in found.reports {
        event_reports.push(Shown::of(&app, report).await?);
    }
    Ok(Answer { event_reports, total: found.total, next_token })
}
