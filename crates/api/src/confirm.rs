//! User-interactive authentication: a person proves again who they are, for one request.
//!
//! What is proven is bound to the person, the endpoint and the body: a proof seen once cannot be
//! turned against another request. (Specification: "User-Interactive Authentication API".)

use accounts::{Attempt, Challenge, Confirmation, Credentials, Matter, Proof, Refusal, Stage};
use base::secret::Secret;
use bytes::Bytes;
use http::{Method, Uri};
use ruma_client_api::uiaa::{AuthData, AuthFlow, AuthType, UiaaInfo, UserIdentifier};
use ruma_common::UserId;
use ruma_common::api::error::{ErrorKind, StandardErrorBody};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{ApiError, App, Caller, ClientAddress};

/// Ways to confirm a request: each a list of stages in order.
pub(crate) type Flows = &'static [&'static [Stage]];

/// The password, and nothing else.
const BY_PASSWORD: Flows = &[&[Stage::Password]];

/// What is asked, and from where.
pub(crate) struct Asked {
    method: Method,
    uri: Uri,
    body: Bytes,
    address: ClientAddress,
}

impl Asked {
    /// What a request asks.
    pub(crate) fn by(request: &http::Request<Bytes>, address: ClientAddress) -> Self {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        Self { method, uri, body: request.body().clone(), address }
    }

    /// What a proof is bound to: everything but the proof itself.
    fn matter(&self, user: Option<&UserId>) -> Matter {
        let mut body: Map<String, Value> = serde_json::from_slice(&self.body).unwrap_or_default();
        body.remove("auth");
        let mut hash = Sha256::new();
        for part in [self.method.as_str(), self.uri.path(), &Value::Object(body).to_string()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Matter { user: user.map(ToOwned::to_owned), fingerprint: hash.finalize().into() }
    }
}

impl App {
    /// Has a person confirm, by their password, what they ask.
    pub(crate) async fn confirm(
        &self,
        caller: &Caller,
        asked: &Asked,
        auth: Option<&AuthData>,
    ) -> Result<(), ApiError> {
        self.confirm_by(BY_PASSWORD, asked.matter(Some(&caller.user_id)), asked, auth).await
    }

    /// Has somebody whom nobody knows yet confirm what they ask.
    pub(crate) async fn confirm_stranger(
        &self,
        flows: Flows,
        asked: &Asked,
        auth: Option<&AuthData>,
    ) -> Result<(), ApiError> {
        self.confirm_by(flows, asked.matter(None), asked, auth).await
    }

    async fn confirm_by(
        &self,
        flows: Flows,
        matter: Matter,
        asked: &Asked,
        auth: Option<&AuthData>,
    ) -> Result<(), ApiError> {
        let password = match auth {
            Some(AuthData::Password(shown)) => Secret::new(shown.password.clone()),
            _ => Secret::new(String::new()),
        };
        let proof = match auth {
            None | Some(AuthData::FallbackAcknowledgement(_)) => None,
            Some(AuthData::Password(shown)) => Some(Proof::Password(Credentials {
                identifier: identifier(&shown.identifier),
                password: &password,
                address: asked.address.0,
            })),
            Some(AuthData::Dummy(_)) => Some(Proof::Dummy),
            Some(AuthData::RegistrationToken(shown)) => {
                Some(Proof::RegistrationToken(&shown.token))
            }
            Some(_) => Some(Proof::Unsupported),
        };
        let attempt = Attempt { session: auth.and_then(AuthData::session), proof };
        match self.accounts.confirm(&matter, flows, attempt).await? {
            Confirmation::Complete => Ok(()),
            Confirmation::Required(challenge) => Err(uiaa(challenge)),
        }
    }
}

/// The name by which somebody says who they are. Addresses name nobody here: an empty name does
/// not either, and costs the same work.
pub(crate) fn identifier(identifier: &UserIdentifier) -> &str {
    match identifier {
        UserIdentifier::Matrix(named) => &named.user,
        _ => "",
    }
}

fn uiaa(challenge: Challenge) -> ApiError {
    let flows = challenge.flows.iter().map(|stages| AuthFlow::new(auth_types(stages)));
    let mut info = UiaaInfo::new(flows.collect());
    info.completed = auth_types(&challenge.completed);
    // Clients read it without asking whether it is there.
    info.params = to_raw_value(&Map::new()).ok();
    info.session = Some(challenge.session);
    info.auth_error = challenge.refusal.map(|refusal| {
        let kind = match refusal {
            Refusal::WrongPassword | Refusal::UnknownSession | Refusal::WrongStage => {
                ErrorKind::Forbidden
            }
            Refusal::WrongRegistrationToken => ErrorKind::Unauthorized,
        };
        Box::new(StandardErrorBody::new(kind, refusal.to_string()))
    });
    ApiError::Uiaa(Box::new(info))
}

fn auth_types(stages: &[Stage]) -> Vec<AuthType> {
    let auth_type = |stage: &Stage| match stage {
        Stage::Password => AuthType::Password,
        Stage::Dummy => AuthType::Dummy,
        Stage::RegistrationToken => AuthType::RegistrationToken,
    };
    stages.iter().map(auth_type).collect()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use ruma_common::user_id;

    use super::*;

    fn fingerprint(method: Method, path: &str, body: &'static str) -> [u8; 32] {
        let request = http::Request::builder().method(method).uri(path);
        let request = request.body(Bytes::from_static(body.as_bytes())).unwrap();
        let address = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Asked::by(&request, address).matter(Some(user_id!("@alice:example.org"))).fingerprint
    }

    #[test]
    fn a_proof_is_bound_to_everything_but_itself() {
        let first = fingerprint(Method::POST, "/delete", r#"{"devices":["A"]}"#);
        let second = r#"{"auth":{"type":"m.login.password"},"devices":["A"]}"#;
        assert_eq!(first, fingerprint(Method::POST, "/delete", second));
        assert_ne!(first, fingerprint(Method::POST, "/delete", r#"{"devices":["B"]}"#));
        assert_ne!(first, fingerprint(Method::POST, "/other", r#"{"devices":["A"]}"#));
        assert_ne!(first, fingerprint(Method::DELETE, "/delete", r#"{"devices":["A"]}"#));
    }
}
