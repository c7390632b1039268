//! Opening an account.

use accounts::{AccountError, Registration, Stage};

use crate::town::{PASSWORD, Town, secret};

#[tokio::test]
async fn identifiers_that_the_server_draws_are_opaque_and_differ() {
    let town = Town::found().await;
    let first = town.accounts.create(None, &secret(PASSWORD), Some("Alice")).await.unwrap();
    let second = town.accounts.create(None, &secret(PASSWORD), Some("Alice")).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(first.localpart().len(), 16);
    assert!(first.validate_strict().is_ok());
    assert!(town.accounts.exists(&first).await.unwrap());
}

#[tokio::test]
async fn names_follow_the_grammar_of_the_specification() {
    let town = Town::found().await;
    for name in ["alice", "a.b_c=d-e/f+g", "0"] {
        assert!(town.accounts.create(Some(name), &secret(PASSWORD), None).await.is_ok(), "{name}");
    }
    let long = "a".repeat(250);
    for name in ["", "Alice", "al ice", "alicé", "a:b", "@alice", long.as_str(), "a\0b"] {
        let refused = town.accounts.create(Some(name), &secret(PASSWORD), None).await;
        assert!(matches!(refused, Err(AccountError::InvalidUsername(_))), "{name}");
        let refused = town.accounts.require_available(name).await;
        assert!(matches!(refused, Err(AccountError::InvalidUsername(_))), "{name}");
    }
}

#[tokio::test]
async fn a_name_is_given_once() {
    let town = Town::found().await;
    assert!(town.accounts.require_available("alice").await.is_ok());
    town.person("alice").await;
    let taken = town.accounts.require_available("alice").await;
    assert!(matches!(taken, Err(AccountError::UserInUse)));
    let other = secret("another good password");
    let taken = town.accounts.create(Some("alice"), &other, None).await;
    assert!(matches!(taken, Err(AccountError::UserInUse)));
    assert!(town.tries("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn of_many_who_want_a_name_at_once_one_gets_it() {
    let town = Town::found().await;
    let password = secret(PASSWORD);
    let tries = (0..8).map(|_| town.accounts.create(Some("alice"), &password, None));
    let got = futures_util::future::join_all(tries).await;
    assert_eq!(got.iter().filter(|result| result.is_ok()).count(), 1);
    let others = got.iter().filter(|result| matches!(result, Err(AccountError::UserInUse)));
    assert_eq!(others.count(), 7);
}

#[tokio::test]
async fn who_may_register_is_a_setting() {
    let open = Town::found().await;
    assert_eq!(open.accounts.registration_stages().unwrap(), [[Stage::Dummy]]);
    assert!(!open.accounts.is_registration_token(""));
    let closed = Town::with(|settings| settings.registration = Registration::Closed).await;
    let refused = closed.accounts.registration_stages();
    assert!(matches!(refused, Err(AccountError::RegistrationClosed)));
    let tokens = Registration::Token(vec![secret("spring"), secret("summer")]);
    let token = Town::with(|settings| settings.registration = tokens).await;
    assert_eq!(token.accounts.registration_stages().unwrap(), [[Stage::RegistrationToken]]);
    assert!(token.accounts.is_registration_token("summer"));
    assert!(!token.accounts.is_registration_token("summe"));
    assert!(!token.accounts.is_registration_token(""));
}
