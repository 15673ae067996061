//! How one fulfillment ended.

/// The outcome code of `Router.fulfill`, one byte on the wire.
///
/// Upstream: `FunctionsResponse.FulfillResult` (Router 1.0.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FulfillResult {
    /// The callback returned.
    Fulfilled = 0,
    /// The callback failed in any way; charged like a success.
    UserCallbackError = 1,
    /// Nothing is stored under the id: fulfilled, timed out or never made.
    InvalidRequestId = 2,
    /// The worst case now costs more than was reserved.
    CostExceedsCommitment = 3,
    /// The transmitter sent too little gas.
    InsufficientGasProvided = 4,
    /// The worst case costs more than the subscription holds.
    SubscriptionBalanceInvariantViolation = 5,
    /// The commitment is not the stored one.
    InvalidCommitment = 6,
}

impl FulfillResult {
    /// The outcome of a wire code.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Fulfilled,
            1 => Self::UserCallbackError,
            2 => Self::InvalidRequestId,
            3 => Self::CostExceedsCommitment,
            4 => Self::InsufficientGasProvided,
            5 => Self::SubscriptionBalanceInvariantViolation,
            6 => Self::InvalidCommitment,
            _ => return None,
        })
    }

    /// The wire code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Whether the request is consumed and paid for; every other outcome leaves it pending and costs nothing.
    pub const fn is_charged(self) -> bool {
        matches!(self, Self::Fulfilled | Self::UserCallbackError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for code in 0..=u8::MAX {
            assert_eq!(FulfillResult::from_code(code).map(FulfillResult::code), (code <= 6).then_some(code));
        }
    }
}
