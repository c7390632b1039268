//! Sessions and their tokens.

use std::time::Duration;

use accounts::{AccountError, NewSession};
use ruma_common::{device_id, owned_device_id};

use crate::town::{Town, eventually, new_session, soft_logout};

#[tokio::test]
async fn a_token_names_its_person_and_device() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in_on(&alice, "PHONE").await;
    let session = town.accounts.authenticate(phone.tokens.access.expose()).await.unwrap();
    assert_eq!(session.user_id, alice);
    assert_eq!(session.device_id, "PHONE");
    assert!(phone.tokens.access.expose().starts_with("chappe_access_"));
    assert!(phone.tokens.refresh.is_none());
}

#[tokio::test]
async fn what_is_no_access_token_is_unknown() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let signed_in = town.signs_in_refreshing(&alice).await;
    let refresh = signed_in.tokens.refresh.unwrap();
    for token in ["", "chappe_access_", "nonsense", refresh.expose().as_str()] {
        assert!(!soft_logout(town.accounts.authenticate(token).await), "{token}");
    }
    let access = signed_in.tokens.access.expose();
    assert!(!soft_logout(town.accounts.refresh(access).await));
}

#[tokio::test]
async fn a_session_that_ended_is_refused_at_once() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let (phone, laptop) = (town.signs_in(&alice).await, town.signs_in(&alice).await);
    assert!(town.knows(&phone.tokens.access).await);
    town.accounts.end_session(&alice, &phone.device_id).await.unwrap();
    assert!(!soft_logout(town.accounts.authenticate(phone.tokens.access.expose()).await));
    assert!(town.knows(&laptop.tokens.access).await);
}

#[tokio::test]
async fn a_session_that_ended_is_refused_by_the_other_node_too() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in(&alice).await;
    let other = town.other_node().await;
    let token = phone.tokens.access.expose();
    assert!(other.authenticate(token).await.is_ok());
    town.accounts.end_session(&alice, &phone.device_id).await.unwrap();
    eventually(|| async { other.authenticate(token).await.is_err() }).await;
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in_refreshing(&alice).await;
    let restarted = town.other_node().await;
    let session = restarted.authenticate(phone.tokens.access.expose()).await.unwrap();
    assert_eq!(session.device_id, phone.device_id);
    assert!(restarted.refresh(phone.tokens.refresh.unwrap().expose()).await.is_ok());
}

#[tokio::test]
async fn ending_all_sessions_but_one_leaves_that_one() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let bob = town.person("bob").await;
    let (phone, laptop) = (town.signs_in(&alice).await, town.signs_in(&alice).await);
    let bobs = town.signs_in(&bob).await;
    let ended = town.accounts.end_sessions(&alice, Some(&phone.device_id)).await.unwrap();
    assert_eq!(ended, std::slice::from_ref(&laptop.device_id));
    assert!(town.knows(&phone.tokens.access).await);
    assert!(!town.knows(&laptop.tokens.access).await);
    assert!(town.knows(&bobs.tokens.access).await);
}

#[tokio::test]
async fn signing_in_again_on_a_device_ends_its_old_token_and_keeps_its_name() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let named = |name: &str| NewSession {
        device_id: Some(owned_device_id!("PHONE")),
        name: Some(name.to_owned()),
        ..new_session()
    };
    let first = town.accounts.begin_session(&alice, named("My phone")).await.unwrap();
    assert!(town.knows(&first.tokens.access).await);
    let second = town.accounts.begin_session(&alice, named("Other name")).await.unwrap();
    assert!(!soft_logout(town.accounts.authenticate(first.tokens.access.expose()).await));
    assert!(town.knows(&second.tokens.access).await);
    let sessions = town.accounts.sessions(&alice).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].name.as_deref(), Some("My phone"));
}

#[tokio::test]
async fn a_device_id_is_bounded() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    for device in [String::new(), "d".repeat(256)] {
        let new = NewSession { device_id: Some(device.into()), ..new_session() };
        let refused = town.accounts.begin_session(&alice, new).await;
        assert!(matches!(refused, Err(AccountError::Invalid(_))));
    }
}

#[tokio::test]
async fn an_expired_token_says_that_the_session_is_still_there() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in_refreshing(&alice).await;
    let access = phone.tokens.access.expose();
    assert_eq!(phone.tokens.expires_in, Some(Duration::from_mins(5)));
    town.clock.advance(Duration::from_mins(5) - Duration::from_millis(1));
    assert!(town.accounts.authenticate(access).await.is_ok());
    town.clock.advance(Duration::from_millis(1));
    assert!(soft_logout(town.accounts.authenticate(access).await));
    // Read from the store, not from memory, the answer is the same.
    assert!(soft_logout(town.other_node().await.authenticate(access).await));
    assert!(town.accounts.refresh(phone.tokens.refresh.unwrap().expose()).await.is_ok());
}

#[tokio::test]
async fn a_session_without_refresh_ends_by_itself_when_so_set() {
    let day = Duration::from_hours(24);
    let town = Town::with(|settings| settings.session_lifetime = Some(day)).await;
    let alice = town.person("alice").await;
    let phone = town.signs_in(&alice).await;
    assert_eq!(phone.tokens.expires_in, Some(day));
    town.clock.advance(day);
    assert!(soft_logout(town.accounts.authenticate(phone.tokens.access.expose()).await));
}

