//! Proving who one is.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use accounts::{AccountError, Credentials, Limits, OtherSessions, PasswordCost, Rate};

use crate::town::{HOME, PASSWORD, Town, new_session, secret};

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(198, 51, 100, last).into()
}

fn retry_after<T>(result: &Result<T, AccountError>) -> Option<Duration> {
    match result {
        Err(AccountError::LimitExceeded { retry_after }) => Some(*retry_after),
        _ => None,
    }
}

#[tokio::test]
async fn a_person_signs_in_by_full_id_or_localpart_in_any_case() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    for identifier in ["alice", "@alice:town.example", "ALICE", "@Alice:town.example"] {
        let signed_in = town.tries(identifier, PASSWORD).await.unwrap();
        assert_eq!(signed_in.user_id, alice, "{identifier}");
    }
}

#[tokio::test]
async fn who_is_wrong_and_who_is_unknown_are_told_the_same() {
    let town = Town::found().await;
    town.person("alice").await;
    let tries = [
        ("alice", "wrong password"),
        ("nobody", PASSWORD),
        ("@alice:elsewhere.example", PASSWORD),
        ("", PASSWORD),
        ("alice", ""),
        ("not a name:%", PASSWORD),
    ];
    for (identifier, password) in tries {
        let refused = town.tries(identifier, password).await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)), "{identifier}");
    }
}

#[tokio::test]
async fn guesses_at_one_account_are_limited_from_everywhere() {
    let rate = Rate { burst: 3, every: Duration::from_mins(1) };
    let limits = Limits { sign_in_per_account: Some(rate), ..Limits::LIFTED };
    let town = Town::with(|settings| settings.limits = limits).await;
    town.person("alice").await;
    town.person("bob").await;
    for guess in 0..3 {
        let refused = town.tries_from(address(guess), "alice", "wrong password").await;
        assert!(matches!(refused, Err(AccountError::WrongCredentials)));
    }
    let refused = town.tries_from(address(9), "@ALICE:town.example", PASSWORD).await;
    assert_eq!(retry_after(&refused), Some(Duration::from_mins(1)));
    assert!(town.tries("bob", PASSWORD).await.is_ok());
    town.clock.advance(Duration::from_mins(1));
    assert!(town.tries("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn guesses_from_one_address_are_limited_over_all_accounts() {
    let rate = Rate { burst: 3, every: Duration::from_mins(1) };
    let limits = Limits { sign_in_per_address: Some(rate), ..Limits::LIFTED };
    let town = Town::with(|settings| settings.limits = limits).await;
    town.person("alice").await;
    for name in ["a", "b", "c"] {
        assert!(matches!(town.tries(name, "guess it").await, Err(AccountError::WrongCredentials)));
    }
    assert!(retry_after(&town.tries("alice", PASSWORD).await).is_some());
    assert!(town.tries_from(address(1), "alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn who_signs_in_rightly_is_never_limited() {
    let rate = Some(Rate { burst: 2, every: Duration::from_mins(1) });
    let limits = Limits {
        sign_in_per_account: rate,
        sign_in_per_address: rate,
        registration_per_address: None,
    };
    let town = Town::with(|settings| settings.limits = limits).await;
    town.person("alice").await;
    for _ in 0..10 {
        assert!(town.tries("alice", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn a_changed_password_ends_other_sessions_and_the_old_password() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let (phone, laptop) = (town.signs_in(&alice).await, town.signs_in(&alice).await);
    let others = OtherSessions::EndAllBut(Some(&phone.device_id));
    let new = secret("another good password");
    let ended = town.accounts.change_password(&alice, &new, others).await.unwrap();
    assert_eq!(ended, [laptop.device_id]);
    assert!(town.knows(&phone.tokens.access).await);
    assert!(!town.knows(&laptop.tokens.access).await);
    assert!(town.tries("alice", PASSWORD).await.is_err());
    assert!(town.tries("alice", "another good password").await.is_ok());
}

#[tokio::test]
async fn a_changed_password_may_leave_other_sessions() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let laptop = town.signs_in(&alice).await;
    let new = secret("another good password");
    town.accounts.change_password(&alice, &new, OtherSessions::Keep).await.unwrap();
    assert!(town.knows(&laptop.tokens.access).await);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_changes_nothing() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    for weak in ["", "short", "éééééé", &"x".repeat(1025)] {
        let end = OtherSessions::EndAllBut(None);
        let refused = town.accounts.change_password(&alice, &secret(weak), end).await;
        assert!(matches!(refused, Err(AccountError::WeakPassword { .. })), "{weak}");
    }
    assert!(town.tries("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_password_hashed_cheaply_is_hashed_anew_at_sign_in() {
    let town = Town::found().await;
    town.person("alice").await;
    let dear = PasswordCost { memory: 64, passes: 2, lanes: 1 };
    let dearer = town.other_node_with(|settings| settings.password_cost = dear).await;
    let password = secret(PASSWORD);
    let credentials = Credentials { identifier: "alice", password: &password, address: HOME };
    let devices = (0..8).map(|_| dearer.sign_in(credentials, new_session()));
    for signed_in in futures_util::future::join_all(devices).await {
        assert!(signed_in.is_ok());
    }
    assert!(town.password_hash("@alice:town.example").await.contains("m=64,t=2"));
    assert!(town.tries("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_login_token_signs_in_once_and_soon() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let uses = |token: String| {
        let accounts = town.accounts.clone();
        async move { accounts.sign_in_by_token(&token, HOME, new_session()).await }
    };
    let (token, lifetime) = town.accounts.issue_login_token(&alice).await.unwrap();
    assert_eq!(uses(token.expose().clone()).await.unwrap().user_id, alice);
    let again = uses(token.expose().clone()).await;
    assert!(matches!(again, Err(AccountError::WrongCredentials)));
    let (late, _) = town.accounts.issue_login_token(&alice).await.unwrap();
    town.clock.advance(lifetime);
    assert!(matches!(uses(late.expose().clone()).await, Err(AccountError::WrongCredentials)));
}

#[tokio::test]
async fn a_login_token_that_nobody_used_is_swept_away() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let (_, lifetime) = town.accounts.issue_login_token(&alice).await.unwrap();
    town.accounts.flush().await.unwrap();
    assert_eq!(town.login_tokens().await, 1);
    town.clock.advance(lifetime);
    town.accounts.flush().await.unwrap();
    assert_eq!(town.login_tokens().await, 0);
}
