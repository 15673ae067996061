//! What is checked before a script runs: pure, and equal on every node, because the answer goes on chain.

use functions_types::{
    FunctionsRequest,
    cbor::{DECODE_ERROR_TEXT, DecodeError, Location},
    limits::Limits,
};

/// Error bytes of a request that needs secrets, which this version cannot open.
pub const SECRETS_TEXT: &str = "secrets are not supported by this DON";
/// Error bytes of a request whose source is not in the request.
pub const CODE_LOCATION_TEXT: &str = "only inline source code is supported";
/// Error bytes of a request without source.
pub const EMPTY_SOURCE_TEXT: &str = "source code is empty";

/// Decodes the request data, or gives the user error that goes on chain instead of an answer.
///
/// # Errors
/// The error bytes.
///
/// Upstream: `FunctionsListener.handleRequest` of the Functions node (2.x), in its order: size, CBOR, secrets.
pub fn admit(data: &[u8], limits: &Limits) -> Result<FunctionsRequest, Vec<u8>> {
    let request = FunctionsRequest::decode(data, limits.request_bytes).map_err(|err| match err {
        DecodeError::TooBig(max) => format!("request too big (max {max} bytes)").into_bytes(),
        _ => DECODE_ERROR_TEXT.as_bytes().to_vec(),
    })?;
    let refused = if request.code_location != Location::Inline {
        Some(CODE_LOCATION_TEXT)
    } else if request.secrets_location != Location::Inline || !request.secrets.is_empty() {
        Some(SECRETS_TEXT)
    } else if request.source.is_empty() {
        Some(EMPTY_SOURCE_TEXT)
    } else {
        None
    };
    match refused {
        Some(text) => Err(text.as_bytes().to_vec()),
        None => Ok(request),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use functions_types::cbor::{EmptyArrays, Framing};

    fn encoded(change: impl FnOnce(&mut FunctionsRequest)) -> Vec<u8> {
        let mut request =
            FunctionsRequest { source: "return Functions.encodeUint256(1)".into(), ..Default::default() };
        change(&mut request);
        request.encode(Framing::Map(EmptyArrays::Omit))
    }

    fn refusal(data: &[u8]) -> String {
        String::from_utf8(admit(data, &Limits::DEFAULT).expect_err("refused")).expect("text")
    }

    #[test]
    fn admit_takes_a_plain_request() {
        let request =
            admit(&encoded(|request| request.args = vec!["a".into()]), &Limits::DEFAULT).expect("admitted");
        assert_eq!(request.args, ["a"]);
    }

    #[test]
    fn admit_answers_with_the_texts_users_know() {
        assert_eq!(refusal(&vec![0; 30_721]), "request too big (max 30720 bytes)");
        assert_eq!(refusal(&[0xff, 0x00, 0x13]), "CBOR parsing error");
        let remote = encoded(|request| {
            request.secrets_location = Location::Remote;
            request.secrets = vec![1, 2];
        });
        assert_eq!(refusal(&remote), SECRETS_TEXT);
        assert_eq!(refusal(&encoded(|request| request.source.clear())), EMPTY_SOURCE_TEXT);
    }

    #[test]
    fn admit_allows_exactly_the_limit() {
        let limits = Limits { request_bytes: encoded(|_| {}).len(), ..Limits::DEFAULT };
        assert!(admit(&encoded(|_| {}), &limits).is_ok());
        assert!(admit(&encoded(|request| request.source.push(' ')), &limits).is_err());
    }
}
