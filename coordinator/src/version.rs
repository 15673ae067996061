//! The two versions of the reference: 1.3.0, and 1.3.1 with the feature `v1_3_1`. What the verbs do otherwise is chosen
//! here; the configuration's further field has its place where the configuration is packed. The arithmetic of both lies
//! in `functions_rules`, the ABI of both in `functions_types`.
//!
//! | | 1.3.0 | 1.3.1 |
//! | --- | --- | --- |
//! | billing configuration | 12 fields | one more, `transmitTxSizeBytes` |
//! | L1 fee of an estimate | that of the requesting transaction | that of `transmitTxSizeBytes` bytes, posted uncompressed |
//! | L1 fee of a report | that of the transmitting transaction | that of its calldata, posted uncompressed |
//! | over-estimation | of the gas price | of gas and L1 fee together |

#[cfg(not(feature = "v1_3_1"))]
mod selected {
    use alloy_primitives::U256;
    use functions_contract::{abi::Buf, constant};
    use functions_rules::{Estimate, RuleError};
    pub use functions_types::selectors::{
        events::coordinator::CONFIG_UPDATED, functions::coordinator::UPDATE_CONFIG,
    };
    use functions_types::{Juels, selectors::functions::any::GET_CURRENT_TX_L1_GAS_FEES};

    use crate::{feeds::arb_gas_info, u256::Host};

    /// Fields of the billing configuration.
    pub const CONFIG_FIELDS: usize = 12;

    /// `typeAndVersion()`.
    pub fn type_and_version() -> Buf {
        constant!("Functions Coordinator v1.3.0")
    }

    /// The L1 fee an estimate reckons with, in wei.
    pub fn l1_fee_of_estimate() -> U256 {
        arb_gas_info(GET_CURRENT_TX_L1_GAS_FEES, 1, 0)
    }

    /// What the L1 fee of a report depends on: nothing but its transaction.
    #[derive(Clone, Copy)]
    pub struct ReportSize;

    impl ReportSize {
        /// The size of a report's transaction with this much calldata.
        pub const fn of(_calldata_bytes: usize) -> Self {
            Self
        }

        /// The L1 fee in wei.
        pub fn l1_fee(self) -> U256 {
            arb_gas_info(GET_CURRENT_TX_L1_GAS_FEES, 1, 0)
        }
    }

    /// The reservation of a request.
    ///
    /// # Errors
    /// As [`Estimate::juels`].
    pub fn reservation(estimate: &Estimate) -> Result<Juels, RuleError> {
        estimate.juels::<Host>()
    }
}

#[cfg(feature = "v1_3_1")]
mod selected {
    use alloy_primitives::U256;
    use functions_contract::{abi::Buf, constant, rules::rule};
    use functions_rules::{Estimate, RuleError, fulfillment::l1_fee_upper_limit};
    pub use functions_types::selectors::{
        events::coordinator_v1_3_1::CONFIG_UPDATED, functions::coordinator_v1_3_1::UPDATE_CONFIG,
    };
    use functions_types::{Juels, selectors::functions::any::GET_PRICES_IN_WEI};

    use crate::{feeds::arb_gas_info, storage::Usd, u256::Host};

    /// Fields of the billing configuration.
    pub const CONFIG_FIELDS: usize = 13;

    /// `typeAndVersion()`.
    pub fn type_and_version() -> Buf {
        constant!("Functions Coordinator v1.3.1")
    }

    /// The L1 fee an estimate reckons with, in wei: that of a report of the configured size.
    pub fn l1_fee_of_estimate() -> U256 {
        ReportSize(Usd::load().transmit_size_bytes().into()).l1_fee()
    }

    /// What the L1 fee of a report depends on: bytes of calldata.
    #[derive(Clone, Copy)]
    pub struct ReportSize(u32);

    impl ReportSize {
        /// The size of a report's transaction with this much calldata; a transaction has less than 2³² bytes.
        pub const fn of(calldata_bytes: usize) -> Self {
            Self(calldata_bytes as u32)
        }

        /// The L1 fee in wei.
        #[inline(never)]
        pub fn l1_fee(self) -> U256 {
            rule(l1_fee_upper_limit(arb_gas_info(GET_PRICES_IN_WEI, 6, 1), self.0))
        }
    }

    /// The reservation of a request.
    ///
    /// # Errors
    /// As [`Estimate::juels_v1_3_1`].
    pub fn reservation(estimate: &Estimate) -> Result<Juels, RuleError> {
        estimate.juels_v1_3_1::<Host>()
    }
}

pub use selected::*;
