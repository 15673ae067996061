//! The call into the consumer: exactly the gas it asked for, at most 132 bytes back.

use functions_contract::{
    Address,
    abi::{Buf, WORD, tail},
    host,
    revert::malformed,
};
use functions_rules::fulfillment::can_forward;
use functions_types::Commitment;

use crate::storage::Settings;

/// Bytes kept of what a callback returns: a selector and four words.
pub const MAX_RETURN_BYTES: usize = 4 + 4 * WORD;

/// What came of a callback.
pub struct CallResult {
    /// Whether it returned.
    pub success: bool,
    /// Gas from just before to just after the call.
    pub gas_used: u64,
    /// At most [`MAX_RETURN_BYTES`] of what it returned or raised.
    pub return_data: &'static [u8],
}

/// Calls the consumer. A consumer without code is not called and has failed.
///
/// Ends the whole call without data when less gas than asked for could be passed on, so a consumer never
/// gets less. Storage is written back first: it is not part of the measured gas, and the consumer may
/// come back in.
///
/// Upstream: `CallWithExactGas`, `FunctionsRouter._callback` (1.0.0).
pub fn run(settings: &Settings, terms: &Commitment, response: &[u8], err: &[u8]) -> CallResult {
    if !host::has_code(&terms.client) {
        return CallResult { success: false, gas_used: 0, return_data: &[] };
    }
    let mut call = Buf::new(4 + 3 * WORD + tail(response.len()) + tail(err.len()));
    call.raw(&settings.selector());
    call.raw(terms.request_id.0.as_slice());
    call.num(3 * WORD as u128);
    call.num((3 * WORD + tail(response.len())) as u128);
    call.bytes(response);
    call.bytes(err);
    host::flush();
    let (success, gas_used) = exact_call(settings, &terms.client, call.as_bytes(), terms.callback_gas_limit);
    CallResult { success, gas_used, return_data: host::return_data(MAX_RETURN_BYTES) }
}

fn exact_call(settings: &Settings, client: &Address, data: &[u8], limit: u32) -> (bool, u64) {
    let aside = set_aside(settings.gas_for_call_exact_check(), data.len());
    let before = host::gas_left();
    if !can_forward(before, aside, limit) {
        malformed();
    }
    let success = host::call_flushed(client, data, limit.into());
    (success, before - host::gas_left())
}

/// Gas that may be spent between the test and the call: what the configuration says, but at least what
/// the host takes, which is 100 for a warm account and about 11 + 0.011 per byte of calldata.
pub const fn set_aside(configured: u16, calldata: usize) -> u16 {
    let needed = 200 + calldata / 64;
    if configured as usize > needed {
        configured
    } else if needed < u16::MAX as usize {
        needed as u16
    } else {
        u16::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_aside_is_at_least_what_the_call_takes() {
        assert_eq!(set_aside(5_000, 640), 5_000);
        assert_eq!(set_aside(0, 640), 210);
        assert_eq!(set_aside(0, usize::MAX), u16::MAX);
    }
}
