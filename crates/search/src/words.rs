//! Texts to words: as they are found, whatever their accents, case, number and tense.
//!
//! A word is folded (no accents, no capitals), and stands in the index in up to three forms: as it
//! is, and its stems in French and in English. Nobody says in which language they write, and many
//! write both, so a word is found by what it is in either. What is asked for goes the same way.
//! Pure: nothing here knows of events or files.

use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};
use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Letters of a word at most: what is longer is found by its beginning.
const LONGEST: usize = 64;
/// Letters of a stem at least: shorter ones are of too many words.
const SHORTEST_STEM: usize = 3;

/// What French leaves before an apostrophe: no words of their own.
const BEFORE: [&str; 13] =
    ["c", "d", "j", "jusqu", "l", "lorsqu", "m", "n", "puisqu", "qu", "quoiqu", "s", "t"];
/// What English leaves after an apostrophe, likewise.
const AFTER: [&str; 7] = ["d", "ll", "m", "re", "s", "t", "ve"];

/// Words that are in nearly every text, folded and sorted: nobody looks for them.
const EVERYWHERE: [&str; 101] = [
    "a", "about", "an", "and", "are", "as", "at", "au", "aux", "avec", "be", "been", "but", "by",
    "ce", "ces", "cet", "cette", "dans", "de", "des", "did", "do", "does", "du", "elle", "elles",
    "en", "est", "et", "eu", "for", "from", "had", "has", "have", "he", "her", "his", "i", "if",
    "il", "ils", "in", "into", "is", "it", "its", "j", "je", "l", "la", "le", "les", "leur",
    "leurs", "ma", "mais", "me", "mes", "mon", "my", "ne", "nous", "of", "on", "or", "ou", "our",
    "par", "pas", "pour", "qu", "que", "qui", "sa", "se", "ses", "she", "son", "sont", "sur", "ta",
    "te", "tes", "that", "the", "their", "they", "this", "to", "ton", "tu", "un", "une", "us",
    "vous", "was", "we", "were", "with",
];

static NORMALIZER: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfkd();
static FRENCH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::French));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Where it stands, in bytes.
    pub(crate) from: usize,
    /// Where it ends.
    pub(crate) to: usize,
    /// It, without accents and capitals.
    pub(crate) folded: String,
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((from, first)) = rest.next() {
        if !is_letter(first) {
            continue;
        }
        let mut to = from + first.len_utf8();
        if !is_sign(first) {
            while let Some((at, next)) =
                rest.next_if(|(_, next)| is_letter(*next) && !is_sign(*next))
            {
                to = at + next.len_utf8();
            }
        }
        let folded = fold(text.get(from..to).unwrap_or_default());
        if !folded.is_empty() {
            join(&mut words, text, Word { from, to, folded });
        }
    }
    words
}

/// Adds a word, unless it is what an apostrophe left over.
fn join(words: &mut Vec<Word>, text: &str, word: Word) {
    let apostrophe = |at: Option<&str>| at.is_some_and(|at| matches!(at, "'" | "’" | "ʼ"));
    let Some(last) = words.last_mut().filter(|last| apostrophe(text.get(last.to..word.from)))
    else {
        return words.push(word);
    };
    if last.folded == "aujourd" {
        last.to = word.to;
        last.folded.push_str(&word.folded);
    } else if BEFORE.contains(&&*last.folded) {
        *last = word;
    } else if !AFTER.contains(&&*word.folded) {
        words.push(word);
    }
}

/// The forms in which a folded word is found: itself first, each once.
pub(crate) fn forms(folded: &str) -> Vec<String> {
    let mut forms = vec![folded.to_owned()];
    for stemmer in [&FRENCH, &ENGLISH] {
        let stem = stemmer.stem(folded);
        if stem.chars().count() >= SHORTEST_STEM && !forms.iter().any(|form| *form == stem) {
            forms.push(stem.into_owned());
        }
    }
    forms
}

/// Whether a folded word is in nearly every text.
pub(crate) fn is_everywhere(folded: &str) -> bool {
    EVERYWHERE.binary_search(&folded).is_ok()
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_accent(c)
}

fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether a letter is a word, as Chinese and Japanese write without spaces.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

