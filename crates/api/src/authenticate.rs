//! Who asks, as a type: each kind of authentication of the specification yields its identity.

use std::future::Future;
use std::net::IpAddr;

use ruma_common::api::auth_scheme::{
    AccessToken, AccessTokenOptional, AppserviceTokenOptional, AuthScheme, NoAccessToken,
    NoAuthentication,
};
use ruma_common::{OwnedDeviceId, OwnedUserId};

use crate::{ApiError, App};

/// A person, by one of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user_id: OwnedUserId,
    /// The device.
    pub device_id: OwnedDeviceId,
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

    /// Whether it is somebody who signed in.
    fn is_known(who: &Self::Identity) -> bool;
}

impl Authenticate for NoAuthentication {
    type Identity = ();

    async fn authenticate(_: &App, (): ()) -> Result<(), ApiError> {
        Ok(())
    }

    fn is_known((): &()) -> bool {
        false
    }
}

impl Authenticate for NoAccessToken {
    type Identity = ();

    async fn authenticate(_: &App, (): ()) -> Result<(), ApiError> {
        Ok(())
    }

    fn is_known((): &()) -> bool {
        false
    }
}

impl Authenticate for AppserviceTokenOptional {
    type Identity = ();

    /// No application service is known here: a token, which clients may carry over from a session
    /// that ended, says nothing.
    async fn authenticate(_: &App, _: Option<String>) -> Result<(), ApiError> {
        Ok(())
    }

    fn is_known((): &()) -> bool {
        false
    }
}

impl Authenticate for AccessToken {
    type Identity = Caller;

    async fn authenticate(app: &App, token: String) -> Result<Caller, ApiError> {
        caller(app, &token).await
    }

    fn is_known(_: &Caller) -> bool {
        true
    }
}

impl Authenticate for AccessTokenOptional {
    type Identity = Option<Caller>;

    async fn authenticate(app: &App, token: Option<String>) -> Result<Option<Caller>, ApiError> {
        match token {
            Some(token) => caller(app, &token).await.map(Some),
            None => Ok(None),
        }
    }

    fn is_known(who: &Option<Caller>) -> bool {
        who.is_some()
    }
}

/// The person and device of an access token.
pub(crate) async fn caller(app: &App, token: &str) -> Result<Caller, ApiError> {
    let session = app.accounts.authenticate(token).await?;
    Ok(Caller { user_id: session.user_id, device_id: session.device_id })
}
