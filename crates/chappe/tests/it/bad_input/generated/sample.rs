//! Values that a schema takes, and values that it does not.

use serde_json::{Map, Value, json};

use super::Cast;
use crate::harness::Document;

/// A schema, or the one that it names.
pub(super) fn resolved(schema: &Value) -> Value {
    let Some(name) = schema["$ref"].as_str() else { return schema.clone() };
    let bundle = Document::get().bundled(schema);
    let pointer = name.trim_start_matches('#');
    resolved(bundle.pointer(pointer).expect("a schema that is there"))
}

/// The properties that an object of this schema may have, and those that it must have.
pub(super) fn properties(schema: &Value) -> (Map<String, Value>, Vec<String>) {
    let schema = resolved(schema);
    let mut all = schema["properties"].as_object().cloned().unwrap_or_default();
    let required = schema["required"].as_array().into_iter().flatten();
    let mut required: Vec<String> =
        required.filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    let parts = schema["allOf"].as_array().into_iter().flatten();
    // Of alternatives, the first.
    for part in parts.chain(schema["anyOf"].as_array().and_then(|parts| parts.first())) {
        let (more, needed) = properties(part);
        all.extend(more);
        required.extend(needed);
    }
    (all, required)
}

/// A value that a schema takes, with nothing in it that may be left out.
pub(super) fn sample(schema: &Value, cast: &Cast) -> Value {
    let schema = resolved(schema);
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    match kind(&schema) {
        "string" => match schema["format"].as_str() {
            Some("mx-user-id") => json!(cast.other),
            Some("mx-room-id") => json!(cast.room),
            Some("mx-event-id") => json!(cast.event),
            Some("mx-room-alias") => json!("#x:chappe.example"),
            Some("mx-server-name") => json!("chappe.example"),
            Some("mx-mxc-uri") => json!("mxc://chappe.example/x"),
            Some("uri") => json!("https://chappe.example/"),
            Some("email") => json!("x@chappe.example"),
            _ => json!("x"),
        },
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "array" => json!([]),
        _ => object(&schema, cast),
    }
}

/// An object with the fields that it must have.
pub(super) fn object(schema: &Value, cast: &Cast) -> Value {
    let (properties, required) = properties(schema);
    let fields = required.into_iter().map(|name| {
        let value = properties.get(&name).map_or(json!("x"), |schema| sample(schema, cast));
        (name, value)
    });
    Value::Object(fields.collect())
}

/// Values of other types than a schema takes; none where it takes any.
pub(super) fn wrong(schema: &Value) -> Vec<Value> {
    let schema = resolved(schema);
    match kind(&schema) {
        "string" => vec![json!(5), json!({}), json!(["x"])],
        "integer" | "number" => vec![json!("x"), json!({}), json!([1])],
        "boolean" => vec![json!("yes"), json!(7), json!({})],
        "array" => vec![json!("x"), json!({}), json!(1)],
        "object" => vec![json!("x"), json!([1]), json!(1)],
        _ => Vec::new(),
    }
}

/// The type that a schema asks for, if it is one.
pub(super) fn kind(schema: &Value) -> &str {
    let implied = if schema.get("properties").is_some() { "object" } else { "" };
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Null => match schema["allOf"].as_array().map(Vec::as_slice) {
            Some([_, ..]) => "object",
            _ => implied,
        },
        _ => "",
    }
}
