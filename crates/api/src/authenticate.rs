//! Who asks, as a type: each kind of authentication of the specification yields its identity.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;

use accounts::{Session, Standing};
use ruma_common::api::auth_scheme::{
    AccessToken, AccessTokenOptional, AppserviceToken, AppserviceTokenOptional, AuthScheme,
    NoAccessToken, NoAuthentication,
};
use ruma_common::{OwnedDeviceId, OwnedUserId};

use crate::admission::require_unlocked;
use crate::{ApiError, App};

/// A person, by one of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user_id: OwnedUserId,
    /// The device.
    pub device_id: OwnedDeviceId,
    /// How the person's account stands.
    pub standing: Standing,
}

/// Where a request came from: the peer, or what a trusted proxy says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// A kind of authentication, and whom it yields.
pub(crate) trait Authenticate: AuthScheme {
    /// Who asks.
    type Identity: Send + 'static;

    /// Checks what the request carries.
    fn authenticate(
        app: &App,
        credentials: Self::Output,
    ) -> impl Future<Output = Result<Self::Identity, ApiError>> + Send;

    /// Who it is, when it is somebody who signed in.
    fn caller(who: &Self::Identity) -> Option<&Caller>;
}

impl Authenticate for NoAuthentication {
    type Identity = ();

    async fn authenticate(_: &App, (): ()) -> Result<(), ApiError> {
        Ok(())
    }

    fn caller((): &()) -> Option<&Caller> {
        None
    }
}

impl Authenticate for NoAccessToken {
    type Identity = ();

    async fn authenticate(_: &App, (): ()) -> Result<(), ApiError> {
        Ok(())
    }

    fn caller((): &()) -> Option<&Caller> {
        None
    }
}

impl Authenticate for AppserviceTokenOptional {
    type Identity = ();

    /// No application service is known here: a token, which clients may carry over from a session
    /// that ended, says nothing.
    async fn authenticate(_: &App, _: Option<String>) -> Result<(), ApiError> {
        Ok(())
    }

    fn caller((): &()) -> Option<&Caller> {
        None
    }
}

impl Authenticate for AppserviceToken {
    /// Nobody: no application service is known here.
    type Identity = Infallible;

    /// A person's token is none of a service, and any other is nobody's.
    async fn authenticate(app: &App, token: String) -> Result<Infallible, ApiError> {
        session(app, &token).await?;
        Err(ApiError::forbidden("the token is not one of an application service"))
    }

    fn caller(who: &Infallible) -> Option<&Caller> {
        match *who {}
    }
}

impl Authenticate for AccessToken {
    type Identity = Caller;

    async fn authenticate(app: &App, token: String) -> Result<Caller, ApiError> {
        session(app, &token).await
    }

    fn caller(who: &Caller) -> Option<&Caller> {
        Some(who)
    }
}

impl Authenticate for AccessTokenOptional {
    type Identity = Option<Caller>;

    async fn authenticate(app: &App, token: Option<String>) -> Result<Option<Caller>, ApiError> {
        match token {
            Some(token) => session(app, &token).await.map(Some),
            None => Ok(None),
        }
    }

    fn caller(who: &Option<Caller>) -> Option<&Caller> {
        who.as_ref()
    }
}

/// The person and device of an access token, who is not locked out.
pub(crate) async fn caller(app: &App, token: &str) -> Result<Caller, ApiError> {
    let caller = session(app, token).await?;
    require_unlocked(caller.standing)?;
    Ok(caller)
}

/// Refuses whose session ended, or who was locked out, while they waited.
pub(crate) async fn require_still(app: &App, token: &str) -> Result<(), ApiError> {
    require_unlocked(app.accounts.authenticate_again(token).await?.standing)
}

/// The person and device of an access token, whatever they may do.
async fn session(app: &App, token: &str) -> Result<Caller, ApiError> {
    let Session { user_id, device_id, standing } = app.accounts.authenticate(token).await?;
    Ok(Caller { user_id, device_id, standing })
}
