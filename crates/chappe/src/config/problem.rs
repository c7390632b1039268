//! What is wrong with a configuration, said so that it can be mended at once.

use std::fmt;

/// A fault, and where it stands.
#[derive(Debug)]
pub(crate) struct Problem {
    /// File and line, or variable.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) message: String,
}

impl Problem {
    /// A fault in a file's text.
    pub(crate) fn in_text(place: &str, text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start));
        let place = match before {
            Some(before) => format!("{place}, line {}", before.matches('\n').count() + 1),
            None => place.to_owned(),
        };
        Self { place, message: helpful(error.message()) }
    }

    /// A fault in a variable of the environment.
    pub(crate) fn in_variable(name: &str, error: &toml::de::Error) -> Self {
        Self { place: name.to_owned(), message: helpful(error.message()) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for Problem {}

/// The parser's words, with the nearest right name where a name is wrong.
fn helpful(message: &str) -> String {
    let what = match message {
        _ if message.starts_with("unknown field") => "key",
        _ if message.starts_with("unknown variant") => "value",
        _ => return message.trim_end().to_owned(),
    };
    // The names stand between back-ticks: the wrong one, then the right ones.
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(wrong) = names.next() else { return message.to_owned() };
    let known: Vec<_> = names.collect();
    let distance = |name: &&str| strsim::damerau_levenshtein(wrong, name);
    let nearest = known.iter().copied().min_by_key(distance);
    match nearest.filter(|name| distance(name) <= 3) {
        Some(name) => format!("unknown {what} `{wrong}`; did you mean `{name}`?"),
        None => format!("unknown {what} `{wrong}`; known are {}", known.join(", ")),
    }
}
