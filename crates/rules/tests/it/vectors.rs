//! The specification's cryptographic test vectors (appendices, "Cryptographic Test Vectors").

use std::collections::BTreeMap;

use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::serde::Base64;
use ruma_common::{CanonicalJsonObject, CanonicalJsonValue};
use ruma_signatures::Ed25519KeyPair;
use serde_json::Value;

const VECTORS: &str = include_str!("vectors.json");
const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
const PUBLIC_KEY: &str = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";

/// An Ed25519 seed as a PKCS#8 document.
fn key() -> Ed25519KeyPair {
    let head = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
    let seed: Base64 = Base64::parse(SEED).unwrap();
    let document = [head.as_slice(), seed.as_bytes()].concat();
    Ed25519KeyPair::from_der(&document, "1".to_owned()).unwrap()
}

fn vectors(kind: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let found: Vec<_> = all.into_iter().filter(|vector| vector["kind"] == kind).collect();
    assert_eq!(found.len(), 2, "{kind}");
    found
}

fn object(vector: &Value, field: &str) -> CanonicalJsonObject {
    rules::json::canonical_object(vector[field].clone()).unwrap()
}

fn text(object: &CanonicalJsonObject) -> String {
    CanonicalJsonValue::Object(object.clone()).to_string()
}

fn signature(object: &CanonicalJsonObject) -> Value {
    let object: Value = CanonicalJsonValue::Object(object.clone()).into();
    object["signatures"]["domain"]["ed25519:1"].clone()
}

#[test]
fn the_key_is_the_specification_s() {
    let public: Base64 = Base64::new(key().public_key().to_vec());
    assert_eq!(public.encode(), PUBLIC_KEY);
}

#[test]
fn json_is_written_and_signed_as_the_specification_says() {
    for vector in vectors("json") {
        let mut input = object(&vector, "input");
        assert_eq!(text(&input), vector["canonical"].as_str().unwrap());
        ruma_signatures::sign_json("domain", &key(), &mut input).unwrap();
        assert_eq!(signature(&input), vector["signature"]);
    }
}

#[test]
fn an_event_is_hashed_and_signed_on_its_skeleton() {
    let rules = RoomVersionRules::V1;
    for vector in vectors("event") {
        let mut event = object(&vector, "input");
        ruma_signatures::hash_and_sign_event("domain", &key(), &mut event, &rules.redaction)
            .unwrap();
        let hashes: Value = event["hashes"].clone().into();
        assert_eq!(hashes["sha256"], vector["content_hash_sha256"]);
        assert_eq!(signature(&event), vector["signature"]);

        let mut skeleton = rules::redaction::split(&rules, event).unwrap().skeleton;
        skeleton.remove("signatures");
        assert_eq!(text(&skeleton), vector["redacted_canonical_to_sign"].as_str().unwrap());
    }
}

#[test]
fn a_signature_verifies_and_a_changed_object_does_not() {
    let public = Base64::new(key().public_key().to_vec());
    let keys = BTreeMap::from([("ed25519:1".to_owned(), public)]);
    let servers = BTreeMap::from([("domain".to_owned(), keys)]);
    for vector in vectors("json") {
        let mut input = object(&vector, "input");
        ruma_signatures::sign_json("domain", &key(), &mut input).unwrap();
        assert!(ruma_signatures::verify_json(&servers, &input).is_ok());
        input.insert("added".to_owned(), true.into());
        assert!(ruma_signatures::verify_json(&servers, &input).is_err());
    }
}
