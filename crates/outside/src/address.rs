//! Which addresses are outside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Which addresses may be connected to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    /// Networks that may be, although they are inside.
    pub(crate) allowed: Vec<IpNet>,
}

impl Guard {
    /// Whether an address may be connected to.
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        is_public(address.to_canonical()) || self.allows(address)
    }

    /// Whether an address is one that the operator named.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// What the registry of special addresses (RFC 6890 and after) does not set apart.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        // This network, private, loopback; multicast, reserved and broadcast.
        [0 | 10 | 127 | 224..=255, ..]
            // Shared between carriers; link-local; private.
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            // Protocols, examples, 6to4 relays; private; measurements and examples.
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18..=19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Global unicast alone, without what is set apart in it; and the translation of public IPv4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64 (RFC 6052): as the address that it leads to.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocols (Teredo, benchmarks, ORCHID among them), examples, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_public_internet_is_inside() {
        let inside = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 \
             169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 \
             192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 \
             240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 \
             64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:2::1 \
             2001:10::1 2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 \
             fe80::1 fec0::1 ff02::1";
        let outside = "1.1.1.1 9.255.255.255 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 \
             192.167.0.1 198.17.0.1 198.20.0.1 223.255.255.255 ::ffff:1.1.1.1 \
             64:ff9b::101:101 2001:200::1 2001:4860:4860::8888 2606:4700:4700::1111 \
             2a00:1450::1 3fff:1000::1";
        let guard = Guard::default();
        for address in inside.split_whitespace() {
            assert!(!guard.admits(address.parse().unwrap()), "{address}");
        }
        for address in outside.split_whitespace() {
            assert!(guard.admits(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_network_that_the_operator_names_is_allowed_in_every_writing() {
        let guard = Guard { allowed: vec!["10.1.0.0/16".parse().unwrap()] };
        for (address, admitted) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(guard.admits(address.parse().unwrap()), admitted, "{address}");
        }
    }
}
