//! User-interactive authentication.

use std::time::Duration;

use accounts::{
    Attempt, Challenge, Confirmation, Credentials, Limits, Matter, Proof, Rate, Refusal,
    Registration, Stage,
};
use ruma_common::OwnedUserId;

use crate::town::{HOME, PASSWORD, Town, secret};

pub(crate) const BY_PASSWORD: &[&[Stage]] = &[&[Stage::Password]];
const TWO_STEPS: &[&[Stage]] = &[&[Stage::RegistrationToken, Stage::Dummy]];

pub(crate) fn matter(user: &OwnedUserId) -> Matter {
    Matter { user: Some(user.clone()), fingerprint: [1; 32] }
}

impl Town {
    pub(crate) async fn begins(
        &self,
        matter: &Matter,
        flows: &'static [&'static [Stage]],
    ) -> Challenge {
        match self.accounts.confirm(matter, flows, Attempt::default()).await.unwrap() {
            Confirmation::Required(challenge) => challenge,
            Confirmation::Complete => panic!("confirmed without any proof"),
        }
    }

    pub(crate) async fn shows(
        &self,
        matter: &Matter,
        session: &str,
        who: &str,
        word: &str,
    ) -> Confirmation {
        let password = secret(word);
        let credentials = Credentials { identifier: who, password: &password, address: HOME };
        let proof = Some(Proof::Password(credentials));
        let attempt = Attempt { session: Some(session), proof };
        self.accounts.confirm(matter, BY_PASSWORD, attempt).await.unwrap()
    }
}

pub(crate) fn refusal(confirmation: Confirmation) -> Option<Refusal> {
    match confirmation {
        Confirmation::Required(challenge) => challenge.refusal,
        Confirmation::Complete => panic!("confirmed"),
    }
}

#[tokio::test]
async fn a_password_confirms_a_request_once() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    let session = town.begins(&alice, BY_PASSWORD).await.session;
    let wrong = town.shows(&alice, &session, "alice", "wrong password").await;
    assert_eq!(refusal(wrong), Some(Refusal::WrongPassword));
    let right = town.shows(&alice, &session, "alice", PASSWORD).await;
    assert_eq!(right, Confirmation::Complete);
    let again = town.shows(&alice, &session, "alice", PASSWORD).await;
    assert_eq!(refusal(again), Some(Refusal::UnknownSession));
}

#[tokio::test]
async fn a_proof_may_come_with_the_first_request() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    let password = secret(PASSWORD);
    let credentials = Credentials { identifier: "alice", password: &password, address: HOME };
    let attempt = Attempt { session: None, proof: Some(Proof::Password(credentials)) };
    let confirmed = town.accounts.confirm(&alice, BY_PASSWORD, attempt).await.unwrap();
    assert_eq!(confirmed, Confirmation::Complete);
}

#[tokio::test]
async fn another_person_s_password_confirms_nothing() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    town.person("mallory").await;
    let session = town.begins(&alice, BY_PASSWORD).await.session;
    let refused = town.shows(&alice, &session, "mallory", PASSWORD).await;
    assert_eq!(refusal(refused), Some(Refusal::WrongPassword));
}

#[tokio::test]
async fn a_session_is_good_for_its_own_person_and_request_only() {
    let town = Town::found().await;
    let alice = town.person("alice").await;
    let begun = matter(&alice);
    let session = town.begins(&begun, BY_PASSWORD).await.session;
    let other_request = Matter { fingerprint: [2; 32], ..matter(&alice) };
    let refused = town.shows(&other_request, &session, "alice", PASSWORD).await;
    assert_eq!(refusal(refused), Some(Refusal::UnknownSession));
    let mallory = matter(&town.person("mallory").await);
    let refused = town.shows(&mallory, &session, "mallory", PASSWORD).await;
    assert_eq!(refusal(refused), Some(Refusal::UnknownSession));
}

#[tokio::test]
async fn a_session_expires() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    let session = town.begins(&alice, BY_PASSWORD).await.session;
    town.clock.advance(Duration::from_mins(10));
    let refused = town.shows(&alice, &session, "alice", PASSWORD).await;
    assert_eq!(refusal(refused), Some(Refusal::UnknownSession));
}

