//! `POST /_matrix/client/v3/search`: finds what was said in rooms that are not encrypted.
//!
//! Beside what the specification knows, the filter takes `org.chappe.from_ts` and
//! `org.chappe.to_ts`: only events sent from the one on, and before the other, in milliseconds
//! since the Unix epoch.

mod around;

use std::collections::BTreeMap;

use js_int::UInt;
use ruma_client_api::search::search_events::v3::{
    Criteria, Grouping, GroupingKey, OrderBy, Request, Response, ResultCategories, ResultGroup,
    ResultGroupMap, ResultGroupMapsByGroupingKey, ResultRoomEvents, SearchKeys, SearchResult,
};
use search::{Answer, Hit, Key, Order, Question, Search};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{paging, reading};
use crate::{ApiError, App, Call, Caller};

/// Answers of a page, when the request does not say.
const USUAL: u64 = 10;
/// Answers of a page at most.
const MOST: u64 = 50;

/// What a request says that ruma's type does not.
#[derive(Default, Deserialize)]
struct Said<'a> {
    #[serde(borrow, default)]
    search_categories: SaidOfCategories<'a>,
}

#[derive(Default, Deserialize)]
struct SaidOfCategories<'a> {
    #[serde(borrow)]
    room_events: Option<SaidOfEvents<'a>>,
}

#[derive(Default, Deserialize)]
struct SaidOfEvents<'a> {
    #[serde(borrow)]
    filter: Option<&'a RawValue>,
    event_context: Option<IgnoredAny>,
}

/// What the filter says beyond the specification.
#[derive(Default, Deserialize)]
struct Times {
    #[serde(rename = "org.chappe.from_ts")]
    from: Option<UInt>,
    #[serde(rename = "org.chappe.to_ts")]
    to: Option<UInt>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    // Without an index there is no such endpoint.
    let search = app.search.clone().ok_or_else(ApiError::unrecognized)?;
    let Some(criteria) = call.request.search_categories.room_events else {
        return Ok(Response::new(ResultCategories::new()));
    };
    let said: Said<'_> = serde_json::from_slice(&call.body)
        .map_err(|error| ApiError::bad_json(error.to_string()))?;
    let said = said.search_categories.room_events.unwrap_or_default();
    let filter = said.filter.map(RawValue::get);
    let asked = Asked { app: &app, who: &call.who, search, criteria };
    let answer = asked.answer(filter, call.request.next_batch).await?;
    let context = said.event_context.is_some();
    let mut categories = ResultCategories::new();
    categories.room_events = asked.shown(answer, context).await?;
    Ok(Response::new(categories))
}

/// A question, and who asks it.
struct Asked<'a> {
    app: &'a App,
    who: &'a Caller,
    search: Search,
    criteria: Criteria,
}

