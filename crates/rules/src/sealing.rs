//! What an encrypted room accepts in clear.
//!
//! Promise: the server refuses plaintext in encrypted rooms. A list of what is refused would let
//! through every kind that somebody invents tomorrow, so this is the list of what is accepted: the
//! encrypted event, and what the specification and real clients send in clear beside it. State is
//! not covered: Matrix has no encrypted state.

use serde_json::Value;

/// The algorithm of encrypted rooms.
pub const ALGORITHM: &str = "m.megolm.v1.aes-sha2";

/// Fields of an encrypted event.
const ENCRYPTED: [&str; 6] =
    ["algorithm", "ciphertext", "device_id", "m.relates_to", "sender_key", "session_id"];
/// Fields of a reaction; the last two name a picture that some clients react with.
const REACTION: [&str; 3] = ["m.relates_to", "shortcode", "com.beeper.reaction.shortcode"];
/// Fields of a redaction.
const REDACTION: [&str; 2] = ["reason", "redacts"];
/// Fields of a relation.
const RELATION: [&str; 5] = ["event_id", "is_falling_back", "key", "m.in_reply_to", "rel_type"];
/// Steps of a verification.
const VERIFICATION: [&str; 7] = ["accept", "cancel", "done", "key", "mac", "ready", "start"];
/// Fields of those steps: keys and hashes, and why it ends.
const VERIFICATION_FIELDS: [&str; 18] = [
    "code",
    "commitment",
    "from_device",
    "hash",
    "hashes",
    "key",
    "key_agreement_protocol",
    "key_agreement_protocols",
    "keys",
    "m.relates_to",
    "mac",
    "message_authentication_code",
    "message_authentication_codes",
    "method",
    "methods",
    "reason",
    "secret",
    "short_authentication_string",
];
/// Bytes of a text in clear at most: an identifier, a key, a reason.
const TEXT: usize = 255;
/// Bytes of what one reacts with at most, unless it is the address of a picture: the longest emoji
/// have some forty.
const SYMBOL: usize = 64;
/// Texts of a list in clear at most.
const TEXTS: usize = 32;

/// Whether a message event of this type, with this content, is refused in an encrypted room.
pub fn must_refuse_plaintext(kind: &str, content: &Value) -> bool {
    let accepted = match kind {
        "m.room.encrypted" => is_ciphertext(content),
        // A reaction is a relation, and relations stay in clear (MSC2677): clients do not encrypt it.
        "m.reaction" => has_only(content, &REACTION) && is_symbol(content),
        // A redaction has a target and a reason; it is acted on by servers.
        "m.room.redaction" => has_only(content, &REDACTION),
        // "verification messages may be sent unencrypted": keys and hashes, no words. The request
        // is an `m.room.message` and carries text: it is sent encrypted, or to devices.
        kind => kind.strip_prefix("m.key.verification.").is_some_and(|step| {
            VERIFICATION.contains(&step) && has_only(content, &VERIFICATION_FIELDS)
        }),
    };
    !accepted
}

/// An event that only calls itself encrypted is plaintext, and so is what stands beside a
/// ciphertext.
fn is_ciphertext(content: &Value) -> bool {
    let text = |field: &str| content.get(field).and_then(Value::as_str);
    text("algorithm") == Some(ALGORITHM)
        && text("ciphertext").is_some_and(|text| !text.is_empty())
        && has_only(content, &ENCRYPTED)
}

