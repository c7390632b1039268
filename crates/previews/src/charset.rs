//! In which characters a page is written.
//!
//! What the server says, else what the page says in its first kilobyte, else UTF-8. A mark at the
//! beginning of the text wins over both. Bytes that mean nothing become the replacement character.

use encoding_rs::{Encoding, UTF_8};

/// Bytes of a page in which it says its charset.
const HEAD: usize = 1024;

/// The text of a page.
pub(crate) fn decode(bytes: &[u8], content_type: &str) -> String {
    let said = parameter(content_type);
    let encoding = said.or_else(|| declared(bytes)).unwrap_or(UTF_8);
    let (text, _, _) = encoding.decode(bytes);
    text.into_owned()
}

/// The charset of a content type.
fn parameter(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1);
    let mut charsets = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    label(charsets.next()?)
}

/// The charset that a page declares: `charset=` somewhere in its head.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD).unwrap_or(bytes).to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head);
    let (_, value) = head.split_once("charset")?;
    let value = value.trim_start().strip_prefix('=')?;
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    label(value.split(['"', '\'', '>', ';', ' ', '/']).next()?)
}

fn label(text: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(text.trim().trim_matches(['"', '\'']).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_in_the_characters_it_is_written_in() {
        let latin = b"<meta charset=\"iso-8859-1\">t\xe9l\xe9";
        let equivalent =
            b"<meta http-equiv=content-type content='text/html; charset=ISO-8859-1'>\xe9";
        let table: [(&[u8], &str, &str); 8] = [
            ("é".as_bytes(), "text/html", "é"),
            (b"\xe9", "text/html; charset=ISO-8859-1", "é"),
            (b"\xe9", "text/html;charset=\"windows-1252\"", "é"),
            (latin, "text/html", "télé"),
            (equivalent, "text/html", ">é"),
            // What the server says goes before what the page says.
            ("<meta charset=\"iso-8859-1\">é".as_bytes(), "text/html; charset=utf-8", ">é"),
            // What nobody knows, and what is not what it says.
            ("é".as_bytes(), "text/html; charset=martian", "é"),
            (b"\xe9", "text/html; charset=utf-8", "\u{fffd}"),
        ];
        for (bytes, content_type, end) in table {
            let text = decode(bytes, content_type);
            assert!(text.ends_with(end), "{content_type}: {text}");
        }
        assert_eq!(decode(b"\xff\xfea\0", "text/html; charset=utf-8"), "a");
        assert_eq!(
            decode("<meta charset=\"iso-8859-1\">t\u{e9}l\u{e9}".as_bytes(), ""),
            "<meta charset=\"iso-8859-1\">tÃ©lÃ©"
        );
    }
}
