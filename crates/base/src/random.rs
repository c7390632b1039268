//! Randomness from the operating system, and the few shapes in which we need it.

/// Lower-case base32 without the letters that people confuse; 32 symbols.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// `N` random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing secret may be made then.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    #[expect(clippy::expect_used, reason = "a machine without randomness must not make secrets")]
    getrandom::fill(&mut out).expect("the operating system gives randomness");
    out
}

/// `N` random symbols (5 bits each) of lower-case base32: identifiers, tokens, codes.
pub fn base32<const N: usize>() -> String {
    bytes::<N>()
        .iter()
        .map(|byte| char::from(ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'a')))
        .collect()
}
