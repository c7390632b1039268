//! What a handler is given: the services below, and how this server is set up.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use attention::Attention;
use base::clock::Clock;
use delivery::Delivery;
use devices::Devices;
use media::Media;
use moderation::Moderation;
use outside::IdentityServers;
use presence::Presence;
use previews::Previews;
use rooms::Rooms;
use ruma_client_api::discovery::discover_support::Contact;
use ruma_common::{OwnedServerName, OwnedUserId};
use search::Search;
use sync::Sync;

use crate::flood::{Flood, Rates};
use crate::relay::Relay;

/// The services of a server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    services: Services,
    flood: Flood,
}

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
    /// What they look for; nothing where search is off.
    pub search: Option<Search>,
    /// What calls for their attention.
    pub attention: Attention,
    /// Where their notifications go.
    pub delivery: Delivery,
    /// Who is there.
    pub presence: Presence,
    /// Looks at pages of the outside, where that is wanted.
    pub previews: Option<Previews>,
    /// What they report.
    pub moderation: Moderation,
    /// Identity servers that invitations to an address go by.
    pub identity: IdentityServers,
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
    /// In whose name the server speaks to people, if it does.
    pub notices: Option<Notices>,
    /// Where calls are relayed, if anywhere.
    pub relay: Option<Relay>,
    /// Whom to ask for help.
    pub support: Support,
    /// How often each kind of thing may be asked.
    pub rates: Rates,
}

/// Whom to ask for help with this server.
#[derive(Clone, Debug, Default)]
pub struct Support {
    /// People.
    pub contacts: Vec<Contact>,
    /// A page.
    pub page: Option<String>,
}

/// In whose name the server speaks to people.
#[derive(Clone, Debug)]
pub struct Notices {
    /// Whose account it is.
    pub sender: OwnedUserId,
    /// What it is called.
    pub name: String,
}

impl App {
    /// Brings the services together.
    pub fn new(services: Services) -> Self {
        let flood = Flood::new(&services.settings.rates);
        Self(Arc::new(Inner { services, flood }))
    }

    /// What was asked lately, of which there can be too much.
    pub(crate) fn flood(&self) -> &Flood {
        &self.0.flood
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0.services
    }
}
