//! `PUT /_matrix/client/v3/profile/{userId}/{keyName}`: sets a field of one's own profile.

use http::Method;
use ruma_client_api::profile::set_profile_field::v3::{Request, Response};
use ruma_common::api::error::DeserializationError;
use ruma_common::api::{IncomingRequest, Metadata};
use ruma_common::profile::ProfileFieldName;
use ruma_common::{OwnedUserId, UserId};
use serde::de::Error;
use serde_json::{Map, Value};

use super::{require_own, show_in_rooms};
use crate::{ApiError, App, Call};

/// The request, with any value or none: ruma's own reader takes a body without the field for
/// malformed JSON, where the specification wants `M_MISSING_PARAM`.
pub(crate) struct Setting {
    user_id: OwnedUserId,
    field: ProfileFieldName,
    value: Option<Value>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Setting>) -> Result<Response, ApiError> {
    let Setting { user_id, field, value } = call.request;
    require_own(&call.who, &user_id)?;
    let value = value.ok_or_else(|| ApiError::missing_param(format!("{field} is missing")))?;
    let profile = app.accounts.set_profile_field(&user_id, field.as_str(), value).await?;
    show_in_rooms(&app, &user_id, &field, profile).await?;
    Ok(Response::new())
}

impl Metadata for Setting {
    const METHOD: Method = Request::METHOD;
    const RATE_LIMITED: bool = Request::RATE_LIMITED;
    type Authentication = <Request as Metadata>::Authentication;
    type PathBuilder = <Request as Metadata>::PathBuilder;
    const PATH_BUILDER: Self::PathBuilder = Request::PATH_BUILDER;
}

impl IncomingRequest for Setting {
    type EndpointError = <Request as IncomingRequest>::EndpointError;
    type OutgoingResponse = Response;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        path_args: &[&str],
    ) -> Result<Self, DeserializationError> {
        let [user_id, field] = path_args else {
            return Err(serde_json::Error::custom("the path names a person and a field").into());
        };
        let mut body: Map<String, Value> = serde_json::from_slice(request.body())?;
        let value = body.remove(*field);
        Ok(Self { user_id: UserId::parse(*user_id)?, field: (*field).into(), value })
    }
}
