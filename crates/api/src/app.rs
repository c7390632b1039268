//! What a handler is given: the services below, and how this server is set up.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use base::clock::Clock;
use devices::Devices;
use media::Media;
use rooms::Rooms;
use ruma_common::OwnedServerName;
use sync::Sync;

/// The services of a server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// The services, and how they are shown.
pub struct Services {
    /// Who people are.
    pub accounts: Accounts,
    /// Their devices' keys, and what they keep on the server.
    pub devices: Devices,
    /// What they say.
    pub rooms: Rooms,
    /// Their files.
    pub media: Media,
    /// What is new for them.
    pub sync: Sync,
    /// How this server shows itself.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How this server shows itself over HTTP.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name.
    pub server_name: OwnedServerName,
    /// Where clients reach it: the address of its root, without a slash at the end.
    pub public_url: String,
    /// Bytes of a request's body at most, uploads apart.
    pub request_bytes: usize,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// Bytes of an upload at most.
    pub upload_bytes: u64,
}

impl App {
    /// Brings the services together.
    pub fn new(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}
