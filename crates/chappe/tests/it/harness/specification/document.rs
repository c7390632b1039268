//! The specification's description of the API: its operations and their schemas.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use http::Method;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// Names another place than the one beside the project.
pub(crate) const PLACE: &str = "CHAPPE_MATRIX_SPEC";
const SCHEMAS: &str = "#/components/schemas/";

/// The specification, as far as tests hold the server against it.
pub(crate) struct Document {
    pub(super) place: PathBuf,
    pub(crate) operations: Vec<Operation>,
    schemas: Map<String, Value>,
    pub(super) errcodes: HashSet<String>,
    compiled: Mutex<HashMap<String, Option<Arc<Validator>>>>,
}

/// What can be asked of a server.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Its path, `{name}` standing for a part that varies.
    pub(crate) path: String,
    pub(crate) details: Value,
}

impl Document {
    /// The specification, read once.
    pub(crate) fn get() -> &'static Self {
        static DOCUMENT: OnceLock<Document> = OnceLock::new();
        DOCUMENT.get_or_init(|| Self::read(&place()))
    }

    fn read(place: &Path) -> Self {
        let text = |name: &str| {
            let path = place.join(name);
            fs::read_to_string(&path).unwrap_or_else(|error| {
                panic!(
                    "the tests hold every answer against the Matrix specification: {} is needed, \
                     and {PLACE} may name another place: {error}",
                    path.display()
                )
            })
        };
        let document: Value = serde_json::from_str(&text("openapi/cs-openapi.json")).expect("JSON");
        let codes = text("errors.tsv");
        let codes = codes.lines().filter_map(|line| line.split('\t').next());
        Self {
            place: place.to_owned(),
            operations: operations(&document["paths"]),
            schemas: document["components"]["schemas"].as_object().expect("schemas").clone(),
            errcodes: codes.filter(|code| code.starts_with("M_")).map(ToOwned::to_owned).collect(),
            compiled: Mutex::default(),
        }
    }

    /// The operation of a path as clients ask for it, those of old versions included.
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let path = path.split('?').next().unwrap_or(path);
        let exact = |path: &str| {
            let fitting = self
                .operations
                .iter()
                .filter(|operation| operation.method == method && fits(&operation.path, path));
            // The one that leaves least open.
            fitting.min_by_key(|operation| operation.path.matches('{').count())
        };
        exact(path)
            .or_else(|| exact(&path.replacen("/client/r0/", "/client/v3/", 1)))
            .or_else(|| exact(&path.replacen("/media/r0/", "/media/v3/", 1)))
            .or_else(|| exact(&path.replacen("/media/v1/", "/media/v3/", 1)))
            // An empty state key, and the slash before it, may be left out.
            .or_else(|| path.contains("/state/").then(|| exact(&format!("{path}/"))).flatten())
    }

    /// The validator of this name, made at its first use of a schema that names nothing outside
    /// of itself; nothing where there is no schema.
    pub(super) fn validator(
        &self,
        name: &str,
        schema: impl FnOnce() -> Option<Value>,
    ) -> Option<Arc<Validator>> {
        let mut compiled = self.compiled.lock().expect("nobody panics with it");
        if let Some(validator) = compiled.get(name) {
            return validator.clone();
        }
        let validator = schema().map(|schema| Arc::new(compile(name, &schema)));
        compiled.insert(name.to_owned(), validator.clone());
        validator
    }

    /// A schema together with those that it names, wherever they are named.
    pub(crate) fn bundled(&self, schema: &Value) -> Value {
        let mut needed = BTreeMap::new();
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            for name in references(schema) {
                let Some(name) = name.strip_prefix(SCHEMAS) else { continue };
                if !needed.contains_key(name) {
                    let schema = self.schemas.get(name).expect("a schema that is there");
                    needed.insert(name.to_owned(), schema.clone());
                    open.push(schema);
                }
            }
        }
        let mut bundle = schema.as_object().cloned().unwrap_or_default();
        bundle.insert("components".to_owned(), json!({ "schemas": needed }));
        Value::Object(bundle)
    }
}

/// Where the specification is: beside the project, or where the environment says.
fn place() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/matrix");
    std::env::var_os(PLACE).map_or(beside, PathBuf::from)
}

fn operations(paths: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in paths.as_object().expect("paths") {
        for (method, details) in methods.as_object().expect("methods") {
            let id = details["operationId"].as_str().expect("a name").to_owned();
            let method = method.to_uppercase().parse().expect("a method");
            operations.push(Operation { id, method, path: path.clone(), details: details.clone() });
        }
    }
    operations
}

/// Whether a path is one of a pattern, `{name}` standing for any part.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(_)) if wanted.starts_with('{') => {}
            (Some(wanted), Some(got)) if wanted == got => {}
            _ => return false,
        }
    }
}

/// What is named as `$ref`, anywhere in a schema.
fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Array(values) => values.iter().flat_map(references).collect(),
        Value::Object(fields) => {
            let named = fields.get("$ref").and_then(Value::as_str);
            named.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        _ => Vec::new(),
    }
}

fn compile(name: &str, schema: &Value) -> Validator {
    let built = jsonschema::options().with_draft(Draft::Draft202012).build(schema);
    built.unwrap_or_else(|error| panic!("the schema of {name}: {error}"))
}
