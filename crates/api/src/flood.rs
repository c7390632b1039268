//! How often people and strangers may ask, so that no one of them floods the others.
//!
//! What many others have to read or the server has to search is counted per person, by kind;
//! whatever comes without a good token, per address. Ordinary use meets none of it. In memory,
//! bounded, on each node for itself; sign-in and registration have limits of their own, in
//! accounts. (Specification: "Rate limiting".)

use std::net::IpAddr;

use base::clock::Timestamp;
use base::network::{Network, household, is_within};
use base::rate::{Limiter, Rate};
use http::Method;
use ruma_common::UserId;

use crate::ApiError;
use crate::admission::Operation;

/// How often each kind of thing may be asked; `None` lifts a limit.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// Events sent, by a person.
    pub messages: Option<Rate>,
    /// Messages to devices sent and their keys claimed, by a person.
    pub to_device: Option<Rate>,
    /// Rooms made or upgraded, by a person.
    pub rooms: Option<Rate>,
    /// People invited, by a person.
    pub invitations: Option<Rate>,
    /// Rooms entered or knocked at, by a person.
    pub joins: Option<Rate>,
    /// Changes of their own profile, which all of their rooms are told, by a person.
    pub profiles: Option<Rate>,
    /// Searches for people, rooms and words, by a person.
    pub searches: Option<Rate>,
    /// Files stored, by a person.
    pub uploads: Option<Rate>,
    /// Tokens asked for, by a person.
    pub tokens: Option<Rate>,
    /// Reports made, by a person.
    pub reports: Option<Rate>,
    /// How often a person says how present they are.
    pub presence: Option<Rate>,
    /// Passes for a relay of calls asked for, by a person.
    pub relays: Option<Rate>,
    /// Pages of the outside looked at, by a person.
    pub previews: Option<Rate>,
    /// Anything at all without a good token, from an address.
    pub strangers: Option<Rate>,
    /// Where nothing is counted from.
    pub exempt_addresses: Vec<Network>,
}

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Messages,
    ToDevice,
    Rooms,
    Invitations,
    Joins,
    Profiles,
    Searches,
    Uploads,
    Tokens,
    Reports,
    Presence,
    Relays,
    Previews,
}

/// What is counted, by endpoint.
const COUNTED: &[(Method, &str, Kind)] = &[
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}", Kind::Messages),
    (
        Method::PUT,
        "/_matrix/client/v3/rooms/{room_id}/state/{event_type}/{state_key}",
        Kind::Messages,
    ),
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/redact/{event_id}/{txn_id}", Kind::Messages),
    (Method::PUT, "/_matrix/client/v3/sendToDevice/{event_type}/{txn_id}", Kind::ToDevice),
    (Method::POST, "/_matrix/client/v3/keys/claim", Kind::ToDevice),
    (Method::POST, "/_matrix/client/v3/createRoom", Kind::Rooms),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/upgrade", Kind::Rooms),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/invite", Kind::Invitations),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/join", Kind::Joins),
    (Method::POST, "/_matrix/client/v3/join/{room_id_or_alias}", Kind::Joins),
    (Method::POST, "/_matrix/client/v3/knock/{room_id_or_alias}", Kind::Joins),
    (Method::PUT, "/_matrix/client/v3/profile/{user_id}/{field}", Kind::Profiles),
    (Method::DELETE, "/_matrix/client/v3/profile/{user_id}/{field}", Kind::Profiles),
    (Method::POST, "/_matrix/client/v3/user_directory/search", Kind::Searches),
    (Method::POST, "/_matrix/client/v3/publicRooms", Kind::Searches),
    (Method::GET, "/_matrix/client/v3/publicRooms", Kind::Searches),
    (Method::POST, "/_matrix/client/v3/search", Kind::Searches),
    (Method::POST, "/_matrix/media/v3/upload", Kind::Uploads),
    (Method::PUT, "/_matrix/media/v3/upload/{server_name}/{media_id}", Kind::Uploads),
    (Method::POST, "/_matrix/media/v1/create", Kind::Uploads),
    (Method::POST, "/_matrix/client/v3/user/{user_id}/openid/request_token", Kind::Tokens),
    (Method::POST, "/_matrix/client/v1/login/get_token", Kind::Tokens),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/report/{event_id}", Kind::Reports),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/report", Kind::Reports),
    (Method::POST, "/_matrix/client/v3/users/{user_id}/report", Kind::Reports),
    (Method::PUT, "/_matrix/client/v3/presence/{user_id}/status", Kind::Presence),
    (Method::GET, "/_matrix/client/v3/voip/turnServer", Kind::Relays),
    (Method::GET, "/_matrix/client/v1/media/preview_url", Kind::Previews),
    (Method::GET, "/_matrix/media/v3/preview_url", Kind::Previews),
];

/// What was asked lately, on this node.
pub(crate) struct Flood {
    messages: Limiter,
    to_device: Limiter,
    rooms: Limiter,
    invitations: Limiter,
    joins: Limiter,
    profiles: Limiter,
    searches: Limiter,
    uploads: Limiter,
    tokens: Limiter,
    reports: Limiter,
    presence: Limiter,
    relays: Limiter,
    previews: Limiter,
    strangers: Limiter,
    exempt_addresses: Vec<Network>,
}

