//! `POST /_matrix/client/v3/users/{userId}/report`: reports a person.
//!
//! By anybody, and with the same answer and the same work whether or not there is such a person.

use moderation::Subject;
use ruma_client_api::reporting::report_user::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, reason, .. } = call.request;
    let user = &call.who.user_id;
    app.moderation.add(user, Subject::Person(user_id), Some(reason)).await?;
    Ok(Response::new())
}