/// Whether a content has no fields but these, and only short texts in them, a ciphertext apart.
fn has_only(content: &Value, fields: &[&str]) -> bool {
    let accepts = |field: &str, value: &Value| match field {
        "ciphertext" => true,
        "m.relates_to" => has_only(value, &RELATION),
        _ => is_short(value),
    };
    content.as_object().is_some_and(|object| {
        object
            .iter()
            .all(|(field, value)| fields.contains(&field.as_str()) && accepts(field, value))
    })
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() <= TEXT,
        Value::Array(items) => items.len() <= TEXTS && items.iter().all(is_short),
        Value::Object(entries) => {
            entries.len() <= TEXTS
                && entries.iter().all(|(key, value)| key.len() <= TEXT && is_short(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether what one reacts with is a symbol, and no sentence.
fn is_symbol(content: &Value) -> bool {
    let key = content.get("m.relates_to").and_then(|relation| relation.get("key"));
    key.and_then(Value::as_str).is_none_or(|key| key.len() <= SYMBOL || key.starts_with("mxc://"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_readable_stands_beside_what_is_accepted() {
        let relation = json!({
            "rel_type": "m.thread", "event_id": "$e", "is_falling_back": true,
            "m.in_reply_to": { "event_id": "$f" },
        });
        let sealed = json!({
            "algorithm": ALGORITHM, "ciphertext": "A".repeat(60_000), "session_id": "s",
            "sender_key": "k", "device_id": "D", "m.relates_to": relation,
        });
        let mac = json!({ "mac": { "ed25519:D": "m" }, "keys": "k", "m.relates_to": relation });
        let start = json!({
            "from_device": "D", "method": "m.sas.v1", "hashes": ["sha256"],
            "key_agreement_protocols": ["curve25519-hkdf-sha256"],
            "message_authentication_codes": ["hkdf-hmac-sha256.v2"],
            "short_authentication_string": ["emoji"], "m.relates_to": relation,
        });
        let reciprocate =
            json!({ "from_device": "D", "method": "m.reciprocate.v1", "secret": "c2VjcmV0" });
        let reaction = |key: &str| json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$e", "key": key } });
        let picture = format!("mxc://s.test/{}", "a".repeat(80));
        let sentence = "let us meet at the station at noon, and bring the papers with you, all";
        let accepted = [
            ("m.room.encrypted", sealed.clone()),
            ("m.reaction", reaction("👩‍👩‍👧‍👦")),
            ("m.reaction", reaction(&picture)),
            ("m.room.redaction", json!({ "redacts": "$e", "reason": "spam" })),
            ("m.key.verification.mac", mac),
            ("m.key.verification.start", start),
            ("m.key.verification.start", reciprocate),
            ("m.key.verification.cancel", json!({ "code": "m.user", "reason": "not now" })),
        ];
        for (kind, content) in &accepted {
            assert!(!must_refuse_plaintext(kind, content), "{kind} {content}");
            for field in ["body", "text", "org.example.tomorrow"] {
                let mut beside = content.clone();
                beside[field] = "hello".into();
                assert!(must_refuse_plaintext(kind, &beside), "{kind} with {field}");
            }
        }
        let mut in_relation = sealed.clone();
        in_relation["m.relates_to"]["org.example.quote"] = "hello".into();
        let mut in_reply = sealed.clone();
        in_reply["m.relates_to"]["m.in_reply_to"]["event_id"] = "hello ".repeat(60).into();
        let mut in_session = sealed;
        in_session["session_id"] = "hello ".repeat(60).into();
        let refused = [
            ("m.room.encrypted", in_relation),
            ("m.room.encrypted", in_reply),
            ("m.room.encrypted", in_session),
            ("m.reaction", reaction(sentence)),
            ("m.room.redaction", json!({ "redacts": "$e", "reason": "words ".repeat(60) })),
            ("m.key.verification.cancel", json!({ "reason": "words ".repeat(60) })),
            ("m.key.verification.mac", json!({ "keys": vec!["word"; 100] })),
            ("m.key.verification.request", json!({ "from_device": "D" })),
            ("m.key.verification.done", json!("hello")),
        ];
        for (kind, content) in refused {
            assert!(must_refuse_plaintext(kind, &content), "{kind} {content}");
        }
    }

    #[test]
    fn an_encrypted_room_takes_ciphertext_and_what_is_never_encrypted() {
        let sealed = json!({ "algorithm": ALGORITHM, "ciphertext": "AwgA", "session_id": "s" });
        let olm = json!({ "algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": {} });
        let disguised = json!({ "algorithm": ALGORITHM, "ciphertext": "AwgA", "body": "hello" });
        let refused = true;
        let table = [
            ("m.room.encrypted", sealed, !refused),
            ("m.room.encrypted", json!({ "body": "hello" }), refused),
            ("m.room.encrypted", disguised, refused),
            ("m.room.encrypted", olm, refused),
            ("m.room.encrypted", json!({ "algorithm": ALGORITHM, "ciphertext": "" }), refused),
            ("m.reaction", json!({ "m.relates_to": { "key": "+1" } }), !refused),
            ("m.room.redaction", json!({ "redacts": "$e" }), !refused),
            ("m.key.verification.start", json!({}), !refused),
            ("m.key.verification.mac", json!({}), !refused),
            ("m.room.message", json!({ "body": "hello" }), refused),
            ("m.sticker", json!({}), refused),
            ("m.call.invite", json!({}), refused),
            ("m.poll.start", json!({}), refused),
            ("org.matrix.msc3381.poll.start", json!({}), refused),
            ("m.location", json!({}), refused),
            ("org.example.tomorrow", json!({}), refused),
            ("m.key.verificationx", json!({}), refused),
        ];
        for (kind, content, expected) in table {
            assert_eq!(must_refuse_plaintext(kind, &content), expected, "{kind} {content}");
        }
    }
}
