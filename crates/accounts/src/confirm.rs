//! User-interactive authentication: proving again who one is, for one request.
//!
//! The proof is bound to whoever asks, to the endpoint and to what is asked: a proof given for one
//! request is none for another. What is done of it is in the store: each step may reach another
//! node.

use ruma_common::OwnedUserId;
use serde::{Deserialize, Serialize};

use crate::accounts::{ATTEMPTS, Accounts};
use crate::error::AccountError;
use crate::sign_in::Credentials;

/// Something that proves a little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Accounts {
    /// Confirms a request by one of `flows`, a step at a time.
    pub async fn confirm(
        &self,
        matter: &Matter,
        flows: &'static [&'static [Stage]],
        attempt: Attempt<'_>,
    ) -> Result<Confirmation, AccountError> {
        let mut underway = match attempt.session {
            None => self.new_confirmation(),
            Some(session) => match self.confirmation(matter, session).await? {
                Some(underway) => underway,
                None => return self.refuse_unknown(matter, flows).await,
            },
        };
        let proven = match &attempt.proof {
            Some(proof) => Some(self.check_proof(matter, proof).await?),
            None => None,
        };
        for _ in 0..ATTEMPTS {
            let done = underway.completed();
            let (completed, refusal) = match proven {
                None => (done.to_vec(), None),
                Some(Err(refusal)) => (done.to_vec(), Some(refusal)),
                // A stage that is done already is not refused, and does not count twice.
                Some(Ok(stage)) if done.contains(&stage) => (done.to_vec(), None),
                Some(Ok(stage)) if is_next(flows, done, stage) => ([done, &[stage]].concat(), None),
                Some(Ok(_)) => (done.to_vec(), Some(Refusal::WrongStage)),
            };
            if flows.contains(&completed.as_slice()) {
                if self.finish_confirmation(matter, &underway).await? {
                    return Ok(Confirmation::Complete);
                }
            } else if self.keep_confirmation(matter, &underway, &completed).await? {
                let session = underway.session;
                let challenge = Challenge { session, flows, completed, refusal };
                return Ok(Confirmation::Required(challenge));
            }
            // Another request of the same session came first.
            match self.confirmation(matter, &underway.session).await? {
                Some(now) => underway = now,
                None => return self.refuse_unknown(matter, flows).await,
            }
        }
        Err(AccountError::Busy)
    }

    /// Begins anew for somebody who named what is not underway.
    async fn refuse_unknown(
        &self,
        matter: &Matter,
        flows: &'static [&'static [Stage]],
    ) -> Result<Confirmation, AccountError> {
        let (underway, completed) = (self.new_confirmation(), Vec::new());
        self.keep_confirmation(matter, &underway, &completed).await?;
        let (session, refusal) = (underway.session, Some(Refusal::UnknownSession));
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

/// Whether a stage comes next in one of the flows.
fn is_next(flows: &[&[Stage]], completed: &[Stage], stage: Stage) -> bool {
    flows.iter().any(|flow| {
        flow.strip_prefix(completed).and_then(<[Stage]>::first).is_some_and(|next| *next == stage)
    })
}
