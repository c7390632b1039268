//! Finding people by their name: an index in memory, built at the start and followed after.
//!
//! Names are sealed on disk, so the store cannot search them. Words are compared without case and
//! accents; a search finds who has, for each of its words, a word that begins with it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use icu_normalizer::DecomposingNormalizer;
use parking_lot::RwLock;
use ruma_common::{OwnedUserId, UserId};
use store::{Direction, Prefix};
use tokio::sync::watch;

use crate::accounts::{Accounts, stored_user};
use crate::error::AccountError;
use crate::profile::Profile;
use crate::tables::{ACCOUNTS, AccountRow};

/// Accounts read at a time when the index is built.
const PAGE: usize = 500;
/// Words of a search that count.
const WORDS: usize = 16;
/// Candidates that a search looks at, at most.
const CANDIDATES: usize = 10_000;

/// Somebody found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user_id: OwnedUserId,
    /// Their name.
    pub name: Option<String>,
    /// Their picture.
    pub avatar: Option<String>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who, best first.
    pub people: Vec<Person>,
    /// Whether there are more.
    pub limited: bool,
}

pub(crate) struct Directory {
    most: usize,
    index: RwLock<Index>,
    ready: watch::Sender<bool>,
}

#[derive(Default)]
struct Index {
    people: HashMap<OwnedUserId, Entry>,
    /// Who has a word.
    words: BTreeMap<String, BTreeSet<OwnedUserId>>,
}

/// What is known of a person, as of a version of their profile.
struct Entry {
    version: u64,
    /// `None` when they closed their account.
    shown: Option<Arc<Shown>>,
}

struct Shown {
    person: Person,
    words: Vec<String>,
}

impl Directory {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, index: RwLock::default(), ready: watch::Sender::new(false) }
    }
}

impl Accounts {
    /// People whose name or localpart has the words of `term`.
    pub async fn search(&self, term: &str, limit: usize) -> Result<Found, AccountError> {
        let mut ready = self.0.directory.ready.subscribe();
        // Fails only when the directory is dropped, and it is held here.
        let _ = ready.wait_for(|ready| *ready).await;
        Ok(self.0.directory.index.read().search(&words(term), limit))
    }

    /// Reads everybody into the index; searches wait until it is done.
    pub(crate) async fn build_directory(&self) -> Result<(), AccountError> {
        self.read_everybody().await?;
        self.0.directory.ready.send_replace(true);
        Ok(())
    }

    /// Reads one person into the index anew, whose change is made: that it fails is no failure of
    /// the change, and the log's follower tries again.
    pub(crate) async fn tell_directory(&self, user: &UserId) {
        if let Err(error) = self.refresh_directory(user).await {
            tracing::debug!(%error, "the directory learns of a change later");
        }
    }

    /// Reads one person into the index anew.
    pub(crate) async fn refresh_directory(&self, user: &UserId) -> Result<(), AccountError> {
        let view = self.0.store.snapshot().await?;
        let (account, row, version) = self.read_profile(&view, user).await?;
        let shown = match account {
            // Nobody looks for a guest, who has no more than a name.
            Some(AccountRow::Active { .. })
                if !self.read_standing(&view, user).await?.is_guest() =>
            {
                Some(Shown::new(user, Profile::from(row)))
            }
            _ => None,
        };
        let entry = Entry { version: version.unwrap_or(0), shown: shown.map(Arc::new) };
        self.0.directory.index.write().put(user, entry, self.0.directory.most);
        Ok(())
    }

    async fn read_everybody(&self) -> Result<(), AccountError> {
        let mut part = Prefix::all();
        loop {
            let rows = ACCOUNTS.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            part = Prefix::all().after(last);
            for (user, row) in &rows {
                if matches!(row, AccountRow::Active { .. }) {
                    self.refresh_directory(&stored_user(user)?).await?;
                }
            }
        }
    }
}

impl Index {
    fn put(&mut self, user: &UserId, entry: Entry, most: usize) {
        match self.people.get(user) {
            // Somebody read a later state first.
            Some(known) if known.version > entry.version => return,
            None if self.people.len() >= most => {
                tracing::warn!(most, "the directory is full: somebody is not found by name");
                return;
            }
            _ => {}
        }
        let known = self.people.remove(user).and_then(|entry| entry.shown);
        for word in known.iter().flat_map(|shown| &shown.words) {
            if let Some(people) = self.words.get_mut(word) {
                people.remove(user);
                if people.is_empty() {
                    self.words.remove(word);
                }
            }
        }
        for word in entry.shown.iter().flat_map(|shown| &shown.words) {
            self.words.entry(word.clone()).or_default().insert(user.to_owned());
        }
        self.people.insert(user.to_owned(), entry);
    }

