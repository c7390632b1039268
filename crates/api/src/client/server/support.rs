//! `GET /.well-known/matrix/support`: whom to ask for help.

use ruma_client_api::discovery::discover_support::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, _: Call<Request>) -> Result<Response, ApiError> {
    let support = &app.settings.support;
    if support.contacts.is_empty() && support.page.is_none() {
        return Err(ApiError::not_found("nobody is named who could help"));
    }
    let mut response = Response::with_contacts(support.contacts.clone());
    response.support_page.clone_from(&support.page);
    Ok(response)
}
