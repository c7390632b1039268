//! `POST /_matrix/client/v3/user_directory/search`: finding people by their name.

use accounts::Person;
use ruma_client_api::user_directory::search_users::v3::{Request, Response, User};

use crate::{ApiError, App, Call};

/// People in an answer at most.
const MOST: usize = 50;

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let limit = usize::try_from(call.request.limit).unwrap_or(MOST).min(MOST);
    let found = app.accounts.search(&call.request.search_term, limit).await?;
    Ok(Response::new(found.people.into_iter().map(shown).collect(), found.limited))
}

fn shown(person: Person) -> User {
    let mut user = User::new(person.user_id);
    user.display_name = person.name;
    user.avatar_url = person.avatar.map(Into::into);
    user
}
