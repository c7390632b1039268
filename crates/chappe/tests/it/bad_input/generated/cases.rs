//! The cases of an operation.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::Cast;
use super::sample::{object, properties, sample, wrong};
use crate::harness::{Http, Operation, Person};

/// What is wrong with what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    WellFormed,
    NoToken,
    WrongToken,
    AnotherPerson,
    UnknownRoom,
    ForeignRoom,
    PowerTooLow,
    MissingField,
    WrongType,
    HugeField,
    DeepNesting,
    NotJson,
    NoObject,
    InvalidIdentifier,
    MissingParameter,
    InvalidParameter,
    UnknownParameter,
    WrongMethod,
    UnknownPath,
}

/// A status, and the errcodes that may come with it; any, when there is none.
pub(super) type Allowed = (u16, &'static [&'static str]);

const BAD_FIELD: &[Allowed] = &[(400, &["M_BAD_JSON", "M_MISSING_PARAM", "M_INVALID_PARAM"])];
const BAD_PARAMETER: &[Allowed] = &[(400, &["M_MISSING_PARAM", "M_INVALID_PARAM"])];
const NOT_THEIRS: &[Allowed] = &[(403, &["M_FORBIDDEN"]), (404, &["M_NOT_FOUND"])];
const BAD_IDENTIFIER: &[Allowed] =
    &[(400, &["M_INVALID_PARAM"]), (403, &["M_FORBIDDEN"]), (404, &["M_NOT_FOUND"])];

/// Something to ask, and what may be answered.
pub(super) struct Case {
    pub(super) kind: Kind,
    /// The field, the parameter: what is wrong.
    pub(super) what: String,
    pub(super) http: Http,
    pub(super) authorization: Option<String>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
    /// Refusals; anything but a failure of the server, when there are none.
    pub(super) allowed: Option<&'static [Allowed]>,
}

impl Kind {
    /// Whether who may not ask at all is told that first.
    pub(super) fn may_be_refused_before(self) -> bool {
        use Kind::*;
        !matches!(self, NoToken | WrongToken | PowerTooLow | WrongMethod | UnknownPath)
    }
}

impl Case {
    /// What a client asks that does as the specification says.
    pub(super) fn well_formed(operation: &Operation, people: &Cast) -> Self {
        let schema = &operation.details["requestBody"]["content"]["application/json"]["schema"];
        let body =
            if schema.is_null() { "{}".to_owned() } else { object(schema, people).to_string() };
        Self {
            kind: Kind::WellFormed,
            what: String::new(),
            http: people.person.http.careless(),
            authorization: Some(bearer(&people.person)),
            method: operation.method.clone(),
            path: format!(
                "{}{}",
                path(operation, people, |_| None),
                query(operation, people, None)
            ),
            body: body.into(),
            allowed: None,
        }
    }

    fn but(&self, kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            http: self.http.clone(),
            authorization: self.authorization.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            body: self.body.clone(),
            allowed: None,
        }
    }

    fn allowing(self, allowed: &'static [Allowed]) -> Self {
        Self { allowed: Some(allowed), ..self }
    }
}

/// Everything that may be wrong with an operation's request.
pub(super) fn cases(operation: &Operation, methods: &[Method], people: &Cast) -> Vec<Case> {
    let good = Case::well_formed(operation, people);
    let mut cases = tokens(operation, &good);
    cases.extend(places(operation, people, &good));
    cases.extend(fields(operation, people, &good));
    cases.extend(texts(operation, &good));
    cases.extend(identifiers(operation, people, &good));
    cases.extend(parameters(operation, people, &good));
    cases.extend(paths(methods, &good));
    cases
}

