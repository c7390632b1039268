//! Finding people.

use accounts::Accounts;
use serde_json::json;

use crate::town::{Town, eventually};

async fn finds(accounts: &Accounts, term: &str) -> Vec<String> {
    let found = accounts.search(term, 10).await.unwrap();
    found.people.iter().map(|person| person.user_id.localpart().to_owned()).collect()
}

#[tokio::test]
async fn people_are_found_by_words_without_case_and_accents() {
    let town = Town::found().await;
    town.named("u1", "Éloïse Müller").await;
    town.named("u2", "Elodie Martin").await;
    town.named("u3", "Jean-Élie Dupond").await;
    for (term, expected) in [
        ("eloise", &["u1"][..]),
        ("ÉLOÏSE", &["u1"]),
        ("elo", &["u2", "u1"]),
        ("muller éloise", &["u1"]),
        ("elie", &["u3"]),
        ("el mar", &["u2"]),
        ("@u3:town.example", &["u3"]),
        ("u3", &["u3"]),
        ("loise", &[]),
        ("", &[]),
        ("@u3:elsewhere.example", &[]),
    ] {
        assert_eq!(finds(&town.accounts, term).await, expected, "{term}");
    }
}

#[tokio::test]
async fn a_whole_word_comes_before_a_beginning() {
    let town = Town::found().await;
    town.named("u1", "Annabelle Aa").await;
    town.named("u2", "Anna Zz").await;
    assert_eq!(finds(&town.accounts, "anna").await, ["u2", "u1"]);
}

#[tokio::test]
async fn more_people_than_asked_for_are_said_to_be_there() {
    let town = Town::found().await;
    for number in 0..3 {
        town.named(&format!("u{number}"), "Martin").await;
    }
    let found = town.accounts.search("martin", 2).await.unwrap();
    assert_eq!((found.people.len(), found.limited), (2, true));
    let found = town.accounts.search("martin", 3).await.unwrap();
    assert_eq!((found.people.len(), found.limited), (3, false));
}

#[tokio::test]
async fn a_new_name_is_found_at_once_and_the_old_one_is_not() {
    let town = Town::found().await;
    let alice = town.named("u1", "Alice").await;
    town.accounts.set_profile_field(&alice, "displayname", json!("Charlotte")).await.unwrap();
    assert_eq!(finds(&town.accounts, "charlotte").await, ["u1"]);
    assert!(finds(&town.accounts, "alice").await.is_empty());
}

#[tokio::test]
async fn the_index_is_built_at_the_start_and_follows_other_nodes() {
    let town = Town::found().await;
    let alice = town.named("u1", "Alice").await;
    let other = town.other_node().await;
    assert_eq!(finds(&other, "alice").await, ["u1"]);
    town.accounts.set_profile_field(&alice, "displayname", json!("Charlotte")).await.unwrap();
    town.named("u2", "Bob").await;
    eventually(|| async { finds(&other, "bob").await == ["u2"] }).await;
    assert_eq!(finds(&other, "charlotte").await, ["u1"]);
    assert!(finds(&other, "alice").await.is_empty());
}
