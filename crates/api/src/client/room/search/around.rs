//! What stands around an event that was found.

use base::number::TimelineOrd;
use js_int::UInt;
use rooms::{Page, PageRequest, Shown, Stored, Viewer, Way};
use ruma_client_api::search::search_events::v3::{EventContext, EventContextResult, UserProfile};
use ruma_common::OwnedMxcUri;
use serde::Deserialize;

use super::super::{paging, reading};
use crate::{ApiError, App};

/// Events on each side at most.
const MOST: usize = 50;

/// The events before and after one that was found, and who speaks in them.
pub(super) async fn context(
    app: &App,
    hit: &search::Hit,
    wanted: &EventContext,
) -> Result<EventContextResult, ApiError> {
    let (viewer, ord) = (&*hit.viewer, hit.event.stored().ord);
    let just_before = TimelineOrd(ord.0.saturating_sub(1));
    let before = page(app, viewer, (just_before, Way::Back), wanted.before_limit).await?;
    let after = page(app, viewer, (ord, Way::Forward), wanted.after_limit).await?;
    let mut context = EventContextResult::new();
    let first = before.events.last().map_or(ord, |event| event.stored().ord);
    let last = after.events.last().map_or(ord, |event| event.stored().ord);
    let start = before.end.unwrap_or(TimelineOrd(first.0.saturating_sub(1)));
    context.start = Some(paging::token_of(start));
    context.end = Some(paging::token_of(after.end.unwrap_or(last)));
    context.events_before = reading::events(viewer, &before.events).await?;
    context.events_after = reading::events(viewer, &after.events).await?;
    if wanted.include_profile {
        for events in [&before.events[..], std::slice::from_ref(&hit.event), &after.events[..]] {
            add_profiles(app, viewer, events, &mut context).await?;
        }
    }
    Ok(context)
}

async fn page(
    app: &App,
    viewer: &Viewer,
    (from, way): (TimelineOrd, Way),
    limit: UInt,
) -> Result<Page, ApiError> {
    let limit = usize::try_from(limit).unwrap_or(MOST).min(MOST);
    let wanted = |event: &Stored| !viewer.ignores(event);
    let request = PageRequest { from: Some(from), to: None, way, limit, wanted: &wanted };
    Ok(app.rooms.messages(viewer, request).await?)
}

/// Adds how those who speak were called at the time.
async fn add_profiles(
    app: &App,
    viewer: &Viewer,
    events: &[Shown],
    context: &mut EventContextResult,
) -> Result<(), ApiError> {
    #[derive(Default, Deserialize)]
    struct Member {
        displayname: Option<String>,
        avatar_url: Option<OwnedMxcUri>,
    }
    for member in app.rooms.members_for(viewer, events).await? {
        let Some(Ok(user)) = member.pdu.state_key().map(ruma_common::UserId::parse) else {
            continue;
        };
        let Member { displayname, avatar_url } = member.pdu.content_as().unwrap_or_default();
        let mut profile = UserProfile::new();
        (profile.displayname, profile.avatar_url) = (displayname, avatar_url);
        context.profile_info.insert(user, profile);
    }
    Ok(())
}
