//! Several nodes over one store.

use std::time::Duration;

use accounts::{AccountError, Confirmation, Matter, OtherSessions, Refusal, Stage};
use futures_util::future::join_all;
use store::MemoryDisk;

use crate::confirm::{BY_PASSWORD, matter, refusal};
use crate::town::{PASSWORD, Town, eventually, secret};

#[tokio::test]
async fn a_confirmation_begun_on_one_node_is_finished_on_another() {
    let (a, b, _) = Town::cluster().await;
    let alice = matter(&a.person("alice").await);
    let session = a.begins(&alice, BY_PASSWORD).await.session;
    assert_eq!(b.shows(&alice, &session, "alice", PASSWORD).await, Confirmation::Complete);
    let again = a.shows(&alice, &session, "alice", PASSWORD).await;
    assert_eq!(refusal(again), Some(Refusal::UnknownSession));
}

#[tokio::test]
async fn a_confirmation_used_on_both_nodes_at_once_confirms_one_request() {
    let (a, b, _) = Town::cluster().await;
    let alice = matter(&a.person("alice").await);
    for _ in 0..5 {
        let session = a.begins(&alice, BY_PASSWORD).await.session;
        let nodes = [&a, &b, &a, &b, &a, &b];
        let tries = nodes.map(|node| node.shows(&alice, &session, "alice", PASSWORD));
        let outcomes = join_all(tries).await;
        let complete = outcomes.iter().filter(|outcome| **outcome == Confirmation::Complete);
        assert_eq!(complete.count(), 1);
    }
}

#[tokio::test]
async fn stages_done_on_two_nodes_add_up() {
    const FLOWS: &[&[Stage]] = &[&[Stage::Dummy, Stage::Password]];
    let (a, b, _) = Town::cluster().await;
    let alice = matter(&a.person("alice").await);
    let session = a.begins(&alice, FLOWS).await.session;
    let dummy = accounts::Attempt { session: Some(&session), proof: Some(accounts::Proof::Dummy) };
    let Confirmation::Required(challenge) = b.accounts.confirm(&alice, FLOWS, dummy).await.unwrap()
    else {
        panic!("confirmed half way");
    };
    assert_eq!(challenge.completed, [Stage::Dummy]);
    let password = secret(PASSWORD);
    let address = crate::town::HOME;
    let credentials = accounts::Credentials { identifier: "alice", password: &password, address };
    let proof = Some(accounts::Proof::Password(credentials));
    let attempt = accounts::Attempt { session: Some(&session), proof };
    let done = a.accounts.confirm(&alice, FLOWS, attempt).await.unwrap();
    assert_eq!(done, Confirmation::Complete);
}

#[tokio::test]
async fn clocks_five_minutes_apart_expire_nothing_early() {
    let (a, b, _) = Town::cluster().await;
    b.clock.advance(Duration::from_mins(5));
    let user = a.person("alice").await;
    let alice = matter(&user);
    let session = a.begins(&alice, BY_PASSWORD).await.session;
    let phone = a.signs_in_refreshing(&user).await;
    let (token, _) = a.accounts.issue_login_token(&user).await.unwrap();
    // Nearly as long as each may take, by the clock of the node that gave it.
    for node in [&a, &b] {
        node.clock.advance(Duration::from_mins(2) - Duration::from_millis(1));
    }
    b.accounts.flush().await.unwrap();
    let new = crate::town::new_session();
    b.accounts.sign_in_by_token(token.expose(), crate::town::HOME, new).await.unwrap();
    for node in [&a, &b] {
        node.clock.advance(Duration::from_mins(3));
    }
    assert!(b.knows(&phone.tokens.access).await);
    assert_eq!(b.shows(&alice, &session, "alice", PASSWORD).await, Confirmation::Complete);
}

#[tokio::test]
async fn a_session_suspended_is_so_at_once_whatever_the_clocks_say() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    let phone = a.signs_in(&alice).await;
    a.accounts.suspend_session(&alice, &phone.device_id).await.unwrap();
    for node in [&a, &b] {
        let refused = node.accounts.authenticate(phone.tokens.access.expose()).await;
        assert!(crate::town::soft_logout(refused));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_ended_on_one_node_is_not_remembered_by_another_that_just_read_it() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    for _ in 0..100 {
        let phone = a.signs_in(&alice).await;
        let token = phone.tokens.access.expose().as_str();
        let reads = join_all((0..8).map(|_| b.accounts.authenticate(token)));
        let (ended, _) = tokio::join!(a.accounts.end_session(&alice, &phone.device_id), reads);
        ended.unwrap();
        eventually(|| async { b.accounts.authenticate(token).await.is_err() }).await;
    }
}

#[tokio::test]
async fn a_password_changed_on_one_node_ends_sessions_on_the_other() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    let phone = b.signs_in(&alice).await;
    assert!(b.knows(&phone.tokens.access).await);
    let new = secret("another good password");
    a.accounts.change_password(&alice, &new, OtherSessions::EndAllBut(None)).await.unwrap();
    eventually(|| async { !b.knows(&phone.tokens.access).await }).await;
    assert!(b.tries("alice", PASSWORD).await.is_err());
}

