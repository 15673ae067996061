//! What is checked before a script runs: pure, and equal on every node, because the answer goes on chain.

use functions_offchain_config::Method;
use functions_types::{
    FunctionsRequest,
    cbor::{DecodeError, Location},
    limits::Limits,
};

use super::code::Code;

/// Error bytes of a request that needs secrets, of a DON without keys for them.
pub const SECRETS_TEXT: &str = "secrets are not supported by this DON";

/// Decodes the request data, or gives the user error that goes on chain instead of an answer.
///
/// # Errors
/// The error bytes.
///
/// Upstream: `FunctionsListener.handleRequest` of the Functions node (2.x), in its order: size, CBOR, secrets.
pub fn admit(data: &[u8], limits: &Limits) -> Result<FunctionsRequest, Vec<u8>> {
    let request =
        FunctionsRequest::decode(data, limits.request_bytes).map_err(|err| err.on_chain().into_bytes())?;
    let refused = if request.source.is_empty() {
        Some(DecodeError::Source.on_chain())
    } else if request.code_location == Location::Inline {
        Method::of_source(&request.source).err().map(|err| err.to_string())
    } else {
        Code::of(&request).err().map(str::to_owned)
    };
    match refused {
        Some(text) => Err(text.into_bytes()),
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
        let remote = encoded(|request| request.code_location = Location::Remote);
        assert_eq!(refusal(&remote), "failed to parse code location");
        let hosted = encoded(|request| {
            request.code_location = Location::DonHosted;
            request.source = "don-hosted:1/2".into();
        });
        assert_eq!(admit(&hosted, &Limits::DEFAULT).expect("admitted").code_location, Location::DonHosted);
        assert_eq!(refusal(&encoded(|request| request.source.clear())), "source param is missing or invalid");
    }

    #[test]
    fn admit_says_which_aggregations_there_are() {
        let source = |first: &str| encoded(|request| request.source = format!("{first}\nreturn 1"));
        assert!(admit(&source("// @aggregation median-uint256"), &Limits::DEFAULT).is_ok());
        let told = refusal(&source("// @aggregation mean"));
        assert!(told.starts_with("unknown aggregation \"mean\": there are mode, median,"), "{told}");
    }

    #[test]
    fn admit_names_the_field_that_is_damaged() {
        let map = |pairs: &str, count: u8| {
            let mut data = vec![0xa0 | count];
            data.extend(hex::decode(pairs.replace(' ', "")).expect("hex"));
            refusal(&data)
        };
        let source = "66736f75726365 6172"; // source: "r"
        let missing = "source param is missing or invalid";
        // The map of the toolkit with a number, bytes, a list, and nothing, for a source.
        assert_eq!(map("66736f75726365 1904d2", 1), missing);
        assert_eq!(map("66736f75726365 4172", 1), missing);
        assert_eq!(map("66736f75726365 816172", 1), missing);
        assert_eq!(map("", 0), missing);
        assert_eq!(refusal(&[]), missing);
        assert_eq!(map(&format!("{source} 6461726773 01"), 2), "args param not an array");
        assert_eq!(map(&format!("{source} 6461726773 8101"), 2), "args param not a string array");
        assert_eq!(map(&format!("{source} 69627974657341726773 6161"), 2), "bytesArgs param not an array");
        assert_eq!(
            map(&format!("{source} 69627974657341726773 816161"), 2),
            "bytesArgs param contains invalid hex string"
        );
        // Several at once: the source is looked at first, wherever it stands.
        assert_eq!(map("6461726773 01 66736f75726365 01", 2), missing);
        // What is no CBOR has no fields.
        for broken in ["abcd", "66736f75726365 01 64", "a166736f757263658201", "1234"] {
            assert_eq!(
                refusal(&hex::decode(broken.replace(' ', "")).expect("hex")),
                "CBOR parsing error",
                "{broken}"
            );
        }
    }

    #[test]
    fn admit_allows_exactly_the_limit() {
        let limits = Limits { request_bytes: encoded(|_| {}).len(), ..Limits::DEFAULT };
        assert!(admit(&encoded(|_| {}), &limits).is_ok());
        assert!(admit(&encoded(|request| request.source.push(' ')), &limits).is_err());
    }
}
