//! Addresses as clients write them.

use ruma_common::ServerName;

use crate::ApiError;

/// Bytes of an e-mail address at most (RFC 5321).
const EMAIL_BYTES: usize = 254;
/// Digits of a telephone number at most (E.164), and at least.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// Refuses what is no e-mail address.
pub(super) fn require_email(email: &str) -> Result<(), ApiError> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.chars().any(|symbol| symbol.is_whitespace() || symbol.is_control())
    };
    let fits = email.rsplit_once('@').is_some_and(|(local, domain)| {
        plain(local) && !local.contains('@') && plain(domain) && domain.contains('.')
    });
    if fits && email.len() <= EMAIL_BYTES {
        return Ok(());
    }
    Err(ApiError::invalid_param("this is no e-mail address"))
}

/// Refuses what is no telephone number, of a country as ISO 3166 names it.
pub(super) fn require_phone(country: &str, number: &str) -> Result<(), ApiError> {
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(ApiError::invalid_param("a country has two capital letters"));
    }
    let written = |symbol: char| symbol.is_ascii_digit() || "+-.() /".contains(symbol);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if number.chars().all(written) && DIGITS.contains(&digits) {
        return Ok(());
    }
    Err(ApiError::invalid_param("this is no telephone number"))
}

/// Refuses what is no server's name.
pub(super) fn require_server(name: &str) -> Result<(), ApiError> {
    let named = <&ServerName>::try_from(name).map(drop);
    named.map_err(|_| ApiError::invalid_param("id_server is no server's name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        let long = format!("{}@a.example", "a".repeat(250));
        let table = [
            ("alice@town.example", true),
            ("alice+matrix@sub.town.example", true),
            ("", false),
            ("alice", false),
            ("@town.example", false),
            ("alice@", false),
            ("alice@localhost", false),
            ("x@evil@town.example", false),
            ("al ice@town.example", false),
            ("alice@town.example\r\nBcc: bob@town.example", false),
            (&long, false),
        ];
        for (text, expected) in table {
            assert_eq!(require_email(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_told_from_other_texts() {
        let table = [
            ("FR", "+33 1 23 45 67 89", true),
            ("GB", "07700900001", true),
            ("fr", "0123456789", false),
            ("FRA", "0123456789", false),
            ("FR", "", false),
            ("FR", "12", false),
            ("FR", "1234567890123456", false),
            ("FR", "0123x56789", false),
            ("FR", "٠١٢٣٤٥٦٧٨٩", false),
        ];
        for (country, number, expected) in table {
            assert_eq!(require_phone(country, number).is_ok(), expected, "{country} {number:?}");
        }
    }
}