#[tokio::test]
async fn a_refresh_token_used_on_two_nodes_at_once_leaves_one_session() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    for _ in 0..20 {
        let phone = a.signs_in_refreshing(&alice).await;
        let refresh = phone.tokens.refresh.unwrap();
        let refresh = refresh.expose();
        let (on_a, on_b) = tokio::join!(a.accounts.refresh(refresh), b.accounts.refresh(refresh));
        let mut good = 0;
        for tokens in [on_a, on_b].into_iter().flatten() {
            let access = tokens.access.expose();
            let knows =
                [a.accounts.authenticate(access).await, b.accounts.authenticate(access).await];
            assert_eq!(knows[0].is_ok(), knows[1].is_ok());
            good += usize::from(knows[0].is_ok());
        }
        assert_eq!(good, 1);
    }
}

#[tokio::test]
async fn one_name_registered_on_two_nodes_at_once_is_one_person_s() {
    let (a, b, _) = Town::cluster().await;
    for number in 0..10 {
        let name = format!("person{number}");
        let (one, other) = (secret(PASSWORD), secret("another good password"));
        let (on_a, on_b) = tokio::join!(
            a.accounts.create(Some(&name), &one, None),
            b.accounts.create(Some(&name), &other, None),
        );
        assert!(on_a.is_ok() != on_b.is_ok(), "{on_a:?} {on_b:?}");
        assert!(matches!(on_a.err().or(on_b.err()), Some(AccountError::UserInUse)));
    }
}

#[tokio::test]
async fn the_directory_follows_other_nodes() {
    let (a, b, _) = Town::cluster().await;
    assert!(b.accounts.search("ada", 9).await.unwrap().people.is_empty());
    let ada = a.named("p1", "Ada").await;
    let finds = async |name: &str| !b.accounts.search(name, 9).await.unwrap().people.is_empty();
    eventually(|| finds("ada")).await;
    a.accounts.set_profile_field(&ada, "displayname", "Grace".into()).await.unwrap();
    eventually(async || finds("grace").await && !finds("ada").await).await;
    a.accounts.deactivate(&ada, accounts::Erasure::Erase).await.unwrap();
    eventually(async || !finds("grace").await).await;
}

#[tokio::test]
async fn the_directory_learns_after_an_outage_what_it_could_not_read() {
    let keys = MemoryDisk::new();
    let (a, b, _) = Town::cluster_over(&keys).await;
    // Whoever shows nothing has nothing sealed: only one node has opened her key.
    let ada = a.person("p1").await;
    let finds = async |name: &str| !b.accounts.search(name, 9).await.unwrap().people.is_empty();
    eventually(|| finds("p1")).await;
    keys.go_away();
    a.accounts.set_profile_field(&ada, "displayname", "Ada".into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!finds("ada").await);
    keys.come_back();
    eventually(|| finds("ada")).await;
}

#[tokio::test]
async fn a_node_whose_store_goes_away_as_it_starts_finds_people_after_it() {
    let (a, _, disk) = Town::cluster().await;
    a.named("p1", "Ada").await;
    // Its tasks have not begun yet: nothing was awaited since they were started.
    let late = a.other_node().await;
    disk.go_away();
    tokio::time::sleep(Duration::from_millis(50)).await;
    disk.come_back();
    let found = late.search("ada", 9).await.unwrap();
    assert_eq!(found.people.len(), 1);
}

#[tokio::test]
async fn the_last_use_of_a_session_is_the_latest_of_all_nodes() {
    let (a, b, _) = Town::cluster().await;
    let alice = a.person("alice").await;
    let phone = a.signs_in(&alice).await;
    b.clock.advance(Duration::from_mins(3));
    assert!(a.knows(&phone.tokens.access).await);
    assert!(b.knows(&phone.tokens.access).await);
    let latest = base::clock::Clock::now(&*b.clock);
    b.accounts.flush().await.unwrap();
    a.accounts.flush().await.unwrap();
    for node in [&a, &b] {
        let session = node.accounts.session(&alice, &phone.device_id).await.unwrap();
        assert_eq!(session.last_seen, Some(latest));
        let sessions = node.accounts.sessions(&alice).await.unwrap();
        assert_eq!(sessions[0].last_seen, Some(latest));
    }
}

#[tokio::test]
async fn uses_that_could_not_be_written_are_written_later() {
    let (a, b, disk) = Town::cluster().await;
    let alice = a.person("alice").await;
    let phone = a.signs_in(&alice).await;
    assert!(a.knows(&phone.tokens.access).await);
    disk.go_away();
    assert!(a.accounts.flush().await.is_err());
    disk.come_back();
    a.accounts.flush().await.unwrap();
    let session = b.accounts.session(&alice, &phone.device_id).await.unwrap();
    assert!(session.last_seen.is_some());
}

#[tokio::test]
async fn what_is_to_be_confirmed_is_not_readable_on_the_disk() {
    let (a, _, _) = Town::cluster().await;
    let matter = Matter { user: None, fingerprint: [0xab; 32] };
    let session = a.begins(&matter, &[&[Stage::Dummy, Stage::Password]]).await.session;
    let view = a.store.snapshot().await.unwrap();
    for table in view.tables().await.unwrap() {
        for (key, value) in view.rows(&table, None, 1000).await.unwrap() {
            for bytes in [key, value] {
                assert!(!bytes.windows(32).any(|part| part == [0xab; 32]), "{table}");
                assert!(!bytes.windows(8).any(|part| session.as_bytes().starts_with(part)));
            }
        }
    }
}