fn tokens(operation: &Operation, good: &Case) -> Vec<Case> {
    let needed = operation.details["security"].as_array();
    let needed = needed.is_some_and(|ways| {
        !ways.is_empty()
            && ways.iter().all(|way| {
                let way = way.as_object().and_then(|way| way.keys().next());
                way.is_some_and(|way| way.starts_with("accessToken"))
            })
    });
    if !needed {
        let none = Case { authorization: None, ..good.but(Kind::NoToken, "") };
        return vec![none];
    }
    let with = |kind, token: Option<&str>, allowed| {
        let authorization = token.map(ToOwned::to_owned);
        Case { authorization, ..good.but(kind, "") }.allowing(allowed)
    };
    let own = good.authorization.clone().unwrap_or_default();
    vec![
        with(Kind::NoToken, None, &[(401, &["M_MISSING_TOKEN"])]),
        with(Kind::WrongToken, Some("Bearer unknown"), &[(401, &["M_UNKNOWN_TOKEN"])]),
        with(Kind::WrongToken, Some(&format!("{own}x")), &[(401, &["M_UNKNOWN_TOKEN"])]),
        with(Kind::WrongToken, Some("Basic eDp5"), &[(401, &["M_MISSING_TOKEN"])]),
    ]
}

/// Rooms and people that are not theirs.
fn places(operation: &Operation, people: &Cast, good: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    let query = query(operation, people, None);
    let at = |name: &'static str, value: String| {
        let path = path(operation, people, move |part| (part == name).then(|| value.clone()));
        format!("{path}{query}")
    };
    if operation.path.contains("{userId}") {
        let path = at("userId", people.other.clone());
        let case = Case { path, ..good.but(Kind::AnotherPerson, "") };
        cases.push(case.allowing(NOT_THEIRS));
    }
    for name in ["roomId", "roomIdOrAlias"] {
        if !operation.path.contains(&format!("{{{name}}}")) {
            continue;
        }
        for room in ["!unknown:chappe.example", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"] {
            let case =
                Case { path: at(name, room.to_owned()), ..good.but(Kind::UnknownRoom, room) };
            cases.push(case.allowing(NOT_THEIRS));
        }
        let elsewhere = path(operation, people, |part| match part {
            part if part == name => Some(people.elsewhere.clone()),
            "eventId" => Some(people.hers.clone()),
            _ => None,
        }) + &query;
        let foreign = Case { path: elsewhere.clone(), ..good.but(Kind::ForeignRoom, "") };
        cases.push(foreign.allowing(NOT_THEIRS));
        if needs_power(operation) {
            let weak = Some(bearer(&people.powerless));
            let weak =
                Case { path: elsewhere, authorization: weak, ..good.but(Kind::PowerTooLow, "") };
            cases.push(weak.allowing(&[(403, &["M_FORBIDDEN"])]));
        }
    }
    cases
}

/// Operations for moderators of a room.
fn needs_power(operation: &Operation) -> bool {
    let powerful = [
        "ban",
        "unban",
        "kick",
        "inviteUser",
        "upgradeRoom",
        "setRoomStateWithKey",
        "redactEvent",
        "setRoomVisibilityOnDirectory",
    ];
    powerful.contains(&operation.id.as_str())
}

/// Fields that are missing, of a wrong type, or too large.
fn fields(operation: &Operation, people: &Cast, good: &Case) -> Vec<Case> {
    let schema = &operation.details["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_null() {
        return Vec::new();
    }
    let mut cases = Vec::new();
    let whole = object(schema, people);
    for (at, schema) in objects(schema, people, 3) {
        let (properties, required) = properties(&schema);
        for (name, schema) in &properties {
            let with = |kind, value: Option<Value>| {
                let body = replaced(&whole, &at, name, value);
                let what =
                    format!("{} ", [at.as_slice(), std::slice::from_ref(name)].concat().join("/"));
                let shown: String = body.chars().take(60).collect();
                Case { body: body.into(), ..good.but(kind, what + &shown) }
            };
            if required.contains(name) {
                cases.push(with(Kind::MissingField, None).allowing(BAD_FIELD));
            }
            for value in wrong(schema) {
                cases.push(with(Kind::WrongType, Some(value)).allowing(BAD_FIELD));
            }
            cases.push(with(Kind::HugeField, Some(json!("x".repeat(100_000)))));
            cases.push(with(Kind::HugeField, Some(json!(vec!["x"; 20_000]))));
            cases.push(with(Kind::WrongType, Some(json!(null))));
            let nested = (0..90).fold(json!(1), |inner, _| json!({ "a": inner }));
            cases.push(with(Kind::DeepNesting, Some(nested)));
        }
    }
    cases
}

