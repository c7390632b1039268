//! Media: uploads and downloads, streamed past the limits that hold for other bodies.

mod config;
mod config_legacy;
mod create;
mod download;
mod download_named;
mod frozen;
mod preview;
mod preview_legacy;
mod thumbnail;
mod upload;
mod upload_reserved;

// What several of them share.
mod content;
mod incoming;
mod previewed;

use ruma_client_api::{authenticated_media, media};
use ruma_common::api::Metadata;
use ruma_common::api::path_builder::PathBuilder;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let mut routes = routes
        .add(config::handler)
        .add(config_legacy::handler)
        .add(create::handler)
        .add(frozen::download)
        .add(frozen::download_named)
        .add(frozen::thumbnail)
        .add(preview::handler)
        .add(preview_legacy::handler);
    macro_rules! streamed {
        ($($request:ty => $handler:path),* $(,)?) => {$(
            for path in <$request>::PATH_BUILDER.all_paths() {
                routes = routes.raw(&<$request>::METHOD, path, $handler);
            }
        )*};
    }
    streamed! {
        media::create_content::v3::Request => upload::handler,
        media::create_content_async::v3::Request => upload_reserved::handler,
        authenticated_media::get_content::v1::Request => download::handler,
        authenticated_media::get_content_as_filename::v1::Request => download_named::handler,
        authenticated_media::get_content_thumbnail::v1::Request => thumbnail::handler,
    }
    routes
}
