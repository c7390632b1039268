//! Signed JSON objects: device keys and cross-signing keys as their owners made them.

use rules::json::parse_canonical;
use ruma_common::serde::{Base64, base64::Standard};
use ruma_common::{CanonicalJsonObject, CanonicalJsonValue, SigningKeyAlgorithm, UserId};
use ruma_signatures::{to_canonical_json_string_for_signing, verify_canonical_json_bytes};

use crate::error::DeviceError;

/// A JSON object with signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed(pub(crate) CanonicalJsonObject);

impl Signed {
    /// Reads what a stranger sent. `unsigned` is dropped: servers add it, nobody signs it.
    pub(crate) fn parse(text: &str) -> Result<Self, DeviceError> {
        let mut object = parse_canonical(text.as_bytes())
            .map_err(|error| DeviceError::Malformed(error.to_string()))?;
        object.remove("unsigned");
        Ok(Self(object))
    }

    /// The object as it is kept.
    pub(crate) fn text(&self) -> Result<String, DeviceError> {
        serde_json::to_string(&self.0).map_err(|error| DeviceError::Invalid(error.to_string()))
    }

    /// The string of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            CanonicalJsonValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The public keys, by id.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        strings(self.0.get("keys"))
    }

    /// The public key of an id.
    pub(crate) fn key(&self, id: &str) -> Option<&str> {
        self.keys().find(|(found, _)| *found == id).map(|(_, key)| key)
    }

    /// The signatures that a person made, by id of the key.
    pub(crate) fn signatures_of(&self, user: &UserId) -> impl Iterator<Item = (&str, &str)> {
        let all = match self.0.get("signatures") {
            Some(CanonicalJsonValue::Object(all)) => all.get(user.as_str()),
            _ => None,
        };
        strings(all)
    }

    /// Whether `signature` over the object is one by an Ed25519 key.
    pub(crate) fn is_signed(&self, signature: &str, public_key: &str) -> bool {
        let (Some(signature), Some(public_key)) = (decode(signature), decode(public_key)) else {
            return false;
        };
        to_canonical_json_string_for_signing(&self.0).is_ok_and(|text| {
            verify_canonical_json_bytes(
                &SigningKeyAlgorithm::Ed25519,
                &public_key,
                &signature,
                text.as_bytes(),
            )
            .is_ok()
        })
    }

    /// Whether a person's key signed the object.
    pub(crate) fn is_signed_by(&self, user: &UserId, key_id: &str, public_key: &str) -> bool {
        let mut signatures = self.signatures_of(user);
        signatures.any(|(id, signature)| id == key_id && self.is_signed(signature, public_key))
    }

    /// Whether two objects say the same, whoever signed them.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let fields = |object: &Self| {
            let mut fields = object.0.clone();
            fields.remove("signatures");
            fields
        };
        fields(self) == fields(other)
    }

    /// Adds a signature.
    pub(crate) fn add_signature(&mut self, user: &str, key_id: &str, signature: &str) {
        let all = self.0.entry("signatures".to_owned());
        let all = all.or_insert_with(|| CanonicalJsonValue::Object(CanonicalJsonObject::new()));
        let CanonicalJsonValue::Object(all) = all else { return };
        let own = all.entry(user.to_owned());
        let own = own.or_insert_with(|| CanonicalJsonValue::Object(CanonicalJsonObject::new()));
        let CanonicalJsonValue::Object(own) = own else { return };
        own.insert(key_id.to_owned(), CanonicalJsonValue::String(signature.to_owned()));
    }

    /// Keeps only those signatures of one person that `keep` says.
    pub(crate) fn retain_signatures(&mut self, user: &UserId, keep: impl Fn(&str, &str) -> bool) {
        let kept: Vec<_> = self
            .signatures_of(user)
            .filter(|(id, signature)| keep(id, signature))
            .map(|(id, signature)| (id.to_owned(), signature.to_owned()))
            .collect();
        self.0.remove("signatures");
        for (id, signature) in kept {
            self.add_signature(user.as_str(), &id, &signature);
        }
    }
}

/// The string entries of an object.
fn strings(value: Option<&CanonicalJsonValue>) -> impl Iterator<Item = (&str, &str)> {
    let entries = match value {
        Some(CanonicalJsonValue::Object(entries)) => Some(entries),
        _ => None,
    };
    entries.into_iter().flatten().filter_map(|(id, value)| match value {
        CanonicalJsonValue::String(text) => Some((id.as_str(), text.as_str())),
        _ => None,
    })
}

fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::<Standard>::parse(text).ok().map(Base64::into_inner)
}

/// Whether a text is an Ed25519 public key: 32 bytes in base64.
pub(crate) fn is_public_key(text: &str) -> bool {
    decode(text).is_some_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;
    use ruma_common::user_id;

    use super::*;

    /// Objects that look like signed keys, with anything in their fields.
    fn texts() -> impl Strategy<Value = String> {
        let key = r#""[A-Za-z0-9+/]{40,90}""#;
        let value =
            format!(r#"{key}|"x"|[0-9]{{1,18}}|1\.5|null|\{{\}}|\[1,2\]|\{{"ed25519:A":{key}\}}"#);
        let people = format!(r#"\{{("@a:x":({value}))?(,?"@b:x":({value}))?\}}|{value}"#);
        let object = format!(
            r#"\{{"keys":({value}),"signatures":({people}),"user_id":({value})(,"unsigned":({value}))?\}}"#
        );
        string_regex(&object).unwrap()
    }

    proptest! {
        #[test]
        fn any_text_is_a_signed_object_or_refused(text in texts()) {
            let Ok(mut signed) = Signed::parse(&text) else { return Ok(()) };
            prop_assert!(!signed.0.contains_key("unsigned"));
            let again = Signed::parse(&signed.text().unwrap()).unwrap();
            prop_assert_eq!(&again, &signed);
            let user = user_id!("@a:x");
            for (id, key) in signed.keys() {
                prop_assert!(!signed.is_signed_by(user, id, key), "nobody signed it");
            }
            let before: Vec<_> = signed.signatures_of(user).map(|(id, _)| id.to_owned()).collect();
            signed.add_signature("@a:x", "ed25519:B", "x");
            prop_assert!(signed.says_the_same(&again));
            signed.retain_signatures(user, |id, _| id != "ed25519:B");
            let after: Vec<_> = signed.signatures_of(user).map(|(id, _)| id.to_owned()).collect();
            prop_assert_eq!(after, before);
            prop_assert!(signed.says_the_same(&again));
        }

        #[test]
        fn a_public_key_is_32_bytes_in_base64(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = Base64::<Standard>::new(bytes.clone()).encode();
            prop_assert_eq!(is_public_key(&text), bytes.len() == 32);
        }

        #[test]
        fn any_text_is_a_public_key_or_not(text in "\\PC{0,60}") {
            let _ = is_public_key(&text);
        }
    }
}
