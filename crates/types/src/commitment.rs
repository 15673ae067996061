//! The terms of one request, fixed on chain as a hash and replayed at fulfillment.

use alloy_primitives::{Address, B256, keccak256};

use crate::{
    Juels, RequestId, SubscriptionId,
    sink::{Fixed, Sink},
    word::{self, BadWord, WORD},
};

/// A request's terms: eleven static ABI words.
///
/// It exists in two forms that differ only in `admin_fee`: the *on-chain form* (the Router's admin fee, zero) is
/// hashed, stored and passed to `fulfill` and `timeoutRequests`; the *event form* carries the Coordinator's operation
/// fee and is what `OracleRequest` emits and the report's metadata repeats.
///
/// Upstream: `FunctionsResponse.Commitment` (Coordinator 1.3.0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commitment {
    /// The request.
    pub request_id: RequestId,
    /// The Coordinator that opened it.
    pub coordinator: Address,
    /// The most that may be charged.
    pub estimated_total_cost_juels: Juels,
    /// The consumer called back.
    pub client: Address,
    /// The subscription that pays.
    pub subscription_id: SubscriptionId,
    /// Gas the callback gets, exactly.
    pub callback_gas_limit: u32,
    /// Router admin fee or Coordinator operation fee (72 bits), see above.
    pub admin_fee: Juels,
    /// The oracles' fee (72 bits), fixed at request time.
    pub don_fee: Juels,
    /// Gas billed per request (40 bits).
    pub gas_overhead_before_callback: u64,
    /// Gas billed per request, and needed after the callback (40 bits).
    pub gas_overhead_after_callback: u64,
    /// Unix seconds from which the request can be timed out.
    pub timeout_timestamp: u32,
}

impl Commitment {
    /// Words of the encoding.
    pub const WORDS: usize = 11;
    /// Bytes of the encoding.
    pub const ENCODED_LEN: usize = Self::WORDS * WORD;

    /// `abi.encode(commitment)`.
    pub fn encode(&self) -> [u8; Self::ENCODED_LEN] {
        let mut out = Fixed::new();
        self.encode_into(&mut out);
        out.bytes
    }

    /// `abi.encode(commitment)` into a sink.
    pub fn encode_into(&self, out: &mut impl Sink) {
        out.raw(self.request_id.0.as_slice());
        out.address(&self.coordinator);
        out.juels(self.estimated_total_cost_juels);
        out.address(&self.client);
        out.number(self.subscription_id.0.into());
        out.number(self.callback_gas_limit.into());
        out.juels(self.admin_fee);
        out.juels(self.don_fee);
        out.number(self.gas_overhead_before_callback.into());
        out.number(self.gas_overhead_after_callback.into());
        out.number(self.timeout_timestamp.into());
    }

    /// Reads the first eleven words of `data`; bytes behind them are ignored.
    ///
    /// # Errors
    /// [`BadWord`] when `data` is shorter, or a value does not fit its type.
    pub fn decode(data: &[u8]) -> Result<Self, BadWord> {
        let (words, _) = data.as_chunks::<WORD>();
        let words: &[[u8; WORD]; Self::WORDS] = words.first_chunk().ok_or(BadWord)?;
        Ok(Self {
            request_id: RequestId(B256::new(words[0])),
            coordinator: word::to_address(&words[1])?,
            estimated_total_cost_juels: word::to_juels(&words[2], 96)?,
            client: word::to_address(&words[3])?,
            subscription_id: SubscriptionId(word::to_u128(&words[4], 64)? as u64),
            callback_gas_limit: word::to_u128(&words[5], 32)? as u32,
            admin_fee: word::to_juels(&words[6], 72)?,
            don_fee: word::to_juels(&words[7], 72)?,
            gas_overhead_before_callback: word::to_u128(&words[8], 40)? as u64,
            gas_overhead_after_callback: word::to_u128(&words[9], 40)? as u64,
            timeout_timestamp: word::to_u128(&words[10], 32)? as u32,
        })
    }

    /// `keccak256(abi.encode(commitment))`, what both contracts store.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// The same terms with `admin_fee` replaced: from event form to on-chain form and back.
    pub const fn with_admin_fee(mut self, admin_fee: Juels) -> Self {
        self.admin_fee = admin_fee;
        self
    }
}

/// Word of the commitment among the arguments of `Router.fulfill`, where it stands last and unfolded.
pub const IN_FULFILL: usize = 5;
/// Words of the head of those arguments.
pub const FULFILL_WORDS: usize = IN_FULFILL + Commitment::WORDS;

/// Words of fields in the encoding.
const CALLBACK_GAS_LIMIT: usize = 5;
const ADMIN_FEE: usize = 6;
const GAS_OVERHEAD_AFTER_CALLBACK: usize = 9;
const TIMEOUT_TIMESTAMP: usize = 10;

/// An encoded commitment, undecoded: its bytes may be anything.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a>(pub &'a [u8]);

impl Encoded<'_> {
    /// The encoding with `admin_fee` replaced, from event form to on-chain form and back, for a few copied words
    /// instead of eleven that are written. Nothing for a shorter one.
    pub fn with_admin_fee_into(self, admin_fee: Juels, out: &mut impl Sink) {
        let Some(encoded) = self.0.get(..Commitment::ENCODED_LEN) else { return };
        out.raw(&encoded[..ADMIN_FEE * WORD]);
        out.juels(admin_fee);
        out.raw(&encoded[(ADMIN_FEE + 1) * WORD..]);
    }

    /// Gas the callback gets (32 bits); zero when the bytes end before it.
    pub fn callback_gas_limit(self) -> u64 {
        self.low(CALLBACK_GAS_LIMIT, 32).unwrap_or(0)
    }

    /// Gas needed after the callback (40 bits); zero when the bytes end before it.
    pub fn gas_overhead_after_callback(self) -> u64 {
        self.low(GAS_OVERHEAD_AFTER_CALLBACK, 40).unwrap_or(0)
    }

    /// Unix seconds from which the request can be timed out (32 bits); `None` when the bytes end before it.
    pub fn timeout_timestamp(self) -> Option<u64> {
        self.low(TIMEOUT_TIMESTAMP, 32)
    }

    /// The low bits, fewer than 64, of a word.
    fn low(self, word: usize, bits: u32) -> Option<u64> {
        let (words, _) = self.0.as_chunks::<WORD>();
        let low = words.get(word).and_then(|word| word.last_chunk())?;
        Some(u64::from_be_bytes(*low) & ((1 << bits) - 1))
    }
}