impl Asked<'_> {
    /// Has the question answered.
    async fn answer(
        &self,
        filter: Option<&str>,
        next_batch: Option<String>,
    ) -> Result<Answer, ApiError> {
        let times = filter.map(serde_json::from_str).transpose();
        let times: Option<Times> =
            times.map_err(|error: serde_json::Error| ApiError::bad_json(error.to_string()))?;
        let Times { from, to } = times.unwrap_or_default();
        let filter = paging::filter_of(filter, self.criteria.filter.clone())?;
        let limit = filter.limit.unwrap_or(USUAL).min(MOST);
        let ignored = self.app.devices.ignored_people(&self.who.user_id).await?;
        let question = Question {
            user: self.who.user_id.clone(),
            device: self.who.device_id.clone(),
            term: self.criteria.search_term.clone(),
            keys: keys(self.criteria.keys.as_deref())?,
            filter,
            ignored: ignored.into_iter().collect(),
            from: from.map(u64::from),
            to: to.map(u64::from),
            order: order(self.criteria.order_by.as_ref())?,
            limit: usize::try_from(limit).unwrap_or_default(),
            next_batch,
        };
        Ok(self.search.search(&question).await?)
    }

    /// The answer as it is told.
    async fn shown(&self, answer: Answer, context: bool) -> Result<ResultRoomEvents, ApiError> {
        let mut told = ResultRoomEvents::new();
        told.count = UInt::new(answer.count);
        told.groups = self.groups(&answer)?;
        for hit in &answer.hits {
            told.results.push(self.result(hit, context).await?);
        }
        if self.criteria.include_state == Some(true) {
            for hit in &answer.hits {
                let room = &hit.viewer.room().id;
                if !told.state.contains_key(room) {
                    let state = self.app.rooms.state(&self.who.user_id, room).await?;
                    let state = reading::state(&hit.viewer, &state).await?;
                    told.state.insert(room.clone(), state);
                }
            }
        }
        told.next_batch = answer.next_batch;
        told.highlights = answer.highlights.into_iter().collect();
        Ok(told)
    }

    async fn result(&self, hit: &Hit, context: bool) -> Result<SearchResult, ApiError> {
        let mut result = SearchResult::new();
        result.rank = Some(f64::from(hit.rank));
        result.result = Some(reading::event(&hit.viewer, &hit.event).await?);
        if context {
            let wanted = &self.criteria.event_context;
            result.context = around::context(self.app, hit, wanted).await?;
        }
        Ok(result)
    }

    /// The answers by room and by sender, as far as that is asked for.
    fn groups(&self, answer: &Answer) -> Result<ResultGroupMapsByGroupingKey, ApiError> {
        let mut groups = ResultGroupMapsByGroupingKey::new();
        for Grouping { key, .. } in &self.criteria.groupings.group_by {
            groups.insert(match key {
                Some(GroupingKey::RoomId) => {
                    ResultGroupMap::RoomId(grouped(answer, &answer.next_in_rooms, |hit| {
                        hit.viewer.room().id.clone()
                    }))
                }
                Some(GroupingKey::Sender) => {
                    ResultGroupMap::Sender(grouped(answer, &answer.next_of_senders, |hit| {
                        hit.event.stored().sender().to_owned()
                    }))
                }
                _ => return Err(ApiError::invalid_param("a group's key is room_id or sender")),
            });
        }
        Ok(groups)
    }
}

/// The events of each group, in the order of the answers; and the groups by their best event.
fn grouped<K: Ord + Clone>(
    answer: &Answer,
    next: &BTreeMap<K, Option<String>>,
    of: impl Fn(&Hit) -> K,
) -> BTreeMap<K, ResultGroup> {
    let mut groups = BTreeMap::<K, ResultGroup>::new();
    for hit in &answer.hits {
        let (key, count) = (of(hit), groups.len());
        let group = groups.entry(key.clone()).or_insert_with(|| {
            let mut group = ResultGroup::new();
            group.order = u32::try_from(count).ok().map(UInt::from);
            group.next_batch = next.get(&key).cloned().flatten();
            group
        });
        group.results.push(hit.event.stored().id().to_owned());
    }
    groups
}

fn keys(asked: Option<&[SearchKeys]>) -> Result<Vec<Key>, ApiError> {
    let Some(asked) = asked else { return Ok(Key::ALL.to_vec()) };
    let key = |key: &SearchKeys| match key {
        SearchKeys::ContentBody => Ok(Key::Body),
        SearchKeys::ContentName => Ok(Key::Name),
        SearchKeys::ContentTopic => Ok(Key::Topic),
        other => Err(ApiError::invalid_param(format!("{other} is not searched"))),
    };
    asked.iter().map(key).collect()
}

fn order(asked: Option<&OrderBy>) -> Result<Order, ApiError> {
    match asked {
        None | Some(OrderBy::Rank) => Ok(Order::Rank),
        Some(OrderBy::Recent) => Ok(Order::Recent),
        Some(other) => Err(ApiError::invalid_param(format!("{other} is no order"))),
    }
}
