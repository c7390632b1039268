//! One request and its answer.

use http::Method;
use serde_json::{Value, json};

use super::document::{Document, Operation};
use super::events;
use super::exceptions::{self, Side};

/// How a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manners {
    /// As the specification says.
    Proper,
    /// Anyhow: only what the server answers is checked.
    Careless,
}

/// A request, and what was answered.
pub(crate) struct Exchange<'a> {
    pub(crate) manners: Manners,
    pub(crate) method: &'a Method,
    /// With the query.
    pub(crate) path: &'a str,
    /// The access token's header.
    pub(crate) authorization: &'a str,
    pub(crate) sent: &'a [u8],
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) body: &'a Value,
}

impl Exchange<'_> {
    /// Fails when it is not as the specification says.
    pub(crate) fn check(&self) {
        let faults = self.faults(Document::get());
        assert!(
            faults.is_empty(),
            "not as the specification says: {} {} ({}):\n  {}\n  {}",
            self.method,
            self.path,
            self.status,
            faults.join("\n  "),
            String::from_utf8_lossy(self.bytes.get(..4_000).unwrap_or(self.bytes)),
        );
    }

    fn faults(&self, document: &Document) -> Vec<String> {
        let Some(operation) = document.operation(self.method, self.path) else {
            let refused = self.path.starts_with("/_matrix/") && self.is_refusal();
            return if refused { self.faults_of_refusal(document) } else { Vec::new() };
        };
        let sent: Option<Value> = serde_json::from_slice(self.sent).ok();
        events::note(self, operation, sent.as_ref());
        let mut faults = self.faults_of_answer(document, operation);
        if self.status == 200 && self.manners == Manners::Proper {
            faults.extend(self.faults_of_request(document, operation, sent.as_ref()));
        }
        faults
    }

    /// Whether it was refused; who is asked to confirm first is not.
    fn is_refusal(&self) -> bool {
        self.status >= 400 && (self.status != 401 || self.body.get("flows").is_none())
    }

    fn faults_of_answer(&self, document: &Document, operation: &Operation) -> Vec<String> {
        let described = &operation.details["responses"][self.status.to_string()];
        let schema = &described["content"]["application/json"]["schema"];
        if self.is_refusal() {
            return self.faults_of_refusal(document);
        }
        if described.is_null() && !exceptions::status(&operation.id, self.status) {
            return vec![format!("{} does not answer with {}", operation.id, self.status)];
        }
        if schema.is_null() || events::is_cut(self) {
            return Vec::new();
        }
        let mut faults = Vec::new();
        if !self.content_type.starts_with("application/json") {
            faults.push(format!("the content type is {:?}", self.content_type));
        }
        let name = format!("the answer {} of {}", self.status, operation.id);
        let found = mismatches(document, &name, self.body, || Some(document.bundled(schema)));
        faults.extend(
            found
                .into_iter()
                .filter(|found| !exceptions::excuse(&operation.id, Side::Answer, found))
                .map(|found| found.text),
        );
        faults.extend(events::faults(self, document, operation));
        faults
    }

    /// What every refusal has (specification, "Standard error response").
    fn faults_of_refusal(&self, document: &Document) -> Vec<String> {
        let Some(errcode) = self.body["errcode"].as_str() else {
            return vec!["the refusal has no errcode".to_owned()];
        };
        let mut faults = Vec::new();
        if !self.body["error"].is_string() {
            faults.push("the refusal says nothing".to_owned());
        }
        if !self.content_type.starts_with("application/json") {
            faults.push(format!("the content type is {:?}", self.content_type));
        }
        if !document.errcodes.contains(errcode) && !exceptions::errcode(errcode) {
            faults.push(format!("there is no errcode {errcode}"));
        }
        if let Some(fitting) = statuses(errcode).filter(|fitting| !fitting.contains(&self.status)) {
            faults.push(format!("{errcode} comes with {fitting:?}"));
        }
        faults
    }

    fn faults_of_request(
        &self,
        document: &Document,
        operation: &Operation,
        sent: Option<&Value>,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let body = &operation.details["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        // Nothing is sent where an empty object is meant, by clients of old.
        let nothing = json!({});
        let sent = sent.or_else(|| self.sent.is_empty().then_some(&nothing));
        match sent {
            Some(sent) if !schema.is_null() => {
                let name = format!("the request of {}", operation.id);
                let found = mismatches(document, &name, sent, || Some(document.bundled(schema)));
                let inexcusable = found
                    .into_iter()
                    .filter(|found| !exceptions::excuse(&operation.id, Side::Request, found));
                faults.extend(inexcusable.map(|found| format!("the request: {}", found.text)));
            }
            None if !schema.is_null() => faults.push("the request is no JSON".to_owned()),
            _ => {}
        }
        faults.extend(self.faults_of_query(document, operation));
        faults
    }

    fn faults_of_query(&self, document: &Document, operation: &Operation) -> Vec<String> {
        let mut faults = Vec::new();
        let given = parameters(self.path);
        for parameter in operation.details["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let schema = &parameter["schema"];
            let values = given.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
            let values: Vec<&String> = values.collect();
            if parameter["in"] != "query" || schema["type"] == "object" {
                continue;
            }
            if values.is_empty() && parameter["required"] == true {
                faults.push(format!("the parameter {name} is missing"));
            }
            let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
            for value in values {
                let value = typed(schema, value);
                let what = format!("the parameter {name} of {}", operation.id);
                let found = mismatches(document, &what, &value, || Some(document.bundled(schema)));
                faults.extend(found.into_iter().map(|found| format!("{name}: {}", found.text)));
            }
        }
        faults
    }
}

/// What is wrong with a value, and where.
pub(super) struct Mismatch {
    pub(super) pointer: String,
    pub(super) keyword: String,
    pub(super) text: String,
}

/// Where a value is not as the schema of this name says.
pub(super) fn mismatches(
    document: &Document,
    name: &str,
    value: &Value,
    schema: impl FnOnce() -> Option<Value>,
) -> Vec<Mismatch> {
    let Some(validator) = document.validator(name, schema) else { return Vec::new() };
    let errors = validator.iter_errors(value);
    errors
        .map(|error| {
            let pointer = error.instance_path().to_string();
            let text = format!("{name} at {pointer:?}: {error} ({})", error.schema_path());
            Mismatch { pointer, keyword: error.kind().keyword().to_owned(), text }
        })
        .collect()
}

/// Name and value of everything in a path's query.
pub(super) fn parameters(path: &str) -> Vec<(String, String)> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// A parameter's text as what its schema takes.
fn typed(schema: &Value, text: &str) -> Value {
    let kind = schema["type"].as_str().unwrap_or_default();
    let parsed =
        if ["integer", "boolean", "number"].contains(&kind) { text.parse().ok() } else { None };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The statuses that an errcode may come with, where there is one meaning only.
fn statuses(errcode: &str) -> Option<&'static [u16]> {
    Some(match errcode {
        "M_NOT_JSON" | "M_INVALID_PARAM" | "M_MISSING_PARAM" => &[400],
        // 405 where account data is the server's to write.
        "M_BAD_JSON" => &[400, 405],
        "M_MISSING_TOKEN" | "M_UNKNOWN_TOKEN" => &[401],
        "M_FORBIDDEN" => &[401, 403],
        "M_NOT_FOUND" => &[404],
        "M_UNRECOGNIZED" => &[404, 405],
        "M_TOO_LARGE" => &[413],
        "M_LIMIT_EXCEEDED" => &[429],
        _ => return None,
    })
}
