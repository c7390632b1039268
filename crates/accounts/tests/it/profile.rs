//! Profiles.

use accounts::AccountError;
use ruma_common::user_id;
use serde_json::{Value, json};

use crate::town::Town;

#[tokio::test]
async fn a_person_shows_name_picture_and_other_fields() {
    let town = Town::found().await;
    let alice = town.named("alice", "Alice").await;
    let set = |field, value| town.accounts.set_profile_field(&alice, field, value);
    set("avatar_url", json!("mxc://town.example/abc")).await.unwrap();
    set("m.tz", json!("Europe/Paris")).await.unwrap();
    set("org.example.languages", json!(["fr", "en"])).await.unwrap();
    set("org.example.nothing", Value::Null).await.unwrap();
    let profile = town.accounts.profile(&alice).await.unwrap();
    assert_eq!(profile.name.as_deref(), Some("Alice"));
    assert_eq!(profile.avatar.as_deref(), Some("mxc://town.example/abc"));
    assert_eq!(profile.fields["org.example.languages"], json!(["fr", "en"]));
    assert_eq!(profile.fields["org.example.nothing"], Value::Null);
    assert_eq!(profile.fields.len(), 5);
}

#[tokio::test]
async fn an_empty_name_or_picture_is_none() {
    let town = Town::found().await;
    let alice = town.named("alice", "Alice").await;
    let profile = town.accounts.set_profile_field(&alice, "displayname", json!("")).await.unwrap();
    assert!(profile.fields.is_empty());
}

#[tokio::test]
async fn a_field_is_deleted_and_deleting_it_again_is_no_failure() {
    let town = Town::found().await;
    let alice = town.named("alice", "Alice").await;
    for _ in 0..2 {
        let profile = town.accounts.delete_profile_field(&alice, "displayname").await.unwrap();
        assert_eq!(profile.name, None);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let set = |field: String, value| {
        let (accounts, alice) = (town.accounts.clone(), alice.clone());
        async move { accounts.set_profile_field(&alice, &field, value).await }
    };
    for (field, value) in [
        ("displayname", json!(7)),
        ("displayname", json!("x".repeat(257))),
        ("avatar_url", json!("https://elsewhere.example/picture.png")),
        ("avatar_url", json!({})),
        ("Upper", json!(1)),
    ] {
        let refused = set(field.to_owned(), value).await;
        assert!(matches!(refused, Err(AccountError::Invalid(_))), "{field}");
    }
    let refused = set("a".repeat(256), json!(1)).await;
    assert!(matches!(refused, Err(AccountError::KeyTooLarge)));
    assert!(town.accounts.profile(&alice).await.unwrap().fields.is_empty());
}

#[tokio::test]
async fn a_profile_has_64_kib_at_most() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let set = |field, bytes: usize| {
        town.accounts.set_profile_field(&alice, field, json!("x".repeat(bytes)))
    };
    set("org.example.a", 60_000).await.unwrap();
    let refused = set("org.example.b", 6_000).await;
    assert!(matches!(refused, Err(AccountError::ProfileTooLarge)));
    set("org.example.b", 5_000).await.unwrap();
}

#[tokio::test]
async fn fields_set_at_once_are_all_kept() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let names: Vec<_> = (0..8).map(|number| format!("org.example.f{number}")).collect();
    let sets = names.iter().map(|name| town.accounts.set_profile_field(&alice, name, json!(1)));
    for result in futures_util::future::join_all(sets).await {
        result.unwrap();
    }
    assert_eq!(town.accounts.profile(&alice).await.unwrap().fields.len(), 8);
}

#[tokio::test]
async fn who_is_not_here_has_no_profile() {
    let town = Town::found().await;
    for user in [user_id!("@nobody:town.example"), user_id!("@alice:elsewhere.example")] {
        let refused = town.accounts.profile(user).await;
        assert!(matches!(refused, Err(AccountError::UnknownUser(_))));
        assert!(!town.accounts.exists(user).await.unwrap());
    }
}
