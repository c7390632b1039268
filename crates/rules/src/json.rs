//! JSON from strangers, read strictly.
//!
//! The attacker writes the bytes. Refused: text that is not UTF-8, a key twice in one object (two
//! readers would see two messages), nesting beyond a limit (the stack), bytes after the end.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use ruma_common::{CanonicalJsonObject, CanonicalJsonValue};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Objects and arrays within one another at most.
pub const MAX_DEPTH: usize = 64;

/// Why a text is not JSON that we take.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// Not JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// A key stands twice in one object.
    #[error("the key {0:?} stands twice")]
    DuplicateKey(String),
    /// Too many objects within one another.
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// Has no canonical form: a fraction, or a number beyond 2^53.
    #[error("no canonical JSON: {0}")]
    NotCanonical(String),
}

/// Checks a text without keeping anything of it.
pub fn check_strict(bytes: &[u8]) -> Result<(), JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    let fault = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let strict = Strict { depth: 0, fault: &fault };
    let result = strict.deserialize(&mut reader).and_then(|()| reader.end());
    result.map_err(|error| fault.take().unwrap_or_else(|| JsonError::Syntax(error.to_string())))
}

/// Reads an object in its canonical form.
pub fn parse_canonical(bytes: &[u8]) -> Result<CanonicalJsonObject, JsonError> {
    check_strict(bytes)?;
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| JsonError::Syntax(error.to_string()))?;
    canonical_object(value)
}

/// The canonical form of an object.
pub fn canonical_object(value: serde_json::Value) -> Result<CanonicalJsonObject, JsonError> {
    match CanonicalJsonValue::try_from(value) {
        Ok(CanonicalJsonValue::Object(object)) => Ok(object),
        Ok(_) => Err(JsonError::NotAnObject),
        Err(error) => Err(JsonError::NotCanonical(error.to_string())),
    }
}

/// Walks a value; serde's error carries no type, so the fault is left in the cell.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<Option<JsonError>>,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            self.fault.set(Some(JsonError::TooDeep));
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys: HashSet<String> = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if keys.contains(&key) {
                self.fault.set(Some(JsonError::DuplicateKey(key)));
                return Err(A::Error::custom("duplicate key"));
            }
            keys.insert(key);
            entries.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// Reads any type from a text that [`check_strict`] accepts.
pub fn parse_strict<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsonError> {
    check_strict(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| JsonError::Syntax(error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde_json::Value;

    use super::*;

    #[test]
    fn strange_texts_are_refused_by_name() {
        let deep = "[".repeat(65) + &"]".repeat(65);
        let table: [(&[u8], Option<JsonError>); 9] = [
            (br#"{"a":1,"b":[{"a":2}]}"#, None),
            (br#"{"a":1,"a":2}"#, Some(JsonError::DuplicateKey("a".into()))),
            (br#"{"x":{"a":1,"\u0061":2}}"#, Some(JsonError::DuplicateKey("a".into()))),
            (b"\xff{}", Some(JsonError::NotUtf8)),
            (deep.as_bytes(), Some(JsonError::TooDeep)),
            (b"[[1],[2],[3]]", None),
            (b"null", None),
            (b"1e3", None),
            (b"\"\"", None),
        ];
        for (text, expected) in table {
            assert_eq!(check_strict(text).err(), expected, "{}", String::from_utf8_lossy(text));
        }
        for text in ["", "{", "{}x", "{\"a\":}", "nul", "[1,]", "{'a':1}", "\u{feff}{}"] {
            assert!(matches!(check_strict(text.as_bytes()), Err(JsonError::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn fractions_and_great_numbers_have_no_canonical_form() {
        for text in [r#"{"a":1.5}"#, r#"{"a":9007199254740992}"#, "[]", "1"] {
            assert!(parse_canonical(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// Any JSON without fractions.
    fn any_json() -> impl Strategy<Value = Value> {
        let number = -9_007_199_254_740_991_i64..=9_007_199_254_740_991;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            number.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::from),
                btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// JSON written otherwise than anybody would: keys backwards, every character escaped.
    fn oddly(value: &Value) -> String {
        let escaped = |text: &str| {
            let units: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            units.concat()
        };
        match value {
            Value::String(text) => format!("\"{}\"", escaped(text)),
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(oddly).collect();
                format!("[ {}\n]", items.join(" ,\t"))
            }
            Value::Object(fields) => {
                let field =
                    |(key, value): (&String, _)| format!("\"{}\" : {}", escaped(key), oddly(value));
                let fields: Vec<_> = fields.iter().rev().map(field).collect();
                format!("{{\r{}}}", fields.join(","))
            }
            plain => plain.to_string(),
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let strict = check_strict(&bytes).is_ok();
            let lenient = serde_json::from_slice::<Value>(&bytes).is_ok();
            prop_assert!(!strict || lenient);
        }

        #[test]
        fn however_a_value_is_written_it_reads_the_same(value in any_json()) {
            let odd = oddly(&value);
            prop_assert_eq!(&parse_strict::<Value>(odd.as_bytes()).unwrap(), &value);
            let plain = parse_canonical(format!("{{\"x\":{value}}}").as_bytes()).unwrap();
            prop_assert_eq!(parse_canonical(format!("{{\"x\":{odd}}}").as_bytes()).unwrap(), plain);
        }

        #[test]
        fn a_key_that_stands_twice_is_seen_anywhere(
            (first, second, key, depth) in (any_json(), any_json(), any::<String>(), 0..60_usize),
        ) {
            let name = Value::from(key.clone());
            let twice = format!("{{{name}:{first},{}:{second}}}", oddly(&name));
            let whole = format!("{}{twice}{}", "[".repeat(depth), "]".repeat(depth));
            let found = check_strict(whole.as_bytes());
            // What lies deeper than the limit is not looked at.
            prop_assert!(
                found == Err(JsonError::DuplicateKey(key)) || found == Err(JsonError::TooDeep)
            );
        }

        #[test]
        fn a_text_that_was_cut_or_changed_is_refused_or_read_whole(
            (value, at, byte) in (any_json(), any::<Index>(), any::<u8>()),
        ) {
            let mut bytes = value.to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let lenient = serde_json::from_slice::<Value>(&bytes);
            match parse_strict::<Value>(&bytes) {
                Ok(read) => prop_assert_eq!(read, lenient.unwrap()),
                Err(JsonError::NotUtf8 | JsonError::Syntax(_)) => {
                    prop_assert!(lenient.is_err());
                }
                Err(JsonError::DuplicateKey(_)) => {}
                Err(other) => prop_assert!(false, "{other}"),
            }
        }

        #[test]
        fn nesting_ends_at_the_limit(depth in 1..200_usize, objects: bool) {
            let (open, close) = if objects { ("{\"a\":", "}") } else { ("[", "]") };
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let found = check_strict(text.as_bytes());
            let expected = if depth <= MAX_DEPTH { Ok(()) } else { Err(JsonError::TooDeep) };
            prop_assert_eq!(found, expected);
        }
    }
}
