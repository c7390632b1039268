//! Redaction, and the two parts of an event: the skeleton that it keeps and the body that it takes.
//!
//! The hash that names an event and its signatures are computed on the skeleton, so a body can be
//! destroyed and the room still stands (`spec/content/rooms`, "Redactions").

use ruma_common::CanonicalJsonObject;
use ruma_common::CanonicalJsonValue as Json;
use ruma_common::canonical_json::{CanonicalJsonFieldError, redact_in_place};
use ruma_common::room_version_rules::RoomVersionRules;

use crate::event::{EventError, Pdu};

/// Why an event cannot be redacted.
#[derive(Debug, thiserror::Error)]
pub enum RedactionError {
    /// It lacks what redaction looks at.
    #[error("malformed event: {0}")]
    Field(#[from] CanonicalJsonFieldError),
    /// What is left is no event.
    #[error(transparent)]
    Event(#[from] EventError),
}

/// An event in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What redaction keeps; hash and signatures hold on it.
    pub skeleton: CanonicalJsonObject,
    /// What redaction takes away.
    pub body: CanonicalJsonObject,
}

/// Parts an event. [`join`] puts it together again.
pub fn split(
    rules: &RoomVersionRules,
    event: CanonicalJsonObject,
) -> Result<Parts, RedactionError> {
    let mut skeleton = event.clone();
    redact_in_place(&mut skeleton, &rules.redaction, None)?;
    let body = without(event, &skeleton);
    Ok(Parts { skeleton, body })
}

/// Puts an event together.
pub fn join(mut skeleton: CanonicalJsonObject, body: CanonicalJsonObject) -> CanonicalJsonObject {
    for (key, value) in body {
        let whole = match (skeleton.remove(&key), value) {
            (Some(Json::Object(kept)), Json::Object(taken)) => Json::Object(join(kept, taken)),
            (_, value) => value,
        };
        skeleton.insert(key, whole);
    }
    skeleton
}

/// The event with its body gone.
pub fn redact(rules: &RoomVersionRules, event: &Pdu) -> Result<Pdu, RedactionError> {
    let mut json = event.json()?;
    redact_in_place(&mut json, &rules.redaction, None)?;
    Ok(Pdu::from_json(json, event.event_id().to_owned())?)
}

/// What `object` has beyond `kept`, which redaction made of it by removing keys only.
fn without(object: CanonicalJsonObject, kept: &CanonicalJsonObject) -> CanonicalJsonObject {
    let beyond = object.into_iter().filter_map(|(key, value)| match (kept.get(&key), value) {
        (Some(Json::Object(kept)), Json::Object(value)) if *kept != value => {
            Some((key, Json::Object(without(value, kept))))
        }
        (Some(_), _) => None,
        (None, value) => Some((key, value)),
    });
    beyond.collect()
}