#[tokio::test]
async fn old_tokens_work_until_the_new_ones_are_used() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let old = town.signs_in_refreshing(&alice).await.tokens;
    let new = town.accounts.refresh(old.refresh.as_ref().unwrap().expose()).await.unwrap();
    assert!(town.knows(&old.access).await);
    assert!(town.knows(&new.access).await);
    assert!(!soft_logout(town.accounts.authenticate(old.access.expose()).await));
    assert!(!soft_logout(town.accounts.refresh(old.refresh.unwrap().expose()).await));
    assert!(town.knows(&new.access).await);
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_can_be_repeated() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let old = town.signs_in_refreshing(&alice).await.tokens;
    let refresh = old.refresh.unwrap();
    let lost = town.accounts.refresh(refresh.expose()).await.unwrap();
    let got = town.accounts.refresh(refresh.expose()).await.unwrap();
    assert!(!soft_logout(town.accounts.authenticate(lost.access.expose()).await));
    assert!(!soft_logout(town.accounts.refresh(lost.refresh.unwrap().expose()).await));
    assert!(town.knows(&got.access).await);
    assert!(!soft_logout(town.accounts.refresh(refresh.expose()).await));
}

#[tokio::test]
async fn using_the_new_refresh_token_ends_the_old_tokens_too() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let first = town.signs_in_refreshing(&alice).await.tokens;
    let second = town.accounts.refresh(first.refresh.as_ref().unwrap().expose()).await.unwrap();
    let third = town.accounts.refresh(second.refresh.unwrap().expose()).await.unwrap();
    assert!(!town.knows(&first.access).await);
    assert!(!soft_logout(town.accounts.refresh(first.refresh.unwrap().expose()).await));
    assert!(town.knows(&second.access).await);
    assert!(town.knows(&third.access).await);
    assert!(!town.knows(&second.access).await);
}

#[tokio::test]
async fn a_refresh_token_used_by_many_at_once_leaves_one_session() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let refresh = town.signs_in_refreshing(&alice).await.tokens.refresh.unwrap();
    let tries = (0..8).map(|_| town.accounts.refresh(refresh.expose()));
    let mut good = 0;
    for tokens in futures_util::future::join_all(tries).await.into_iter().flatten() {
        good += usize::from(town.knows(&tokens.access).await);
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn a_suspended_session_can_be_carried_on() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in_refreshing(&alice).await;
    assert!(town.knows(&phone.tokens.access).await);
    town.accounts.suspend_session(&alice, &phone.device_id).await.unwrap();
    assert!(soft_logout(town.accounts.authenticate(phone.tokens.access.expose()).await));
    assert!(!soft_logout(town.accounts.refresh(phone.tokens.refresh.unwrap().expose()).await));
    let again = town.signs_in_on(&alice, phone.device_id.as_str()).await;
    assert!(town.knows(&again.tokens.access).await);
    assert_eq!(town.accounts.sessions(&alice).await.unwrap().len(), 1);
}

#[tokio::test]
async fn sessions_are_renamed_by_their_owner_only() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let bob = town.person("bob").await;
    town.signs_in_on(&alice, "PHONE").await;
    let phone = device_id!("PHONE");
    town.accounts.name_session(&alice, phone, "Kitchen").await.unwrap();
    let session = town.accounts.session(&alice, phone).await.unwrap();
    assert_eq!(session.name.as_deref(), Some("Kitchen"));
    let refused = town.accounts.name_session(&bob, phone, "Mine").await;
    assert!(matches!(refused, Err(AccountError::UnknownSession(_))));
    assert_eq!(town.accounts.session_names(&alice).await.unwrap().len(), 1);
    assert!(town.accounts.session_names(&bob).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_last_use_is_written_now_and_then_not_at_every_request() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in(&alice).await;
    let before = town.store.log_end();
    for _ in 0..100 {
        assert!(town.knows(&phone.tokens.access).await);
    }
    assert_eq!(town.store.log_end(), before);
    let used = base::clock::Clock::now(&*town.clock);
    let restarted = town.other_node().await;
    let last = |accounts: accounts::Accounts| {
        let (alice, device) = (alice.clone(), phone.device_id.clone());
        async move { accounts.session(&alice, &device).await.unwrap().last_seen }
    };
    assert_eq!(last(town.accounts.clone()).await, Some(used));
    assert_eq!(last(restarted.clone()).await, None);
    town.clock.advance(Duration::from_secs(30));
    assert!(town.knows(&phone.tokens.access).await);
    town.accounts.flush().await.unwrap();
    assert_eq!(last(restarted).await, Some(used));
}

#[tokio::test]
async fn tokens_that_ended_leave_nothing_behind() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let phone = town.signs_in_refreshing(&alice).await;
    let mut tokens = phone.tokens;
    for _ in 0..5 {
        tokens = town.accounts.refresh(tokens.refresh.unwrap().expose()).await.unwrap();
        assert_eq!(town.tokens().await, 4);
    }
    assert!(town.knows(&tokens.access).await);
    assert_eq!(town.tokens().await, 2);
    town.signs_in_on(&alice, phone.device_id.as_str()).await;
    assert_eq!(town.tokens().await, 1);
    town.accounts.end_session(&alice, &phone.device_id).await.unwrap();
    assert_eq!(town.tokens().await, 0);
}
