//! What the Router tells the Coordinator of a request.

use alloy_primitives::{Address, B256};

use crate::{
    Juels, SubscriptionId,
    sink::Sink,
    word::{self, BadWord, WORD},
};

/// The argument of `startRequest`: eleven head words, then the data.
///
/// Upstream: `FunctionsResponse.RequestMeta` (Coordinator 1.3.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMeta<'a> {
    /// The request data.
    pub data: &'a [u8],
    /// The subscription's flags.
    pub flags: B256,
    /// The consumer.
    pub requesting_contract: Address,
    /// What no request has blocked of the subscription's balance.
    pub available_balance: Juels,
    /// The Router's fee (72 bits).
    pub admin_fee: Juels,
    /// The subscription that pays.
    pub subscription_id: SubscriptionId,
    /// Requests the consumer sent before.
    pub initiated_requests: u64,
    /// Gas of the callback.
    pub callback_gas_limit: u32,
    /// Version of the request data.
    pub data_version: u16,
    /// Requests of the consumer that are done.
    pub completed_requests: u64,
    /// Who owns the subscription.
    pub subscription_owner: Address,
}

/// Words of the head.
const WORDS: usize = 11;

impl<'a> RequestMeta<'a> {
    /// Words of the head.
    pub const WORDS: usize = WORDS;

    /// The struct as it lies behind its offset.
    pub fn encode_into(&self, out: &mut impl Sink) {
        out.number((Self::WORDS * WORD) as u128);
        out.raw(self.flags.as_slice());
        out.address(&self.requesting_contract);
        out.juels(self.available_balance);
        out.juels(self.admin_fee);
        out.number(self.subscription_id.0.into());
        out.number(self.initiated_requests.into());
        out.number(self.callback_gas_limit.into());
        out.number(self.data_version.into());
        out.number(self.completed_requests.into());
        out.address(&self.subscription_owner);
        out.bytes(self.data);
    }

    /// Reads the struct that begins with the first byte of `encoded`; bytes behind it are ignored.
    ///
    /// # Errors
    /// [`BadWord`] when a word is missing, a value does not fit its type, or the data lies outside.
    pub fn decode(encoded: &'a [u8]) -> Result<Self, BadWord> {
        let (words, _) = encoded.as_chunks::<WORD>();
        let words: &[[u8; WORD]; WORDS] = words.first_chunk().ok_or(BadWord)?;
        Ok(Self {
            data: bytes_at(encoded, &words[0])?,
            flags: B256::new(words[1]),
            requesting_contract: word::to_address(&words[2])?,
            available_balance: word::to_juels(&words[3], 96)?,
            admin_fee: word::to_juels(&words[4], 72)?,
            subscription_id: SubscriptionId(word::to_u128(&words[5], 64)? as u64),
            initiated_requests: word::to_u128(&words[6], 64)? as u64,
            callback_gas_limit: word::to_u128(&words[7], 32)? as u32,
            data_version: word::to_u128(&words[8], 16)? as u16,
            completed_requests: word::to_u128(&words[9], 64)? as u64,
            subscription_owner: word::to_address(&words[10])?,
        })
    }
}

/// The `bytes` whose offset is the word.
fn bytes_at<'a>(encoded: &'a [u8], offset: &[u8; WORD]) -> Result<&'a [u8], BadWord> {
    let offset = usize::try_from(word::to_u128(offset, 64)?).map_err(|_| BadWord)?;
    let (len, content) = encoded.get(offset..).and_then(|tail| tail.split_first_chunk()).ok_or(BadWord)?;
    let len = usize::try_from(word::to_u128(len, 64)?).map_err(|_| BadWord)?;
    content.get(..len).ok_or(BadWord)
}
