//! Consumers the client can drive: this repository's example and upstream's Solidity one.
//!
//! | | [`Consumer::Stylus`] | [`Consumer::Solidity`] |
//! | --- | --- | --- |
//! | contract | `consumer-example` | `FunctionsClientExample` 1.0.0 or 1.3.0, unmodified |
//! | callback gas | as asked | [`SOLIDITY_CALLBACK_GAS`] |
//! | `bytesArgs` | yes | none |
//! | secrets | remote and hosted by the DON | remote |
//! | keeps of an answer | all of it | the first 32 bytes and the length |
//! | who may send | its owner | its owner |

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};
use functions_types::abi::{ConsumerExample, FunctionsClientExample};
use functions_types::cbor::DonHostedSecrets;
use functions_types::{DonId, FunctionsRequest, RequestId, SubscriptionId};

use crate::account::Account;
use crate::answer::Fulfilled;
use crate::chain::{Chain, Transaction};
use crate::error::ClientError;

/// What a consumer asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The JavaScript: body of an async function.
    pub source: String,
    /// Its `args`.
    pub args: Vec<String>,
    /// Its `bytesArgs`.
    pub bytes_args: Vec<Bytes>,
    /// The secrets it may use, stored with the DON.
    pub secrets: Option<DonHostedSecrets>,
    /// Gas of the callback.
    pub callback_gas_limit: u32,
}

impl Request {
    /// What a consumer asks for to send `carried`, whose secrets are left out.
    pub fn new(carried: FunctionsRequest, callback_gas_limit: u32) -> Self {
        let FunctionsRequest { source, args, bytes_args, .. } = carried;
        let bytes_args = bytes_args.into_iter().map(Bytes::from).collect();
        Self { source, args, bytes_args, secrets: None, callback_gas_limit }
    }

    /// The same with secrets that are stored with the DON.
    #[must_use]
    pub fn with_secrets(self, secrets: Option<DonHostedSecrets>) -> Self {
        Self { secrets, ..self }
    }
}

/// Gas with which this repository's example stores any answer: the longest, of 512 bytes, takes 400,283 where nothing
/// was stored before, and the tiers of a usual Router end at 300,000, 500,000 and 1,000,000.
pub const STYLUS_CALLBACK_GAS: u32 = 500_000;

/// Gas the Solidity example asks for, always.
pub const SOLIDITY_CALLBACK_GAS: u32 = 70_000;

/// A consumer contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// This repository's example, a Stylus program.
    Stylus(Address),
    /// Upstream's example, an EVM contract.
    Solidity(Address),
}

/// What a consumer kept of its last answer.
#[derive(Clone, Debug)]
pub struct ConsumerState {
    /// Its last request.
    pub request: RequestId,
    /// The response; empty when the last answer was an error.
    pub response: Kept,
    /// The error; empty when the last answer was a response.
    pub error: Kept,
}

impl ConsumerState {
    /// Whether this is what a consumer keeps once `fulfilled` has answered `request`.
    pub fn is_of(&self, request: RequestId, fulfilled: &Fulfilled) -> bool {
        self.request == request
            && self.response.is_of(&fulfilled.response)
            && self.error.is_of(&fulfilled.error)
    }

    /// Whether nothing was cut off.
    pub fn is_whole(&self) -> bool {
        [&self.response, &self.error].iter().all(|kept| kept.bytes.len() == kept.length)
    }
}

/// Bytes as a consumer keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// All of them, or their beginning.
    pub bytes: Bytes,
    /// How many there were.
    pub length: usize,
}

impl Kept {
    fn whole(bytes: Bytes) -> Self {
        Self { length: bytes.len(), bytes }
    }

    fn beginning(word: B256, length: u32) -> Self {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Self { bytes: Bytes::copy_from_slice(&word[..length.min(word.len())]), length }
    }

    /// Whether this is what the consumer keeps of `answer`.
    pub fn is_of(&self, answer: &[u8]) -> bool {
        self.length == answer.len() && answer.starts_with(&self.bytes)
    }
}

impl Consumer {
    /// Where it is.
    pub const fn address(&self) -> Address {
        match *self {
            Self::Stylus(address) | Self::Solidity(address) => address,
        }
    }