/// The objects that a schema describes: itself, and what it holds, so deep at most.
fn objects(schema: &Value, people: &Cast, depth: usize) -> Vec<(Vec<String>, Value)> {
    let mut found = vec![(Vec::new(), schema.clone())];
    if depth == 0 {
        return found;
    }
    for (name, schema) in properties(schema).0 {
        if sample(&schema, people).is_object() && !properties(&schema).0.is_empty() {
            found.extend(
                objects(&schema, people, depth - 1).into_iter().map(|(at, schema)| {
                    (std::iter::once(name.clone()).chain(at).collect(), schema)
                }),
            );
        }
    }
    found
}

/// A body with another value somewhere, or without one.
fn replaced(whole: &Value, at: &[String], name: &str, value: Option<Value>) -> String {
    let mut body = whole.clone();
    let mut place = &mut body;
    for part in at {
        if !place[part].is_object() {
            place[part] = json!({});
        }
        place = &mut place[part];
    }
    match (value, place.as_object_mut()) {
        (Some(value), Some(place)) => drop(place.insert(name.to_owned(), value)),
        (None, Some(place)) => drop(place.remove(name)),
        (_, None) => {}
    }
    body.to_string()
}

/// Bodies that are no JSON, no object, or nested without end.
fn texts(operation: &Operation, good: &Case) -> Vec<Case> {
    let content = &operation.details["requestBody"]["content"];
    if content["application/json"].is_null() {
        return Vec::new();
    }
    let with = |kind, body: &str, allowed| {
        let shown: String = body.chars().take(20).collect();
        Case { body: body.to_owned().into(), ..good.but(kind, shown) }.allowing(allowed)
    };
    let not_json: &[Allowed] = &[(400, &["M_NOT_JSON"])];
    let bad_json: &[Allowed] = &[(400, &["M_BAD_JSON"])];
    vec![
        with(Kind::NotJson, "{", not_json),
        with(Kind::NotJson, "<xml/>", not_json),
        with(Kind::NotJson, "{} {}", not_json),
        with(Kind::NoObject, "[]", bad_json),
        with(Kind::NoObject, "\"text\"", bad_json),
        with(Kind::NoObject, "null", bad_json),
        with(Kind::NoObject, "{\"a\":1,\"a\":2}", bad_json),
        with(Kind::DeepNesting, &"{\"a\":".repeat(10_000), bad_json),
        with(
            Kind::DeepNesting,
            &format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
            bad_json,
        ),
        with(
            Kind::HugeField,
            &format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_001)),
            &[(413, &["M_TOO_LARGE"])],
        ),
    ]
}

/// Parts of the path that are no identifiers.
fn identifiers(operation: &Operation, people: &Cast, good: &Case) -> Vec<Case> {
    let names = ["userId", "roomId", "eventId", "roomAlias", "roomIdOrAlias", "serverName"];
    let long = "x".repeat(5_000);
    let mut cases = Vec::new();
    let query = query(operation, people, None);
    for name in names.into_iter().filter(|name| operation.path.contains(&format!("{{{name}}}"))) {
        let sigil = match name {
            "userId" => "@",
            "eventId" => "%24",
            "roomAlias" => "%23",
            "serverName" => "",
            _ => "!",
        };
        for value in ["garbage", "%20", "%00", "a%2Fb", "%F0%9F%92%A9", ":", &long] {
            for value in [value.to_owned(), format!("{sigil}{value}")] {
                let what = format!("{name} {value:.20}");
                let path = path(operation, people, |part| (part == name).then(|| value.clone()));
                let case = Case { path: path + &query, ..good.but(Kind::InvalidIdentifier, what) };
                cases.push(case.allowing(BAD_IDENTIFIER));
            }
        }
    }
    cases
}

