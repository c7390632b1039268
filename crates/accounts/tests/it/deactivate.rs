//! Closing an account.

use accounts::{AccountError, Departure, Erasure};
use serde_json::json;
use vault::Owner;

use crate::town::{PASSWORD, Town, new_session, secret, soft_logout};

#[tokio::test]
async fn a_closed_account_has_no_session_password_profile_or_place_in_the_directory() {
    let town = Town::found().await;
    let alice = town.named("alice", "Alice Martin").await;
    let phone = town.signs_in_refreshing(&alice).await;
    assert!(town.knows(&phone.tokens.access).await);
    town.accounts.deactivate(&alice, Erasure::Keep).await.unwrap();
    assert!(!soft_logout(town.accounts.authenticate(phone.tokens.access.expose()).await));
    assert!(town.accounts.refresh(phone.tokens.refresh.unwrap().expose()).await.is_err());
    assert!(matches!(town.tries("alice", PASSWORD).await, Err(AccountError::WrongCredentials)));
    assert!(matches!(town.accounts.profile(&alice).await, Err(AccountError::UnknownUser(_))));
    assert!(town.accounts.search("martin", 10).await.unwrap().people.is_empty());
    assert!(town.accounts.sessions(&alice).await.unwrap().is_empty());
    assert!(!town.accounts.exists(&alice).await.unwrap());
}

#[tokio::test]
async fn a_closed_account_cannot_be_used_or_opened_again() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    town.accounts.deactivate(&alice, Erasure::Keep).await.unwrap();
    let taken = town.accounts.create(Some("alice"), &secret(PASSWORD), None).await;
    assert!(matches!(taken, Err(AccountError::UserInUse)));
    let refused = town.accounts.begin_session(&alice, new_session()).await;
    assert!(matches!(refused, Err(AccountError::UnknownUser(_))));
    let refused = town.accounts.set_profile_field(&alice, "displayname", json!("Ghost")).await;
    assert!(matches!(refused, Err(AccountError::UnknownUser(_))));
    let again = town.accounts.deactivate(&alice, Erasure::Erase).await;
    assert!(matches!(again, Err(AccountError::UnknownUser(_))));
}

#[tokio::test]
async fn the_key_is_destroyed_when_the_departure_is_finished_and_only_if_asked() {
    let town = Town::found().await;
    let (alice, bob) = (town.person("alice").await, town.person("bob").await);
    town.accounts.deactivate(&alice, Erasure::Erase).await.unwrap();
    town.accounts.deactivate(&bob, Erasure::Keep).await.unwrap();
    // A server that stopped in between goes on.
    let restarted = town.other_node().await;
    let departures = restarted.departures().await.unwrap();
    let expected = [(&alice, Erasure::Erase), (&bob, Erasure::Keep)]
        .map(|(user, erasure)| Departure { user_id: user.clone(), erasure });
    assert_eq!(departures, expected);
    let key = |user: &ruma_common::OwnedUserId| Owner::Person(user.clone());
    assert!(town.vault.existing_key(&key(&alice)).await.unwrap().is_some());
    for departure in &departures {
        restarted.finish_departure(departure).await.unwrap();
    }
    assert!(restarted.departures().await.unwrap().is_empty());
    assert!(town.vault.existing_key(&key(&alice)).await.unwrap().is_none());
    assert!(town.vault.existing_key(&key(&bob)).await.unwrap().is_some());
}
