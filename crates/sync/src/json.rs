//! Writing JSON around texts that are JSON already: events are copied, never parsed again.

/// A JSON object being written.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

/// Writes a whole object.
pub(crate) fn object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    fill(&mut Object::begin(out));
    out.push('}');
}

impl<'a> Object<'a> {
    /// An object whose brace is open and has nothing in it. Whoever begins it ends it.
    pub(crate) fn begin(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// A field whose value is JSON.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push_str(value);
    }

    /// A field whose value is a text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push_str(&quoted(value));
    }

    /// A field whose value is a number.
    pub(crate) fn number(&mut self, name: &str, value: u64) {
        self.json(name, &value.to_string());
    }

    /// A field whose value is `true`, when it is.
    pub(crate) fn flag_if_set(&mut self, name: &str, value: bool) {
        if value {
            self.json(name, "true");
        }
    }

    /// A field whose value is an object.
    pub(crate) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        object(self.out, fill);
    }

    /// A field whose value is an array of texts.
    pub(crate) fn texts<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        self.name(name);
        self.out.push('[');
        for (index, value) in values.into_iter().enumerate() {
            self.comma(index);
            self.out.push_str(&quoted(value.as_ref()));
        }
        self.out.push(']');
    }

    /// A field whose value is `{"events": [..]}`, of events that are JSON.
    pub(crate) fn events(&mut self, name: &str, events: &[String]) {
        self.object(name, |object| object.array("events", events));
    }

    /// As [`Self::events`], when there are any.
    pub(crate) fn events_if_any(&mut self, name: &str, events: &[String]) {
        if !events.is_empty() {
            self.events(name, events);
        }
    }

    /// A field whose value is an array of JSON values.
    pub(crate) fn array(&mut self, name: &str, values: &[String]) {
        self.name(name);
        self.out.push('[');
        for (index, value) in values.iter().enumerate() {
            self.comma(index);
            self.out.push_str(value);
        }
        self.out.push(']');
    }

    fn name(&mut self, name: &str) {
        self.comma(usize::from(!self.empty));
        self.empty = false;
        self.out.push_str(&quoted(name));
        self.out.push(':');
    }

    fn comma(&mut self, before: usize) {
        if before > 0 {
            self.out.push(',');
        }
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut out = String::new();
        object(&mut out, |o| {
            o.text("te\"xt", "a\\\"\n\u{7}é");
            o.number("number", 7);
            o.json("json", "[1,{}]");
            o.texts("none", [""; 0]);
            o.texts("two", ["a", "\""]);
            o.object("empty", |_| {});
            o.events("events", &["{\"a\":1}".to_owned(), "{}".to_owned()]);
            o.events_if_any("left out", &[]);
            o.flag_if_set("set", true);
            o.flag_if_set("not set", false);
        });
        let expected = json!({
            "te\"xt": "a\\\"\n\u{7}é", "number": 7, "json": [1, {}], "none": [],
            "two": ["a", "\""], "set": true, "empty": {}, "events": { "events": [{ "a": 1 }, {}] },
        });
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    }
}
