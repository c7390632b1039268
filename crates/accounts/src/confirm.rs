//! User-interactive authentication: proving again who one is, for one request.
//!
//! The proof is bound to whoever asks, to the endpoint and to what is asked: a proof given for one
//! request is none for another. Sessions of it are in memory, bounded, short-lived and used once.

use std::collections::HashMap;
use std::time::Duration;

use base::clock::Timestamp;
use base::random;
use parking_lot::Mutex;
use ruma_common::OwnedUserId;

use crate::accounts::Accounts;
use crate::error::AccountError;
use crate::sign_in::Credentials;

/// How long a session may take.
const LIFETIME: Duration = Duration::from_mins(10);
/// Sessions at once at most; the oldest go first.
const SESSIONS: usize = 10_000;

/// Something that proves a little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The password.
    Password,
    /// Nothing at all.
    Dummy,
    /// A token for registration.
    RegistrationToken,
}

/// What is to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// Who asks, when that is known.
    pub user: Option<OwnedUserId>,
    /// Hash of the endpoint and of what is asked.
    pub fingerprint: [u8; 32],
}

/// What a client says to confirm it.
#[derive(Debug, Default)]
pub struct Attempt<'a> {
    /// The session that it was given before.
    pub session: Option<&'a str>,
    /// What it shows.
    pub proof: Option<Proof<'a>>,
}

/// What a client shows.
#[derive(Debug)]
pub enum Proof<'a> {
    /// The password of somebody.
    Password(Credentials<'a>),
    /// Nothing at all.
    Dummy,
    /// A token for registration.
    RegistrationToken(&'a str),
    /// Something that this server does not ask for.
    Unsupported,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// The request may go on.
    Complete,
    /// More is needed.
    Required(Challenge),
}

/// What a client has to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The session to name.
    pub session: String,
    /// The ways to complete it, each in order.
    pub flows: &'static [&'static [Stage]],
    /// What is done.
    pub completed: Vec<Stage>,
    /// Why what was shown was not accepted.
    pub refusal: Option<Refusal>,
}

/// Why a proof was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The session is not known, has expired, or was begun for another request.
    #[error("the session is not one of this request, or has expired")]
    UnknownSession,
    /// The password is wrong, or somebody else's.
    #[error("the password is wrong")]
    WrongPassword,
    /// The registration token opens nothing.
    #[error("the registration token is not valid")]
    WrongRegistrationToken,
    /// The stage is none of those asked for, or not its turn.
    #[error("this stage is not one that is asked for now")]
    WrongStage,
}

/// The sessions that are underway.
#[derive(Default)]
pub(crate) struct Confirmations(Mutex<HashMap<String, Underway>>);

struct Underway {
    matter: Matter,
    completed: Vec<Stage>,
    expires: Timestamp,
}

impl Accounts {
    /// Confirms a request by one of `flows`, a step at a time.
    pub async fn confirm(
        &self,
        matter: &Matter,
        flows: &'static [&'static [Stage]],
        attempt: Attempt<'_>,
    ) -> Result<Confirmation, AccountError> {
        let confirmations = &self.0.confirmations;
        let now = self.0.clock.now();
        let begin = || confirmations.begin(matter, now);
        let (session, mut completed, mut refusal) = match attempt.session {
            None => (begin(), Vec::new(), None),
            Some(session) => match confirmations.find(session, matter, now) {
                Some(completed) => (session.to_owned(), completed, None),
                None => (begin(), Vec::new(), Some(Refusal::UnknownSession)),
            },
        };
        if let (Some(proof), None) = (attempt.proof, refusal) {
            match self.check_proof(matter, &proof).await? {
                // A stage that is done already is not refused, and does not count twice.
                Ok(stage) if completed.contains(&stage) => {}
                Ok(stage) if is_next(flows, &completed, stage) => {
                    completed = confirmations.complete(&session, stage);
                }
                Ok(_) => refusal = Some(Refusal::WrongStage),
                Err(reason) => refusal = Some(reason),
            }
        }
        if flows.contains(&completed.as_slice()) && confirmations.end(&session) {
            return Ok(Confirmation::Complete);
        }
        Ok(Confirmation::Required(Challenge { session, flows, completed, refusal }))
    }

    /// The stage that a proof completes.
    async fn check_proof(
        &self,
        matter: &Matter,
        proof: &Proof<'_>,
    ) -> Result<Result<Stage, Refusal>, AccountError> {
        Ok(match proof {
            Proof::Password(credentials) => match self.check_password(*credentials).await {
                Ok(user) if Some(&user) == matter.user.as_ref() => Ok(Stage::Password),
                Ok(_) | Err(AccountError::WrongCredentials) => Err(Refusal::WrongPassword),
                Err(error) => return Err(error),
            },
            Proof::Dummy => Ok(Stage::Dummy),
            Proof::RegistrationToken(token) if self.is_registration_token(token) => {
                Ok(Stage::RegistrationToken)
            }
            Proof::RegistrationToken(_) => Err(Refusal::WrongRegistrationToken),
            Proof::Unsupported => Err(Refusal::WrongStage),
        })
    }
}

impl Confirmations {
    /// What is done of a session of this matter.
    fn find(&self, session: &str, matter: &Matter, now: Timestamp) -> Option<Vec<Stage>> {
        let sessions = self.0.lock();
        let underway = sessions.get(session)?;
        (underway.matter == *matter && underway.expires > now).then(|| underway.completed.clone())
    }

    fn begin(&self, matter: &Matter, now: Timestamp) -> String {
        let session = random::base32::<32>();
        let expires = now.plus(LIFETIME);
        let mut sessions = self.0.lock();
        if sessions.len() >= SESSIONS {
            make_room(&mut sessions, now);
        }
        let underway = Underway { matter: matter.clone(), completed: Vec::new(), expires };
        sessions.insert(session.clone(), underway);
        session
    }

    /// Notes a stage; what is done then.
    fn complete(&self, session: &str, stage: Stage) -> Vec<Stage> {
        let mut sessions = self.0.lock();
        let Some(underway) = sessions.get_mut(session) else { return Vec::new() };
        underway.completed.push(stage);
        underway.completed.clone()
    }

    /// Ends a session; whether it was there, which is so for one request only.
    fn end(&self, session: &str) -> bool {
        self.0.lock().remove(session).is_some()
    }
}

/// Whether a stage comes next in one of the flows.
fn is_next(flows: &[&[Stage]], completed: &[Stage], stage: Stage) -> bool {
    flows.iter().any(|flow| {
        flow.strip_prefix(completed).and_then(<[Stage]>::first).is_some_and(|next| *next == stage)
    })
}

/// Drops what has expired, and, if that is not enough, the older half.
fn make_room(sessions: &mut HashMap<String, Underway>, now: Timestamp) {
    sessions.retain(|_, underway| underway.expires > now);
    if sessions.len() < SESSIONS {
        return;
    }
    let mut expiries: Vec<_> = sessions.values().map(|underway| underway.expires).collect();
    let middle = expiries.len() / 2;
    let (_, median, _) = expiries.select_nth_unstable(middle);
    let median = *median;
    sessions.retain(|_, underway| underway.expires > median);
}
