//! How accounts stand: locked, suspended, administrators; on every node at once.

use accounts::AccountError;

use crate::town::{PASSWORD, Town, eventually, secret};

#[tokio::test]
async fn a_lock_holds_for_every_session_on_every_node() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    let token = a.signs_in(&alice).await.tokens.access;
    let locked = async |town: &Town| {
        town.accounts.authenticate(token.expose()).await.unwrap().standing.locked
    };
    // Both nodes remember the session as it was.
    assert!(!locked(&a).await && !locked(&b).await);
    b.accounts.set_locked(&alice, true).await.unwrap();
    assert!(locked(&b).await, "known at once where it was decided");
    eventually(|| locked(&a)).await;
    a.accounts.set_locked(&alice, false).await.unwrap();
    assert!(!locked(&a).await);
    eventually(async || !locked(&b).await).await;
}

#[tokio::test]
async fn who_looks_again_sees_what_the_log_has_said_by_then() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    let token = a.signs_in(&alice).await.tokens.access;
    for on in [true, false].repeat(20) {
        // Remembered as it was.
        a.accounts.authenticate(token.expose()).await.unwrap();
        b.accounts.set_locked(&alice, on).await.unwrap();
        let again = a.accounts.authenticate_again(token.expose()).await.unwrap();
        assert_eq!(again.standing.locked, on);
    }
}

#[tokio::test]
async fn nobody_signs_in_or_refreshes_while_locked() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let refresh = town.signs_in_refreshing(&alice).await.tokens.refresh.unwrap();
    town.accounts.set_locked(&alice, true).await.unwrap();
    assert!(matches!(town.tries("alice", PASSWORD).await, Err(AccountError::Locked)));
    let wrong = town.tries("alice", "another password").await;
    assert!(matches!(wrong, Err(AccountError::WrongCredentials)), "no word to who guesses");
    let refreshed = town.accounts.refresh(refresh.expose()).await;
    assert!(matches!(refreshed, Err(AccountError::Locked)));
    town.accounts.set_locked(&alice, false).await.unwrap();
    town.accounts.refresh(refresh.expose()).await.unwrap();
    town.tries("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_administrator_is_neither_locked_nor_suspended() {
    let town = Town::with(|settings| {
        settings.administrators.push("@root:town.example".try_into().unwrap());
    })
    .await;
    let (root, alice) = (town.person("root").await, town.person("alice").await);
    town.accounts.set_administrator(&alice, true).await.unwrap();
    for person in [&root, &alice] {
        assert!(town.accounts.is_administrator(person).await.unwrap());
        let locked = town.accounts.set_locked(person, true).await;
        assert!(matches!(locked, Err(AccountError::Administrator(_))));
        let suspended = town.accounts.set_suspended(person, true).await;
        assert!(matches!(suspended, Err(AccountError::Administrator(_))));
    }
    town.accounts.set_administrator(&alice, false).await.unwrap();
    assert!(!town.accounts.is_administrator(&alice).await.unwrap());
    town.accounts.set_locked(&alice, true).await.unwrap();
    let standing = town.accounts.standing(&alice).await.unwrap();
    assert!(standing.locked && !standing.suspended && !standing.is_administrator());
}

#[tokio::test]
async fn of_two_decisions_at_once_neither_is_lost() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    for on in [true, false, true] {
        let (first, second) =
            tokio::join!(a.accounts.set_locked(&alice, on), b.accounts.set_suspended(&alice, on),);
        first.unwrap();
        second.unwrap();
        let standing = a.accounts.standing(&alice).await.unwrap();
        assert_eq!((standing.locked, standing.suspended), (on, on));
    }
}

#[tokio::test]
async fn nothing_is_decided_about_who_has_no_account() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    town.accounts.deactivate(&alice, accounts::Erasure::Keep).await.unwrap();
    let nobody = ruma_common::user_id!("@nobody:town.example");
    for person in [&*alice, nobody] {
        let locked = town.accounts.set_locked(person, true).await;
        assert!(matches!(locked, Err(AccountError::UnknownUser(_))));
        assert!(!town.accounts.is_administrator(person).await.unwrap());
    }
}

#[tokio::test]
async fn a_guest_becomes_a_person_once_and_is_found_then() {
    let town = Town::with(|settings| settings.guests = true).await;
    let guest = town.accounts.open_guest(None).await.unwrap();
    let (user, token) = (guest.user_id, guest.tokens.access);
    let session = town.accounts.authenticate(token.expose()).await.unwrap();
    assert!(session.standing.is_guest());
    assert_eq!(town.accounts.guests().await.unwrap(), std::slice::from_ref(&user));
    let found = async || town.accounts.search(user.localpart(), 10).await.unwrap().people.len();
    assert_eq!(found().await, 0);
    let other = town.accounts.guest_of(token.expose(), "alice").await;
    assert!(matches!(other, Err(AccountError::Invalid(_))));
    let same = town.accounts.guest_of(token.expose(), user.localpart()).await.unwrap();
    town.accounts.upgrade_guest(&same, &secret(PASSWORD)).await.unwrap();
    let again = town.accounts.upgrade_guest(&same, &secret("another password")).await;
    assert!(matches!(again, Err(AccountError::UserInUse)));
    assert!(!town.accounts.authenticate(token.expose()).await.unwrap().standing.is_guest());
    assert_eq!(found().await, 1);
    town.tries(user.localpart(), PASSWORD).await.unwrap();
    assert!(town.accounts.guests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_takes_no_guests_opens_no_account() {
    let town = Town::found().await;
    assert!(matches!(town.accounts.open_guest(None).await, Err(AccountError::NoGuests)));
}