fn fold(word: &str) -> String {
    if word.is_ascii() {
        let mut folded = word.to_ascii_lowercase();
        folded.truncate(LONGEST);
        return folded;
    }
    let mut folded = String::with_capacity(word.len());
    let lower = word.to_lowercase();
    for c in NORMALIZER.normalize(&lower).chars().filter(|c| !is_accent(*c)).take(LONGEST) {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            c if is_letter(c) => folded.push(c),
            _ => {}
        }
    }
    folded
}

/// Words as the index takes them: the forms of a word stand at its place.
#[derive(Clone)]
pub(crate) struct Words;

/// The forms of a text's words, one after another.
pub(crate) struct Forms {
    tokens: std::vec::IntoIter<Token>,
    now: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Forms;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Forms {
        let mut tokens = Vec::new();
        for (position, word) in words(text).into_iter().enumerate() {
            for text in forms(&word.folded) {
                let (offset_from, offset_to) = (word.from, word.to);
                tokens.push(Token { offset_from, offset_to, position, text, position_length: 1 });
            }
        }
        Forms { tokens: tokens.into_iter(), now: Token::default() }
    }
}

impl TokenStream for Forms {
    fn advance(&mut self) -> bool {
        let next = self.tokens.next();
        let more = next.is_some();
        self.now = next.unwrap_or_default();
        more
    }

    fn token(&self) -> &Token {
        &self.now
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_lose_accents_capitals_and_what_apostrophes_leave() {
        let table: [(&str, &[&str]); 14] = [
            ("Réunion à l’Hôtel de ville", &["reunion", "a", "hotel", "de", "ville"]),
            ("L'ÉCOLE d'été, qu'on aime", &["ecole", "ete", "on", "aime"]),
            ("aujourd'hui", &["aujourdhui"]),
            ("John's don't we'll", &["john", "don", "we"]),
            ("cœur, Ægir, Straße", &["coeur", "aegir", "strasse"]),
            ("re\u{301}union", &["reunion"]),
            ("rendez-vous/14h30_salle", &["rendez", "vous", "14h30", "salle"]),
            ("presqu'île O'Brien", &["presqu", "ile", "o", "brien"]),
            ("ﬁn ２０２６", &["fin", "2026"]),
            ("会議室A", &["会", "議", "室", "a"]),
            ("привет мир", &["привет", "мир"]),
            ("", &[]),
            ("… — !?", &[]),
            ("'", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn words_of_one_family_share_a_form() {
        let families = [
            ("réunions", "reunion"),
            ("Réunion", "REUNIONS"),
            ("employés", "employer"),
            ("sécurité", "securite"),
            ("nationales", "national"),
            ("voté", "votes"),
            ("meetings", "meeting"),
            ("running", "run"),
            ("budgets", "budget"),
            ("policies", "policy"),
        ];
        for (one, other) in families {
            let of = |text: &str| {
                words(text).iter().flat_map(|word| forms(&word.folded)).collect::<Vec<_>>()
            };
            let (one_s, other_s) = (of(one), of(other));
            assert!(one_s.iter().any(|form| other_s.contains(form)), "{one_s:?} {other_s:?}");
        }
        for (one, other) in [("réunion", "union"), ("maire", "mairesse"), ("meeting", "met")] {
            let (one, other) = (forms(&folded(one)[0]), forms(&folded(other)[0]));
            assert!(!one.iter().any(|form| other.contains(form)), "{one:?} {other:?}");
        }
    }

    #[test]
    fn the_words_that_are_everywhere_are_sorted_and_folded() {
        assert!(EVERYWHERE.is_sorted());
        assert!(EVERYWHERE.iter().all(|word| folded(word) == [*word]));
        assert!(is_everywhere("the") && is_everywhere("les") && !is_everywhere("maire"));
    }

    proptest! {
        #[test]
        fn any_text_has_words_that_stand_in_it(text in "\\PC{0,60}") {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.from >= end && word.from < word.to);
                prop_assert!(text.get(word.from..word.to).is_some());
                prop_assert!(!word.folded.is_empty());
                prop_assert!(word.folded.chars().all(is_letter));
                prop_assert_eq!(&forms(&word.folded)[0], &word.folded);
                end = word.to;
            }
        }
    }
}
