//! A preview in the form of Open Graph, its picture as media of this server.

use previews::{Picture, Preview};
use serde_json::{Map, Value};

use super::content::address;
use crate::{ApiError, App, Caller};

/// What a page says of itself; there is no such endpoint where previews are switched off.
pub(super) async fn previewed(
    app: &App,
    who: &Caller,
    url: &str,
) -> Result<Map<String, Value>, ApiError> {
    let previews = app.previews.as_ref().ok_or_else(ApiError::unrecognized)?;
    let preview = previews.of(&who.user_id, url).await?;
    Ok(graph(app, &preview))
}

fn graph(app: &App, preview: &Preview) -> Map<String, Value> {
    let Preview { title, description, site_name, kind, url, picture } = preview;
    let lines = [
        ("og:title", title),
        ("og:description", description),
        ("og:site_name", site_name),
        ("og:type", kind),
        ("og:url", url),
    ];
    let lines = lines.into_iter().filter_map(|(name, line)| Some((name, line.as_deref()?.into())));
    let pictured = picture.iter().flat_map(|picture| pictured(app, picture));
    lines.chain(pictured).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn pictured(app: &App, picture: &Picture) -> Vec<(&'static str, Value)> {
    let mut fields = vec![
        ("og:image", address(app, &picture.id).as_str().into()),
        ("og:image:type", picture.content_type.into()),
        ("og:image:width", picture.width.into()),
        ("og:image:height", picture.height.into()),
        ("matrix:image:size", picture.size.into()),
    ];
    fields.extend(picture.text.as_deref().map(|text| ("og:image:alt", text.into())));
    fields
}
