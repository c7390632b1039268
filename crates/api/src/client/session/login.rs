//! `POST /_matrix/client/v3/login`: signing in.

use accounts::{Credentials, NewSession, SignedIn};
use base::secret::Secret;
use http::{Method, StatusCode};
use ruma_client_api::session::login::v3::{LoginInfo, Password, Request, Response};
use ruma_common::api::error::{DeserializationError, ErrorKind};
use ruma_common::api::{IncomingRequest, Metadata};
use serde::Deserialize;

use super::refresh_tokens;
use crate::confirm::identifier;
use crate::{ApiError, App, Call};

/// The request, with a `type`: ruma's own reader panics on one without.
pub(crate) struct Typed(Request);

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Typed>) -> Result<Response, ApiError> {
    let Typed(request) = call.request;
    let address = call.address.0;
    let new = NewSession {
        device_id: request.device_id,
        name: request.initial_device_display_name,
        refresh_tokens: refresh_tokens(request.refresh_token),
    };
    let signed_in = match request.login_info {
        LoginInfo::Password(shown) => {
            let name = name(&shown);
            let password = Secret::new(shown.password);
            let credentials = Credentials { identifier: &name, password: &password, address };
            app.accounts.sign_in(credentials, new).await?
        }
        LoginInfo::Token(shown) => {
            app.accounts.sign_in_by_token(&shown.token, address, new).await?
        }
        other => return Err(unknown_type(other.login_type())),
    };
    Ok(response(signed_in))
}

/// By what name somebody signs in. (Clients of old give `user` instead of `identifier`.)
fn name(shown: &Password) -> String {
    #[expect(deprecated, reason = "clients of old still send it")]
    let user = shown.user.as_deref();
    shown.identifier.as_ref().map(identifier).or(user).unwrap_or_default().to_owned()
}

fn response(signed_in: SignedIn) -> Response {
    let SignedIn { user_id, device_id, tokens } = signed_in;
    let mut response = Response::new(user_id, tokens.access.expose().clone(), device_id);
    response.refresh_token = tokens.refresh.map(|token| token.expose().clone());
    response.expires_in = tokens.expires_in;
    response
}

fn unknown_type(login_type: &str) -> ApiError {
    let message = format!("nobody signs in here by {login_type}");
    ApiError::new(StatusCode::BAD_REQUEST, ErrorKind::Unknown, message)
}

impl Metadata for Typed {
    const METHOD: Method = Request::METHOD;
    const RATE_LIMITED: bool = Request::RATE_LIMITED;
    type Authentication = <Request as Metadata>::Authentication;
    type PathBuilder = <Request as Metadata>::PathBuilder;
    const PATH_BUILDER: Self::PathBuilder = Request::PATH_BUILDER;
}

impl IncomingRequest for Typed {
    type EndpointError = <Request as IncomingRequest>::EndpointError;
    type OutgoingResponse = Response;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        path_args: &[&str],
    ) -> Result<Self, DeserializationError> {
        #[derive(Deserialize)]
        struct HasType {
            #[serde(rename = "type")]
            _login_type: String,
        }
        serde_json::from_slice::<HasType>(request.body())?;
        Request::try_from_http_request_inner(request, path_args).map(Self)
    }
}