impl Flood {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            messages: Limiter::new(rates.messages),
            to_device: Limiter::new(rates.to_device),
            rooms: Limiter::new(rates.rooms),
            invitations: Limiter::new(rates.invitations),
            joins: Limiter::new(rates.joins),
            profiles: Limiter::new(rates.profiles),
            searches: Limiter::new(rates.searches),
            uploads: Limiter::new(rates.uploads),
            tokens: Limiter::new(rates.tokens),
            reports: Limiter::new(rates.reports),
            presence: Limiter::new(rates.presence),
            relays: Limiter::new(rates.relays),
            previews: Limiter::new(rates.previews),
            strangers: Limiter::new(rates.strangers),
            exempt_addresses: rates.exempt_addresses.clone(),
        }
    }

    /// Counts a request of somebody who signed in; refused when there were too many of its kind.
    pub(crate) fn count(
        &self,
        operation: &Operation,
        (user, address): (&UserId, IpAddr),
        now: Timestamp,
    ) -> Result<(), ApiError> {
        match kind(operation) {
            Some(kind) if !self.is_exempt(address) => {
                Ok(self.limiter(kind).charge(&user.as_str(), now)?)
            }
            _ => Ok(()),
        }
    }

    /// Counts a request without a good token.
    pub(crate) fn count_stranger(&self, address: IpAddr, now: Timestamp) -> Result<(), ApiError> {
        if self.is_exempt(address) {
            return Ok(());
        }
        Ok(self.strangers.charge(&household(address), now)?)
    }

    fn is_exempt(&self, address: IpAddr) -> bool {
        is_within(&self.exempt_addresses, address)
    }

    fn limiter(&self, kind: Kind) -> &Limiter {
        match kind {
            Kind::Messages => &self.messages,
            Kind::ToDevice => &self.to_device,
            Kind::Rooms => &self.rooms,
            Kind::Invitations => &self.invitations,
            Kind::Joins => &self.joins,
            Kind::Profiles => &self.profiles,
            Kind::Searches => &self.searches,
            Kind::Uploads => &self.uploads,
            Kind::Tokens => &self.tokens,
            Kind::Reports => &self.reports,
            Kind::Presence => &self.presence,
            Kind::Relays => &self.relays,
            Kind::Previews => &self.previews,
        }
    }
}

/// As what an operation is counted, when it is.
fn kind(operation: &Operation) -> Option<Kind> {
    let same = |(method, path, _): &&(Method, &str, Kind)| {
        (method, *path) == (&operation.method, operation.path)
    };
    COUNTED.iter().find(same).map(|(_, _, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ruma_common::user_id;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const TOWN: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));
    const JOIN: Operation =
        Operation { method: Method::POST, path: "/_matrix/client/v3/rooms/{room_id}/join" };
    const SYNC: Operation = Operation { method: Method::GET, path: "/_matrix/client/v3/sync" };

    fn flood(exempt: &[&str]) -> Flood {
        let rate = Some(Rate { burst: 2, every: Duration::from_secs(10) });
        Flood::new(&Rates {
            joins: rate,
            strangers: rate,
            exempt_addresses: exempt.iter().map(|text| text.parse().unwrap()).collect(),
            ..Rates::default()
        })
    }

    #[test]
    fn each_person_has_their_own_measure_wherever_they_are() {
        let flood = flood(&[]);
        let (alice, bob) = (user_id!("@alice:town.example"), user_id!("@bob:town.example"));
        for address in [TOWN, ELSEWHERE] {
            assert!(flood.count(&JOIN, (alice, address), NOW).is_ok());
        }
        assert!(flood.count(&JOIN, (alice, TOWN), NOW).is_err());
        assert!(flood.count(&JOIN, (bob, TOWN), NOW).is_ok());
        let later = NOW.plus(Duration::from_secs(10));
        assert!(flood.count(&JOIN, (alice, TOWN), later).is_ok());
        assert!((0..100).all(|_| flood.count(&SYNC, (alice, TOWN), NOW).is_ok()));
    }

    #[test]
    fn nothing_is_counted_from_an_exempt_address() {
        let flood = flood(&["192.0.2.0/24"]);
        let alice = user_id!("@alice:town.example");
        for _ in 0..10 {
            assert!(flood.count(&JOIN, (alice, TOWN), NOW).is_ok());
            assert!(flood.count_stranger(TOWN, NOW).is_ok());
        }
        assert!((0..3).any(|_| flood.count_stranger(ELSEWHERE, NOW).is_err()));
        assert!((0..3).any(|_| flood.count(&JOIN, (alice, ELSEWHERE), NOW).is_err()));
    }

    #[test]
    fn what_is_counted_is_named_as_its_endpoint_is() {
        let served = crate::endpoints();
        for (method, path, _) in COUNTED {
            let known = |known: &crate::Endpoint| (&known.method, &*known.path) == (method, path);
            assert!(served.iter().any(known), "{method} {path} is served by nobody");
        }
    }
}
