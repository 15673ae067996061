//! Modules that are their own address: `data:` URLs, as the Fetch standard reads them.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::{Position, Url};

/// Forgiving: padding may be left out, and bits that stand for nothing may be set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Content type and bytes of a `data:` URL; `None` where it is none.
pub(super) fn read(url: &Url) -> Option<(String, Vec<u8>)> {
    let whole = url[..Position::AfterQuery].strip_prefix("data:")?;
    let (kind, body) = whole.split_once(',')?;
    let bytes = percent_decoded(body);
    match base64_kind(kind.trim()) {
        Some(kind) => {
            let letters: Vec<u8> = bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            Some((kind.to_owned(), BASE64.decode(letters).ok()?))
        }
        None => Some((kind.trim().to_owned(), bytes)),
    }
}

/// The content type before `;base64`, where the type ends so.
fn base64_kind(kind: &str) -> Option<&str> {
    let (rest, last) = kind.rsplit_once(';')?;
    last.trim().eq_ignore_ascii_case("base64").then_some(rest)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte"));
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(url: &str) -> Option<(String, String)> {
        let (kind, bytes) = read(&Url::parse(url).unwrap())?;
        Some((kind, String::from_utf8(bytes).unwrap()))
    }

    #[test]
    fn data_urls_are_read_as_the_standard_has_it() {
        let table = [
            ("data:text/javascript,export default 1", Some(("text/javascript", "export default 1"))),
            (
                "data:text/javascript;charset=utf-8,a?b%3F%2c%zz#c",
                Some(("text/javascript;charset=utf-8", "a?b?,%zz")),
            ),
            ("data:text/javascript;base64,ZXhwb3J0", Some(("text/javascript", "export"))),
            ("data:application/json ; BASE64,eyJ%0AhIjo3fQ", Some(("application/json ", "{\"a\":7}"))),
            ("data:,ä", Some(("", "ä"))),
            ("data:text/javascript;base64,!", None),
            ("data:text/javascript", None),
        ];
        for (url, expected) in table {
            let expected = expected.map(|(kind, body)| (kind.to_owned(), body.to_owned()));
            assert_eq!(text(url), expected, "{url}");
        }
    }
}