    fn search(&self, wanted: &[String], limit: usize) -> Found {
        // The longest word leaves the fewest candidates.
        let Some(rarest) = wanted.iter().max_by_key(|word| word.len()) else {
            return Found { people: Vec::new(), limited: false };
        };
        let beginning =
            self.words.range::<str, _>((Bound::Included(rarest.as_str()), Bound::Unbounded));
        let mut seen = HashSet::new();
        let candidates = beginning
            .take_while(|(word, _)| word.starts_with(rarest.as_str()))
            .flat_map(|(_, people)| people)
            .filter(|user| seen.insert(*user))
            .take(CANDIDATES);
        let shown = candidates.filter_map(|user| self.people.get(user)?.shown.as_ref());
        let mut found: Vec<_> = shown.filter(|shown| shown.matches(wanted)).collect();
        found.sort_by_cached_key(|shown| shown.rank(wanted));
        let limited = found.len() > limit;
        let people = found.into_iter().take(limit).map(|shown| shown.person.clone()).collect();
        Found { people, limited }
    }
}

impl Shown {
    fn new(user: &UserId, profile: Profile) -> Self {
        let mut all = words(user.localpart());
        all.extend(profile.name.as_deref().map(words).into_iter().flatten());
        // Whoever types the whole user id means that person.
        all.push(fold(user.as_str()));
        all.sort();
        all.dedup();
        let Profile { name, avatar, .. } = profile;
        Self { person: Person { user_id: user.to_owned(), name, avatar }, words: all }
    }

    fn matches(&self, wanted: &[String]) -> bool {
        wanted.iter().all(|wanted| self.words.iter().any(|word| word.starts_with(wanted.as_str())))
    }

    /// Whole words come before beginnings of words, then by name.
    fn rank(&self, wanted: &[String]) -> (usize, String, OwnedUserId) {
        let partly = wanted.iter().filter(|wanted| !self.words.contains(wanted)).count();
        let name = self.person.name.as_deref().map(fold).unwrap_or_default();
        (partly, name, self.person.user_id.clone())
    }
}

/// The words of a text, without case and accents.
fn words(text: &str) -> Vec<String> {
    let text = fold(text);
    // A user id is one word, to be found as it is.
    if text.starts_with('@') && text.contains(':') {
        return vec![text];
    }
    let parts = text.split(|symbol: char| !symbol.is_alphanumeric());
    parts.filter(|word| !word.is_empty()).take(WORDS).map(str::to_owned).collect()
}

/// A text without case and accents.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for symbol in DecomposingNormalizer::new_nfkd().normalize(text).chars() {
        match symbol {
            // Combining marks: what decomposition took off its letter.
            '\u{300}'..='\u{36f}' => {}
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'ı' => folded.push('i'),
            symbol => folded.extend(symbol.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_words(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text:?}");
    }

    #[test]
    fn words_have_neither_case_nor_accents() {
        check_words("Éloïse d'Œuvray-Müller", &["eloise", "d", "oeuvray", "muller"]);
        check_words("SØREN  Łukasz", &["soren", "lukasz"]);
        check_words("Straße ﬁn", &["strasse", "fin"]);
        check_words("Δημήτρης", &["δημητρης"]);
        check_words("@alice:example.org", &["@alice:example.org"]);
        check_words(" …-! ", &[]);
    }

    #[test]
    fn an_older_state_does_not_replace_a_newer_one() {
        let user = ruma_common::user_id!("@alice:example.org");
        let mut index = Index::default();
        let entry = |version, name: &str| {
            let profile = Profile { name: Some(name.to_owned()), ..Profile::default() };
            Entry { version, shown: Some(Arc::new(Shown::new(user, profile))) }
        };
        index.put(user, entry(2, "Newer"), 10);
        index.put(user, entry(1, "Older"), 10);
        assert_eq!(index.search(&words("newer"), 10).people.len(), 1);
        assert_eq!(index.search(&words("older"), 10).people.len(), 0);
        index.put(user, Entry { version: 3, shown: None }, 10);
        index.put(user, entry(2, "Newer"), 10);
        assert_eq!(index.search(&words("newer"), 10).people.len(), 0);
    }

    #[test]
    fn a_full_index_takes_nobody_more() {
        let mut index = Index::default();
        for number in 0..5 {
            let user = UserId::parse(format!("@person{number}:example.org")).unwrap();
            let shown = Shown::new(&user, Profile::default());
            index.put(&user, Entry { version: 1, shown: Some(Arc::new(shown)) }, 3);
        }
        assert_eq!(index.search(&words("person"), 10).people.len(), 3);
    }
}
