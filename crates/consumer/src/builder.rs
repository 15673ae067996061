//! Building a request, with the checks of the Solidity library.

use alloc::{string::String, vec::Vec};

use functions_types::{
    FunctionsRequest,
    cbor::{DonHostedSecrets, EmptyArrays, Framing, Location},
    selectors::errors::request as errors,
};

use crate::error;

/// A request that is valid at every step. Errors are the revert data of the library's custom errors.
#[derive(Clone, Debug)]
pub struct RequestBuilder(FunctionsRequest);

impl RequestBuilder {
    /// A request that runs this JavaScript.
    ///
    /// # Errors
    /// `EmptySource()`.
    pub fn inline(source: String) -> Result<Self, Vec<u8>> {
        if source.is_empty() {
            return Err(error(errors::EMPTY_SOURCE));
        }
        Ok(Self(FunctionsRequest { source, ..FunctionsRequest::default() }))
    }

    /// Text arguments, `args` in the script.
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

    /// Byte arguments, `bytesArgs` in the script.
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

    /// Secrets at URLs: the encrypted list of them.
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

    /// Secrets the DON hosts for the subscription's owner.
    pub fn don_hosted_secrets(mut self, slot_id: u8, version: u64) -> Self {
        let reference = DonHostedSecrets { slot_id: slot_id.into(), version };
        self.0.secrets_location = Location::DonHosted;
        self.0.secrets = reference.encode(Framing::Map(EmptyArrays::Omit));
        self
    }

    /// The bytes that are sent, in the short framing of the JavaScript client.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode(Framing::Map(EmptyArrays::Omit))
    }
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::ToOwned, vec};

    use super::*;

    #[test]
    fn builder_writes_the_reference_bytes() {
        let request = RequestBuilder::inline("return Functions.encodeUint256(42);".to_owned()).unwrap();
        let expected = "a366736f75726365782372657475726e2046756e6374696f6e732e656e636f646555696e74323536283432293b6c636f64654c616e6775616765006c636f64654c6f636174696f6e00";
        assert_eq!(hex::encode(request.encode()), expected);
        let hosted = request.don_hosted_secrets(0, 1_700_000_000).encode();
        let decoded = FunctionsRequest::decode(&hosted, 1_000).unwrap();
        assert_eq!(decoded.secrets_location, Location::DonHosted);
        assert_eq!(DonHostedSecrets::decode(&decoded.secrets).unwrap().version, 1_700_000_000);
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