    /// Deploys a Solidity example for `router`, owned by `from`.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn deploy_solidity(
        chain: &Chain,
        from: &Account,
        creation_code: &[u8],
        router: Address,
    ) -> Result<Self, ClientError> {
        let what = "deploy FunctionsClientExample";
        let input = [creation_code, &router.abi_encode()].concat().into();
        let tx = Transaction { to: None, input, value: U256::ZERO, gas: None };
        let receipt = chain.transact(from, what, tx).await?;
        let address = receipt.contract_address.ok_or_else(|| ClientError::NoContract {
            what: what.to_owned(),
            hash: receipt.transaction_hash,
        })?;
        Ok(Self::Solidity(address))
    }

    /// Name and calldata of the call that sends `request`.
    ///
    /// # Errors
    /// [`ClientError::Unsupported`] when this consumer cannot express it.
    pub fn send_call(
        &self,
        request: &Request,
        subscription: SubscriptionId,
        don: DonId,
    ) -> Result<(&'static str, Bytes), ClientError> {
        let request = request.clone();
        match self {
            Self::Stylus(_) => {
                let (slot, version) = match request.secrets {
                    None => (0, 0),
                    Some(secrets) => match u8::try_from(secrets.slot_id) {
                        Ok(slot) if secrets.version > 0 => (slot, secrets.version),
                        _ => {
                            return Err(ClientError::Unsupported {
                                what: "the example consumer names slots 0 to 255 and versions from 1 on"
                                    .to_owned(),
                            });
                        }
                    },
                };
                let call = ConsumerExample::sendRequestCall {
                    source: request.source,
                    encryptedSecretsUrls: Bytes::new(),
                    donHostedSecretsSlotId: slot,
                    donHostedSecretsVersion: version,
                    args: request.args,
                    bytesArgs: request.bytes_args,
                    subscriptionId: subscription.0,
                    callbackGasLimit: request.callback_gas_limit,
                    donId: don.0,
                };
                Ok((ConsumerExample::sendRequestCall::SIGNATURE, call.abi_encode().into()))
            }
            Self::Solidity(_) if request.secrets.is_some() => Err(ClientError::Unsupported {
                what: "the Solidity example consumer has no parameter for secrets stored with the DON"
                    .to_owned(),
            }),
            Self::Solidity(_) if !request.bytes_args.is_empty() => Err(ClientError::Unsupported {
                what: "the Solidity example consumer has no parameter for bytesArgs".to_owned(),
            }),
            Self::Solidity(_) if request.callback_gas_limit != SOLIDITY_CALLBACK_GAS => {
                let gas = request.callback_gas_limit;
                Err(ClientError::Unsupported {
                    what: format!(
                        "the Solidity example consumer always asks for {SOLIDITY_CALLBACK_GAS} gas, not for {gas}"
                    ),
                })
            }
            Self::Solidity(_) => {
                let call = FunctionsClientExample::sendRequestCall {
                    source: request.source,
                    encryptedSecretsReferences: Bytes::new(),
                    args: request.args,
                    subscriptionId: subscription.0,
                    jobId: don.0,
                };
                Ok((FunctionsClientExample::sendRequestCall::SIGNATURE, call.abi_encode().into()))
            }
        }
    }

    /// What it stored last.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn state(&self, chain: &Chain) -> Result<ConsumerState, ClientError> {
        match *self {
            Self::Stylus(at) => Ok(ConsumerState {
                request: RequestId(chain.call(at, &ConsumerExample::lastRequestIdCall {}).await?),
                response: Kept::whole(chain.call(at, &ConsumerExample::lastResponseCall {}).await?),
                error: Kept::whole(chain.call(at, &ConsumerExample::lastErrorCall {}).await?),
            }),
            Self::Solidity(at) => {
                use FunctionsClientExample as Example;
                Ok(ConsumerState {
                    request: RequestId(chain.call(at, &Example::s_lastRequestIdCall {}).await?),
                    response: Kept::beginning(
                        chain.call(at, &Example::s_lastResponseCall {}).await?,
                        chain.call(at, &Example::s_lastResponseLengthCall {}).await?,
                    ),
                    error: Kept::beginning(
                        chain.call(at, &Example::s_lastErrorCall {}).await?,
                        chain.call(at, &Example::s_lastErrorLengthCall {}).await?,
                    ),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            source: "return 1".into(),
            args: vec![],
            bytes_args: vec![],
            secrets: None,
            callback_gas_limit: SOLIDITY_CALLBACK_GAS,
        }
    }

    #[test]
    fn kept_bytes_are_of_the_answer_they_begin() {
        let answer = [7; 40];
        assert!(Kept::whole(answer.to_vec().into()).is_of(&answer));
        assert!(Kept::beginning(B256::repeat_byte(7), 40).is_of(&answer));
        assert!(Kept::beginning(B256::ZERO, 0).is_of(&[]));
        assert!(!Kept::beginning(B256::repeat_byte(7), 41).is_of(&answer));
        assert!(!Kept::beginning(B256::repeat_byte(8), 40).is_of(&answer));
    }

    #[test]
    fn send_call_fails_when_the_solidity_example_cannot_ask_for_it() {
        let consumer = Consumer::Solidity(Address::ZERO);
        let call = |request: &Request| consumer.send_call(request, SubscriptionId(1), DonId(B256::ZERO));
        assert!(call(&request()).is_ok());
        let gas = Request { callback_gas_limit: 70_001, ..request() };
        assert!(matches!(call(&gas), Err(ClientError::Unsupported { .. })));
        let bytes = Request { bytes_args: vec![Bytes::new()], ..request() };
        assert!(matches!(call(&bytes), Err(ClientError::Unsupported { .. })));
    }
}
