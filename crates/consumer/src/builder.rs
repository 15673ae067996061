//! Building a request, with the checks of the Solidity library and its bytes.

use alloc::{string::String, vec::Vec};

use functions_types::{
    FunctionsRequest,
    cbor::{DonHostedSecrets, Framing, Location},
    selectors::errors::request as errors,
};

use crate::error;

/// A request that is valid at every step. Errors are the revert data of the library's custom errors.
///
/// | here | in the library |
/// | --- | --- |
/// | [`inline`](Self::inline) | `initializeRequestForInlineJavaScript` |
/// | [`args`](Self::args), [`bytes_args`](Self::bytes_args) | `setArgs`, `setBytesArgs` |
/// | [`remote_secrets`](Self::remote_secrets) | `addSecretsReference` |
/// | [`don_hosted_secrets`](Self::don_hosted_secrets) | `addDONHostedSecrets` |
/// | [`encode`](Self::encode) | `encodeCBOR` |
///
/// # Deviations
/// * Source is always inline JavaScript: nothing else was ever served. So is `initializeRequest` left out.
/// * `NoInlineSecrets()` cannot happen: a location comes only together with its secrets.
///
/// Upstream: `FunctionsRequest` 1.0.0, the same bytes in 1.3.0.
#[derive(Clone, Debug)]
pub struct RequestBuilder(FunctionsRequest);

impl RequestBuilder {
    /// A request that runs this JavaScript: the body of an async function.
    ///
    /// # Errors
    /// `EmptySource()`.
    pub fn inline(source: String) -> Result<Self, Vec<u8>> {
        if source.is_empty() {
            return Err(error(errors::EMPTY_SOURCE));
        }
        Ok(Self(FunctionsRequest { source, ..FunctionsRequest::default() }))
    }

    /// Text arguments, `args` in the script. Replaces those set before.
    ///
    /// # Errors
    /// `EmptyArgs()`.
    pub fn args(mut self, args: Vec<String>) -> Result<Self, Vec<u8>> {
        if args.is_empty() {
            return Err(error(errors::EMPTY_ARGS));
        }
        self.0.args = args;
        Ok(self)
    }

    /// Byte arguments, `bytesArgs` in the script. Replaces those set before.
    ///
    /// # Errors
    /// `EmptyArgs()`.
    pub fn bytes_args(mut self, args: Vec<Vec<u8>>) -> Result<Self, Vec<u8>> {
        if args.is_empty() {
            return Err(error(errors::EMPTY_ARGS));
        }
        self.0.bytes_args = args;
        Ok(self)
    }

    /// Secrets at URLs: the list of them, encrypted for the DON. Replaces other secrets.
    ///
    /// # Errors
    /// `EmptySecrets()`.
    pub fn remote_secrets(mut self, encrypted_urls: Vec<u8>) -> Result<Self, Vec<u8>> {
        if encrypted_urls.is_empty() {
            return Err(error(errors::EMPTY_SECRETS));
        }
        self.0.secrets_location = Location::Remote;
        self.0.secrets = encrypted_urls;
        Ok(self)
    }

    /// Secrets the DON hosts for the subscription's owner, by slot and version. Replaces other secrets.
    pub fn don_hosted_secrets(mut self, slot_id: u8, version: u64) -> Self {
        self.0.secrets_location = Location::DonHosted;
        self.0.secrets = DonHostedSecrets { slot_id: slot_id.into(), version }.encode(Framing::Pairs);
        self
    }

    /// The bytes that are sent.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode(Framing::Pairs)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::ToOwned, vec};

    use super::*;

    /// What the library, run on a chain, gives up to the end of `language`.
    const HEAD: &str = "6c636f64654c6f636174696f6ec258200000000000000000000000000000000000000000000000000000000000000000\
                        686c616e6775616765c258200000000000000000000000000000000000000000000000000000000000000000";

    fn request(source: &str) -> RequestBuilder {
        RequestBuilder::inline(source.to_owned()).unwrap()
    }

    fn assert_bytes(request: &RequestBuilder, tail: &str) {
        assert_eq!(hex::encode(request.encode()), [HEAD, tail].concat());
    }

    #[test]
    fn encode_gives_the_bytes_measured_on_the_library() {
        let plain = request("return Functions.encodeUint256(42);");
        assert_bytes(
            &plain,
            "66736f75726365782372657475726e2046756e6374696f6e732e656e636f646555696e74323536283432293b",
        );
        let args = ["ETH", "USD", ""].map(str::to_owned).to_vec();
        assert_bytes(
            &request("return Functions.encodeString(args[0]);").args(args).unwrap(),
            "66736f75726365782772657475726e2046756e6374696f6e732e656e636f6465537472696e6728617267735b305d293b\
             64617267739f634554486355534460ff",
        );
    }

    #[test]
    fn encode_gives_the_bytes_measured_on_the_library_when_secrets_are_named() {
        let urls = hex::decode("00112233445566778899aabbccddeeff").unwrap();
        let remote = request("return Functions.encodeString(secrets.k);");
        assert_bytes(
            &remote.args(vec!["a".to_owned()]).unwrap().remote_secrets(urls).unwrap(),
            "66736f75726365782972657475726e2046756e6374696f6e732e656e636f6465537472696e6728736563726574732e6b293b\
             64617267739f6161ff6f736563726574734c6f636174696f6ec2582000000000000000000000000000000000000000000000000000\
             0000000000000167736563726574735000112233445566778899aabbccddeeff",
        );
        let hosted = request("return Functions.encodeString(secrets.k+args[0]+bytesArgs[0]);");
        let hosted = hosted.args(vec!["x".to_owned()]).unwrap().bytes_args(vec![vec![0xff]]).unwrap();
        assert_bytes(
            &hosted.don_hosted_secrets(0, 1_700_000_000),
            "66736f75726365783e72657475726e2046756e6374696f6e732e656e636f6465537472696e6728736563726574732e6b2b\
             617267735b305d2b6279746573417267735b305d293b64617267739f6178ff6f736563726574734c6f636174696f6ec25820\
             000000000000000000000000000000000000000000000000000000000000000267736563726574735566736c6f74494400\
             6776657273696f6e1a6553f100696279746573417267739f41ffff",
        );
    }

    #[test]
    fn secrets_replace_the_ones_named_before() {
        let urls = || request("x").remote_secrets(vec![7; 40]).unwrap();
        assert_eq!(
            urls().don_hosted_secrets(255, 1 << 32).encode(),
            request("x").don_hosted_secrets(255, 1 << 32).encode()
        );
        assert_eq!(
            request("x").don_hosted_secrets(1, 2).remote_secrets(vec![7; 40]).unwrap().encode(),
            urls().encode()
        );
    }

    #[test]
    fn builder_fails_when_a_part_is_empty() {
        assert_eq!(RequestBuilder::inline(String::new()).unwrap_err(), [0x22, 0xce, 0x3e, 0xdd]);
        let request = || RequestBuilder::inline("x".to_owned()).unwrap();
        assert_eq!(request().args(vec![]).unwrap_err(), [0xfe, 0x93, 0x6c, 0xb7]);
        assert_eq!(request().bytes_args(vec![]).unwrap_err(), [0xfe, 0x93, 0x6c, 0xb7]);
        assert_eq!(request().remote_secrets(vec![]).unwrap_err(), [0xe8, 0x89, 0x63, 0x6f]);
    }
}
