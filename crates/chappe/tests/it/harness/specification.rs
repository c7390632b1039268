//! What passes between tests and server, held against the specification's own schemas.
//!
//! Every answer is checked, and every request that the server took, unless a test says that it
//! asks for nonsense. Paths that the specification does not have are no concern of this. Where
//! the specification is wrong itself, `exceptions` says so and why.

mod document;
mod events;
mod exceptions;
mod exchange;

pub(crate) use document::{Document, Operation, PLACE, fits};
pub(crate) use exchange::{Exchange, Manners};

/// Makes every validator that an exchange could ask for; how many.
pub(crate) fn compile_all(document: &Document) -> usize {
    let mut count = 0;
    for operation in &document.operations {
        let bodies = operation.details["responses"].as_object().into_iter().flatten();
        let bodies = bodies.map(|(status, body)| (status.as_str(), body));
        for (name, body) in bodies.chain([("the request", &operation.details["requestBody"])]) {
            let schema = &body["content"]["application/json"]["schema"];
            if !schema.is_null() {
                let name = format!("{name} of {}", operation.id);
                count += usize::from(
                    document.validator(&name, || Some(document.bundled(schema))).is_some(),
                );
            }
        }
    }
    count + events::compile_all(document)
}
