//! Requests: whatever decodes, encodes in both framings to something that decodes to the same.

use functions_types::cbor::{DonHostedSecrets, EmptyArrays, Framing, FunctionsRequest, Location};
use functions_types::limits::Limits;

/// Every way to write a request.
const FRAMINGS: [Framing; 3] =
    [Framing::Map(EmptyArrays::Omit), Framing::Map(EmptyArrays::Keep), Framing::Pairs];

/// Reads `data` as a request and as a reference to secrets.
pub(crate) fn check(data: &[u8]) {
    let max = Limits::DEFAULT.request_bytes;
    if let Ok(mut request) = FunctionsRequest::decode(data, max) {
        let held = request.source.len()
            + request.secrets.len()
            + request.args.iter().map(String::len).sum::<usize>()
            + request.bytes_args.iter().map(Vec::len).sum::<usize>();
        assert!(held <= data.len(), "{held} bytes out of {}", data.len());
        // Without secrets the encoder writes no location of them.
        if request.secrets.is_empty() {
            request.secrets_location = Location::Inline;
        }
        for framing in FRAMINGS {
            let again = request.encode(framing);
            // The encoder writes names and framing the sender may have left out; only content is bounded by the limit.
            assert_eq!(FunctionsRequest::decode(&again, again.len()).as_ref(), Ok(&request));
        }
    }
    if let Ok(reference) = DonHostedSecrets::decode(data) {
        for framing in FRAMINGS {
            assert_eq!(DonHostedSecrets::decode(&reference.encode(framing)).as_ref(), Ok(&reference));
        }
    }
}
