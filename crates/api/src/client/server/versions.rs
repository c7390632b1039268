//! `GET /_matrix/client/versions`: which versions of the specification clients may rely on.

use ruma_client_api::discovery::get_supported_versions::{Request, Response};

use crate::{ApiError, App, Call};

/// Versions of the specification whose client API, as far as it is built, behaves as described.
const VERSIONS: [&str; 19] = [
    "v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11",
    "v1.12", "v1.13", "v1.14", "v1.15", "v1.16", "v1.17", "v1.18", "v1.19",
];

/// What clients look for here beside versions: sliding sync, as deployed and as accepted.
const FEATURES: [&str; 2] = ["org.matrix.simplified_msc3575", "org.matrix.msc4186.stable"];

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    let mut response = Response::new(VERSIONS.map(str::to_owned).to_vec());
    response.unstable_features = FEATURES.map(|name| (name.to_owned(), true)).into();
    Ok(response)
}
