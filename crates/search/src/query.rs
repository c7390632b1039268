//! What is asked for, as the index is asked, and as it is shown again in what was found.
//!
//! Every word that is asked for must be there, in any of its forms; words that are everywhere need
//! not be, unless nothing else is asked for. What stands in quotation marks must be there word by
//! word. The last word may be the beginning of one: people search while they type.

use std::collections::BTreeSet;

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, PhraseQuery, Query, RegexQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use crate::SearchError;
use crate::words::{Word, forms, is_everywhere, words};

/// Words of a question at most: those after them are not looked for.
const MOST_WORDS: usize = 32;
/// Characters of a question that are read: so much fits into no search field.
const LONGEST: usize = 2048;
/// Letters of a word at least that may be the beginning of another.
const SHORTEST_BEGINNING: usize = 2;
/// What the beginning of a word counts for, beside a whole one.
const BEGINNING: f32 = 0.2;
/// Words to highlight at most.
const MOST_HIGHLIGHTS: usize = 100;

/// A question's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A word, in any form.
    Word(Vec<String>),
    /// A word, or what begins with it.
    Beginning(Vec<String>),
    /// Words one after another.
    Phrase(Vec<String>),
}

impl Terms {
    /// Reads a question.
    pub(crate) fn parse(question: &str) -> Self {
        let end = question.char_indices().nth(LONGEST).map_or(question.len(), |(at, _)| at);
        let question = question.get(..end).unwrap_or_default();
        let mut parts = Vec::new();
        let open = question.chars().next_back().is_some_and(char::is_alphanumeric);
        let marks = |c| matches!(c, '"' | '«' | '»' | '“' | '”');
        let stretches: Vec<_> = question.split(marks).collect();
        for (number, stretch) in stretches.iter().enumerate() {
            let words: Vec<_> = words(stretch).into_iter().map(|word| word.folded).collect();
            // What follows a mark is quoted; a mark that is not closed quotes nothing.
            let closed = number + 1 < stretches.len();
            if number % 2 == 1 && closed && words.len() > 1 {
                parts.push(Part::Phrase(words));
            } else {
                parts.extend(words.into_iter().map(|word| Part::Word(forms(&word))));
            }
        }
        parts.truncate(MOST_WORDS);
        if let Some(Part::Word(forms)) = parts.last().filter(|_| open).cloned()
            && forms.first().is_some_and(|word| word.chars().count() >= SHORTEST_BEGINNING)
        {
            parts.pop();
            parts.push(Part::Beginning(forms));
        }
        if parts.iter().any(|part| !part.is_everywhere()) {
            parts.retain(|part| !part.is_everywhere());
        }
        Self { parts }
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The question to the index.
    pub(crate) fn query(&self, text: Field) -> Result<BooleanQuery, SearchError> {
        let parts = self.parts.iter().map(|part| Ok((Occur::Must, part.query(text)?)));
        Ok(BooleanQuery::new(parts.collect::<Result<_, SearchError>>()?))
    }

    /// Adds the words of a text that answer the question, as they are written there.
    pub(crate) fn highlight(&self, text: &str, highlights: &mut BTreeSet<String>) {
        for Word { from, to, folded } in words(text) {
            if highlights.len() >= MOST_HIGHLIGHTS {
                return;
            }
            if self.parts.iter().any(|part| part.is_answered_by(&folded)) {
                highlights.insert(text.get(from..to).unwrap_or_default().to_lowercase());
            }
        }
    }
}

impl Part {
    fn is_everywhere(&self) -> bool {
        match self {
            Self::Word(forms) => forms.first().is_some_and(|word| is_everywhere(word)),
            // Who has not finished the word may mean another.
            Self::Beginning(_) | Self::Phrase(_) => false,
        }
    }

    fn query(&self, text: Field) -> Result<Box<dyn Query>, SearchError> {
        let term = |form: &String| Term::from_field_text(text, form);
        let any = |forms: &[String]| {
            let one = |form| {
                let query = TermQuery::new(term(form), IndexRecordOption::WithFreqs);
                (Occur::Should, Box::new(query) as Box<dyn Query>)
            };
            forms.iter().map(one).collect::<Vec<_>>()
        };
        Ok(match self {
            Self::Word(forms) => Box::new(BooleanQuery::new(any(forms))),
            Self::Phrase(words) => Box::new(PhraseQuery::new(words.iter().map(term).collect())),
            Self::Beginning(forms) => {
                let mut either = any(forms);
                // Words are letters and digits only: nothing in them means more to a pattern.
                let beginning = forms.first().map(|word| [word, ".*"].concat()).unwrap_or_default();
                let beginning = RegexQuery::from_pattern(&beginning, text)?;
                let counts = BoostQuery::new(Box::new(beginning), BEGINNING);
                either.push((Occur::Should, Box::new(counts)));
                Box::new(BooleanQuery::new(either))
            }
        })
    }

    fn is_answered_by(&self, folded: &str) -> bool {
        let any = |asked: &[String]| {
            let theirs = forms(folded);
            theirs.iter().any(|form| asked.contains(form))
        };
        match self {
            Self::Word(asked) => any(asked),
            Self::Beginning(asked) => {
                any(asked) || asked.first().is_some_and(|word| folded.starts_with(word.as_str()))
            }
            Self::Phrase(words) => words.iter().any(|word| word == folded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Part {
        Part::Word(forms(text))
    }

    fn beginning(text: &str) -> Part {
        Part::Beginning(forms(text))
    }

    #[test]
    fn questions_are_read_as_people_mean_them() {
        let phrase =
            |words: &[&str]| Part::Phrase(words.iter().map(|word| (*word).to_owned()).collect());
        let table = [
            ("Réunion", vec![beginning("reunion")]),
            ("réunion ", vec![word("reunion")]),
            ("la réunion de lundi ", vec![word("reunion"), word("lundi")]),
            ("la réunion de", vec![word("reunion"), beginning("de")]),
            ("le ", vec![word("le")]),
            ("x", vec![word("x")]),
            (
                "\"conseil municipal\" budget.",
                vec![phrase(&["conseil", "municipal"]), word("budget")],
            ),
            ("« conseil de ville »", vec![phrase(&["conseil", "de", "ville"])]),
            ("\"budget\"", vec![word("budget")]),
            ("\"conseil municipal", vec![word("conseil"), beginning("municipal")]),
            ("", vec![]),
            (" !? ", vec![]),
        ];
        for (question, expected) in table {
            assert_eq!(Terms::parse(question).parts, expected, "{question}");
        }
    }

    #[test]
    fn a_question_without_end_is_cut() {
        for long in ["mot ".repeat(1_000_000), "\"".repeat(1_000_000), "é".repeat(1_000_000)] {
            assert!(Terms::parse(&long).parts.len() <= MOST_WORDS);
        }
    }

    #[test]
    fn what_is_highlighted_is_what_the_text_says() {
        let mut found = BTreeSet::new();
        let terms = Terms::parse("reunion muni");
        terms.highlight("Les RÉUNIONS municipales et l’union", &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["municipales", "réunions"]);
    }
}