#[tokio::test]
async fn stages_are_completed_in_order_and_remembered() {
    let tokens = Registration::Token(vec![secret("spring")]);
    let town = Town::with(|settings| settings.registration = tokens).await;
    let matter = Matter { user: None, fingerprint: [1; 32] };
    let session = town.begins(&matter, TWO_STEPS).await.session;
    let shows = |proof| {
        let attempt = Attempt { session: Some(&session), proof: Some(proof) };
        town.accounts.confirm(&matter, TWO_STEPS, attempt)
    };
    assert_eq!(refusal(shows(Proof::Dummy).await.unwrap()), Some(Refusal::WrongStage));
    let wrong = shows(Proof::RegistrationToken("autumn")).await.unwrap();
    assert_eq!(refusal(wrong), Some(Refusal::WrongRegistrationToken));
    assert_eq!(refusal(shows(Proof::Unsupported).await.unwrap()), Some(Refusal::WrongStage));
    for _ in 0..2 {
        match shows(Proof::RegistrationToken("spring")).await.unwrap() {
            Confirmation::Required(challenge) => {
                assert_eq!(challenge.completed, [Stage::RegistrationToken]);
                assert_eq!(challenge.refusal, None);
            }
            Confirmation::Complete => panic!("confirmed half way"),
        }
    }
    assert_eq!(shows(Proof::Dummy).await.unwrap(), Confirmation::Complete);
}

#[tokio::test]
async fn guesses_here_count_as_guesses_at_sign_in() {
    let rate = Rate { burst: 2, every: Duration::from_mins(1) };
    let limits = Limits { sign_in_per_account: Some(rate), ..Limits::LIFTED };
    let town = Town::with(|settings| settings.limits = limits).await;
    let alice = matter(&town.person("alice").await);
    let session = town.begins(&alice, BY_PASSWORD).await.session;
    for _ in 0..2 {
        town.shows(&alice, &session, "alice", "wrong password").await;
    }
    assert!(town.tries("alice", PASSWORD).await.is_err());
}

#[tokio::test]
async fn a_proof_used_by_many_at_once_confirms_one() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    let session = town.begins(&alice, BY_PASSWORD).await.session;
    let tries = (0..8).map(|_| town.shows(&alice, &session, "alice", PASSWORD));
    let outcomes = futures_util::future::join_all(tries).await;
    let complete = outcomes.iter().filter(|outcome| **outcome == Confirmation::Complete);
    assert_eq!(complete.count(), 1);
}

#[tokio::test]
async fn what_is_underway_is_bounded_for_each_person_and_the_newest_stay() {
    let town = Town::found().await;
    let (alice, bob) = (matter(&town.person("alice").await), matter(&town.person("bob").await));
    let early = town.begins(&bob, BY_PASSWORD).await.session;
    let mut last = String::new();
    for _ in 0..50 {
        town.clock.advance(Duration::from_millis(1));
        last = town.begins(&alice, BY_PASSWORD).await.session;
    }
    assert_eq!(town.confirmations().await, 32 + 1);
    assert_eq!(town.shows(&bob, &early, "bob", PASSWORD).await, Confirmation::Complete);
    assert_eq!(town.shows(&alice, &last, "alice", PASSWORD).await, Confirmation::Complete);
}

#[tokio::test]
async fn what_nobody_finished_in_time_is_swept_away() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    town.begins(&alice, BY_PASSWORD).await;
    town.begins(&Matter { user: None, fingerprint: [1; 32] }, TWO_STEPS).await;
    town.clock.advance(Duration::from_mins(10) - Duration::from_millis(1));
    town.accounts.flush().await.unwrap();
    assert_eq!(town.confirmations().await, 2);
    town.clock.advance(Duration::from_millis(1));
    town.accounts.flush().await.unwrap();
    assert_eq!(town.confirmations().await, 0);
}

#[tokio::test]
async fn what_is_done_leaves_nothing_behind() {
    let town = Town::found().await;
    let alice = matter(&town.person("alice").await);
    let session = town.begins(&alice, BY_PASSWORD).await.session;
    assert_eq!(town.confirmations().await, 1);
    town.shows(&alice, &session, "alice", PASSWORD).await;
    assert_eq!(town.confirmations().await, 0);
}