/// Parameters of the query that are missing, wrong or unknown.
fn parameters(operation: &Operation, people: &Cast, good: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    let plain = path(operation, people, |_| None);
    let with = |kind, what: &str, query: String| Case {
        path: format!("{plain}{query}"),
        ..good.but(kind, what)
    };
    for parameter in operation.details["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] != "query" {
            continue;
        }
        let name = parameter["name"].as_str().expect("a name");
        let schema = &parameter["schema"];
        if parameter["required"] == true {
            let missing = query(operation, people, Some((name, &[])));
            cases.push(with(Kind::MissingParameter, name, missing).allowing(BAD_PARAMETER));
        }
        let invalid: &[&str] = match schema["type"].as_str() {
            Some("integer") => &["x", "-1", "1.5", "99999999999999999999", ""],
            Some("boolean") => &["perhaps", "2", ""],
            _ if schema["enum"].is_array() => &["unheard-of", "", "%00"],
            _ => &["%00", "%ff", "%7B", "x%0Ay"],
        };
        for value in invalid {
            let query = query(operation, people, Some((name, &[*value])));
            let case = with(Kind::InvalidParameter, &format!("{name} {value}"), query);
            let strict = schema["type"] == "integer"
                || schema["type"] == "boolean"
                || schema["enum"].is_array();
            cases.push(if strict { case.allowing(BAD_PARAMETER) } else { case });
        }
        let long = query(operation, people, Some((name, &[&"9".repeat(10_000)])));
        cases.push(with(Kind::InvalidParameter, &format!("{name} long"), long));
    }
    let separator = if good.path.contains('?') { '&' } else { '?' };
    let unknown = format!("{}{separator}unheard_of=1", good.path);
    cases.push(Case { path: unknown, ..good.but(Kind::UnknownParameter, "") });
    cases
}

/// Methods and paths that there are not.
fn paths(methods: &[Method], good: &Case) -> Vec<Case> {
    let others = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];
    let others = others.into_iter().filter(|method| !methods.contains(method));
    let mut cases: Vec<Case> = others
        .map(|method| {
            let case =
                Case { method: method.clone(), ..good.but(Kind::WrongMethod, method.as_str()) };
            case.allowing(&[(405, &["M_UNRECOGNIZED"])])
        })
        .collect();
    let path = good.path.split('?').next().unwrap_or_default();
    let path = format!("{}/unheard/of/by/anybody", path.trim_end_matches('/'));
    let unknown = Case { path, ..good.but(Kind::UnknownPath, "") };
    cases.push(unknown.allowing(&[(404, &["M_UNRECOGNIZED"])]));
    cases
}

fn bearer(person: &Person) -> String {
    format!("Bearer {}", person.token)
}

/// The operation's path: with what `other` gives, or what is theirs.
fn path(operation: &Operation, people: &Cast, other: impl Fn(&str) -> Option<String>) -> String {
    let mut path = String::new();
    for part in operation.path.split('/').skip(1) {
        path.push('/');
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let Some(name) = name else {
            path.push_str(part);
            continue;
        };
        path.push_str(&other(name).unwrap_or_else(|| match name {
            "userId" => people.person.user_id.clone(),
            "roomId" | "roomIdOrAlias" => people.room.clone(),
            "eventId" => people.event.clone(),
            "deviceId" => people.person.device_id.clone(),
            "roomAlias" => "%23nothing:chappe.example".to_owned(),
            "serverName" => "chappe.example".to_owned(),
            "eventType" | "type" => "m.room.topic".to_owned(),
            "kind" => "override".to_owned(),
            "receiptType" => "m.read".to_owned(),
            // One that was used answers what it answered then.
            "txnId" => transaction(),
            _ => "x".to_owned(),
        }));
    }
    path
}

/// A transaction's id that was not used before.
fn transaction() -> String {
    static USED: AtomicUsize = AtomicUsize::new(0);
    format!("bad-{}", USED.fetch_add(1, Ordering::Relaxed))
}

/// The parameters that must be there, one of them with other values.
fn query(operation: &Operation, people: &Cast, other: Option<(&str, &[&str])>) -> String {
    let mut pairs = Vec::new();
    for parameter in operation.details["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        match other.filter(|(other, _)| *other == name) {
            Some((_, values)) => pairs.extend(values.iter().map(|value| format!("{name}={value}"))),
            None if parameter["in"] == "query" && parameter["required"] == true => {
                let value = sample(&parameter["schema"], people);
                let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                pairs.push(format!("{name}={text}"));
            }
            None => {}
        }
    }
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
