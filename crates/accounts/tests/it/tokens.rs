//! Tokens for third parties, and nonces for who holds the shared secret.

use std::time::Duration;

use accounts::{AccountError, Erasure, Kind, SignedRegistration};
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::town::{PASSWORD, Town, secret};

const SHARED: &str = "what the operator knows";

/// Towns whose operator set a shared secret: two nodes.
async fn cluster() -> (Town, Town) {
    let (disk, keys) = Default::default();
    let with_secret = |settings: &mut accounts::Settings| {
        settings.shared_secret = Some(secret(SHARED));
        settings.clock_difference = Duration::from_mins(5);
    };
    (
        Town::node_with(&disk, &keys, with_secret).await,
        Town::node_with(&disk, &keys, with_secret).await,
    )
}

/// Registers as known tools do.
async fn registers(
    town: &Town,
    nonce: &str,
    localpart: &str,
    kind: Kind,
) -> Result<ruma_common::OwnedUserId, AccountError> {
    let word = if kind == Kind::Administrator { "admin" } else { "notadmin" };
    let mut mac = Hmac::<Sha1>::new_from_slice(SHARED.as_bytes()).unwrap();
    mac.update(format!("{nonce}\0{localpart}\0{PASSWORD}\0{word}").as_bytes());
    let mac = mac.finalize().into_bytes();
    let mac = mac.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let (password, mac) = (secret(PASSWORD), mac.as_str());
    let (name, user_type) = (None, None);
    let asked =
        SignedRegistration { nonce, localpart, password: &password, name, kind, user_type, mac };
    town.accounts.register_by_secret(asked).await
}

#[tokio::test]
async fn a_nonce_of_one_node_opens_one_account_on_any() {
    let (a, b) = cluster().await;
    let nonce = a.accounts.registration_nonce().await.unwrap();
    let alice = registers(&b, &nonce, "alice", Kind::Administrator).await.unwrap();
    assert!(a.accounts.is_administrator(&alice).await.unwrap());
    for town in [&a, &b] {
        let again = registers(town, &nonce, "bob", Kind::Person).await;
        assert!(matches!(again, Err(AccountError::UnknownNonce)), "{again:?}");
    }
    let taken = registers(&a, &nonce, "alice", Kind::Person).await;
    assert!(matches!(taken, Err(AccountError::UserInUse)), "{taken:?}");
}

#[tokio::test]
async fn a_nonce_used_on_both_nodes_at_once_opens_one_account() {
    let (a, b) = cluster().await;
    for round in 0..5 {
        let nonce = a.accounts.registration_nonce().await.unwrap();
        let names: Vec<_> = (0..4).map(|number| format!("person{round}-{number}")).collect();
        let tries = names.iter().zip([&a, &b, &a, &b]);
        let tries = tries.map(|(name, town)| registers(town, &nonce, name, Kind::Person));
        let opened = join_all(tries).await.into_iter().flatten().count();
        assert_eq!(opened, 1);
    }
}

#[tokio::test]
async fn a_nonce_is_good_for_a_minute_and_the_difference_of_the_clocks() {
    let (a, b) = cluster().await;
    let nonce = a.accounts.registration_nonce().await.unwrap();
    b.clock.advance(Duration::from_mins(5));
    registers(&b, &nonce, "alice", Kind::Person).await.unwrap();
    let nonce = a.accounts.registration_nonce().await.unwrap();
    b.clock.advance(Duration::from_mins(1));
    let late = registers(&b, &nonce, "bob", Kind::Person).await;
    assert!(matches!(late, Err(AccountError::UnknownNonce)), "{late:?}");
}

#[tokio::test]
async fn only_what_this_server_gave_is_a_nonce() {
    let (a, _) = cluster().await;
    let (stranger, _) = cluster().await;
    let foreign = stranger.accounts.registration_nonce().await.unwrap();
    for nonce in ["", "nonsense", "!", &foreign] {
        let refused = registers(&a, nonce, "alice", Kind::Person).await;
        assert!(matches!(refused, Err(AccountError::UnknownNonce)), "{nonce} {refused:?}");
    }
    let town = Town::found().await;
    let unset = town.accounts.registration_nonce().await;
    assert!(matches!(unset, Err(AccountError::NoSharedSecret)));
    let unset = registers(&town, &foreign, "alice", Kind::Person).await;
    assert!(matches!(unset, Err(AccountError::NoSharedSecret)));
}

#[tokio::test]
async fn a_third_party_learns_who_somebody_is_for_an_hour() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let (token, lifetime) = town.accounts.issue_openid_token(&alice).await.unwrap();
    assert_eq!(lifetime, Duration::from_hours(1));
    let node = town.other_node().await;
    assert_eq!(node.openid_user(token.expose()).await.unwrap(), alice);
    assert!(!town.knows(&token).await, "it is no access token");
    let session = town.signs_in(&alice).await;
    let access = town.accounts.openid_user(session.tokens.access.expose()).await;
    assert!(matches!(access, Err(AccountError::UnknownToken { .. })));
    town.clock.advance(lifetime);
    let late = town.accounts.openid_user(token.expose()).await;
    assert!(matches!(late, Err(AccountError::UnknownToken { .. })));
}

#[tokio::test]
async fn who_is_locked_or_gone_is_told_to_no_third_party() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let (token, _) = town.accounts.issue_openid_token(&alice).await.unwrap();
    town.accounts.set_locked(&alice, true).await.unwrap();
    assert!(town.accounts.openid_user(token.expose()).await.is_err());
    town.accounts.set_locked(&alice, false).await.unwrap();
    town.accounts.openid_user(token.expose()).await.unwrap();
    town.accounts.deactivate(&alice, Erasure::Keep).await.unwrap();
    let gone = town.accounts.openid_user(token.expose()).await;
    assert!(matches!(gone, Err(AccountError::UnknownToken { .. })));
}

#[tokio::test]
async fn what_expired_is_swept_however_much_there_is() {
    let (town, _) = cluster().await;
    let alice = town.person("alice").await;
    for _ in 0..1100 {
        town.accounts.issue_openid_token(&alice).await.unwrap();
    }
    let nonce = town.accounts.registration_nonce().await.unwrap();
    registers(&town, &nonce, "bob", Kind::Person).await.unwrap();
    assert_eq!((town.rows("openid_tokens").await, town.rows("spent_nonces").await), (1100, 1));
    town.clock.advance(Duration::from_hours(2));
    town.accounts.flush().await.unwrap();
    assert_eq!((town.rows("openid_tokens").await, town.rows("spent_nonces").await), (0, 0));
}
