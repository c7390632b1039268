//! Networks: addresses that belong together.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

/// Addresses that begin with the same bits: written `192.0.2.0/24`, or one address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that names no network.
#[derive(Debug, thiserror::Error)]
#[error("{0} is neither an address nor a network such as 192.0.2.0/24")]
pub struct NoNetwork(String);

impl Network {
    /// Whether an address is one of its.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let apart = 32_u32.saturating_sub(self.bits.into());
                (own.to_bits() ^ other.to_bits()).checked_shr(apart).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let apart = 128_u32.saturating_sub(self.bits.into());
                (own.to_bits() ^ other.to_bits()).checked_shr(apart).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let none = || NoNetwork(text.to_owned());
        let (address, bits) = text.split_once('/').unzip();
        let address: IpAddr = address.unwrap_or(text).parse().map_err(|_| none())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_| none())?;
        if bits > all { Err(none()) } else { Ok(Self { address, bits }) }
    }
}

impl TryFrom<String> for Network {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Self, NoNetwork> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

/// Whether an address is in one of these networks.
pub fn is_within(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// What is counted as one address: whoever has one of IPv6 has a whole /64.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(network: &str, address: &str, inside: bool) {
        let known: Network = network.parse().unwrap();
        assert_eq!(known.contains(address.parse().unwrap()), inside, "{address} in {network}");
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_as_it_does() {
        check("192.0.2.0/24", "192.0.2.255", true);
        check("192.0.2.0/24", "192.0.3.0", false);
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "192.0.2.6", false);
        check("192.0.2.7/24", "192.0.2.9", true);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
        check("2001:db8::/33", "2001:db8:7fff::1", true);
        check("2001:db8::/33", "2001:db8:8000::1", false);
        check("192.0.2.0/24", "::ffff:192.0.2.1", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "town", "192.0.2.0/33", "192.0.2.0/", "192.0.2/24", "::/129", "/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn neighbours_in_an_ipv6_network_count_as_one() {
        let of = |text: &str| household(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    /// An address bit by bit; one of IPv4 in IPv6's clothes is one of IPv4.
    fn bits(address: IpAddr) -> String {
        match address.to_canonical() {
            IpAddr::V4(address) => format!("4{:032b}", address.to_bits()),
            IpAddr::V6(address) => format!("6{:0128b}", address.to_bits()),
        }
    }

    proptest! {
        #[test]
        fn what_a_network_has_begins_as_it_does(
            own: IpAddr,
            bits_alike in 0..=128_u8,
            mask: u128,
            shared in 0..=128_u32,
        ) {
            // Another address, of which so many bits are the same.
            let flip = mask.checked_shr(shared).unwrap_or(0);
            let other: IpAddr = match own {
                IpAddr::V4(own) => (own.to_bits() ^ (flip >> 96) as u32).to_be_bytes().into(),
                IpAddr::V6(own) => (own.to_bits() ^ flip).to_be_bytes().into(),
            };
            let parsed = format!("{own}/{bits_alike}").parse::<Network>();
            let longest = if own.is_ipv4() { 32 } else { 128 };
            prop_assert_eq!(parsed.is_ok(), bits_alike <= longest);
            if let Ok(network) = parsed {
                prop_assume!(own == own.to_canonical() && other == other.to_canonical());
                let alike = 1 + usize::from(bits_alike);
                let expected = bits(own)[..alike] == bits(other)[..alike];
                prop_assert_eq!(network.contains(other), expected);
                prop_assert_eq!(network.to_string().parse::<Network>().unwrap(), network);
            }
        }

        #[test]
        fn any_text_is_a_network_or_refused(text in "[0-9a-f.:/ ]{0,40}|\\PC{0,20}") {
            if let Ok(network) = text.parse::<Network>() {
                prop_assert_eq!(network.to_string().parse::<Network>().unwrap(), network);
                prop_assert!(network.contains(network.address) || network.address.is_ipv6());
            }
        }

        #[test]
        fn a_household_is_its_own_household(address: IpAddr) {
            prop_assert_eq!(household(household(address)), household(address));
        }
    }
}
