//! Endpoints that the specification opens to strangers, and this server to its own people only.

use http::Method;
use ruma_common::api::auth_scheme::AccessToken;
use ruma_common::api::error::DeserializationError;
use ruma_common::api::{IncomingRequest, Metadata};

/// A request of the endpoint `T`, for which an access token is needed.
pub(crate) struct MembersOnly<T>(pub(crate) T);

impl<T: Metadata> Metadata for MembersOnly<T> {
    const METHOD: Method = T::METHOD;
    const RATE_LIMITED: bool = T::RATE_LIMITED;
    type Authentication = AccessToken;
    type PathBuilder = T::PathBuilder;
    const PATH_BUILDER: Self::PathBuilder = T::PATH_BUILDER;
}

impl<T: IncomingRequest> IncomingRequest for MembersOnly<T> {
    type EndpointError = T::EndpointError;
    type OutgoingResponse = T::OutgoingResponse;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        path_args: &[&str],
    ) -> Result<Self, DeserializationError> {
        T::try_from_http_request_inner(request, path_args).map(Self)
    }
}
