//! What an encrypted room accepts in clear.
//!
//! Promise: the server refuses plaintext in encrypted rooms. A list of what is refused would let
//! through every kind that somebody invents tomorrow, so this is the list of what is accepted: the
//! encrypted event, and what the specification and real clients send in clear beside it. State is
//! not covered: Matrix has no encrypted state.

use serde::Deserialize;
use serde_json::Value;

/// The algorithm of encrypted rooms.
pub const ALGORITHM: &str = "m.megolm.v1.aes-sha2";

/// Whether a message event of this type, with this content, is refused in an encrypted room.
pub fn must_refuse_plaintext(kind: &str, content: &Value) -> bool {
    match kind {
        "m.room.encrypted" => !is_ciphertext(content),
        // A reaction is a relation, and relations stay in clear (MSC2677): clients do not encrypt it.
        // A redaction has a target and a reason; it is acted on by servers.
        "m.reaction" | "m.room.redaction" => false,
        // "verification messages may be sent unencrypted": keys and hashes, no words. The request
        // is an `m.room.message` and carries text: it is sent encrypted, or to devices.
        kind => !kind.starts_with("m.key.verification."),
    }
}

/// An event that only calls itself encrypted is plaintext.
fn is_ciphertext(content: &Value) -> bool {
    #[derive(Deserialize)]
    struct Encrypted<'a> {
        algorithm: &'a str,
        ciphertext: &'a str,
    }
    let readable = ["body", "formatted_body", "msgtype", "m.new_content"];
    Encrypted::deserialize(content)
        .is_ok_and(|content| content.algorithm == ALGORITHM && !content.ciphertext.is_empty())
        && !readable.iter().any(|key| content.get(key).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
