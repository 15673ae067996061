//! What requests are billed for what surrounds their callbacks, beside what each would be billed alone.

use alloy::primitives::aliases::U96;
use functions_types::Commitment;
use functions_types::abi::Coordinator::RequestBilled;
use serde_json::json;

/// Sums of gas over requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Overhead {
    requests: u64,
    billed: u64,
    alone: u64,
}

impl Overhead {
    /// Adds a request by all that it was charged, the parts of that which its bill names, and its terms. What is left
    /// is the overhead, with the share of the parent chain's fee on chains where that is billed; where gas is free
    /// nothing can be told.
    pub(super) fn add(&mut self, charged: U96, bill: &RequestBilled, terms: &Commitment) {
        let fees = [bill.donFeeJuels, bill.adminFeeJuels, bill.operationFeeJuels].map(U96::from);
        let named = fees.into_iter().fold(bill.callbackCostJuels, U96::saturating_add);
        let Some(gas) = charged.saturating_sub(named).checked_div(bill.juelsPerGas) else { return };
        self.requests += 1;
        self.billed = self.billed.saturating_add(gas.saturating_to());
        let alone = terms.gas_overhead_before_callback.saturating_add(terms.gas_overhead_after_callback);
        self.alone = self.alone.saturating_add(alone);
    }

    /// Gas billed to a request and what it would be alone, on average, and the ratio of the two; zeros without any.
    fn means(&self) -> [f64; 3] {
        let of = |sum: u64| sum as f64 / self.requests.max(1) as f64;
        [of(self.billed), of(self.alone), self.billed as f64 / self.alone.max(1) as f64]
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let [billed, alone, ratio] = self.means();
        json!({ "perRequest": billed, "alone": alone, "ratio": ratio })
    }

    pub(super) fn text(&self) -> String {
        let [billed, alone, ratio] = self.means();
        format!("overhead gas billed  {billed:.0} a request, {ratio:.3} of the {alone:.0} of one alone")
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;

    use super::*;

    /// A request that was billed so much overhead gas, at a price that does not divide evenly.
    fn add(overhead: &mut Overhead, gas: u64, juels_per_gas: u64) {
        let bill = RequestBilled {
            juelsPerGas: U96::from(juels_per_gas),
            callbackCostJuels: U96::from(7_u64),
            donFeeJuels: U256::from(11).to(),
            adminFeeJuels: U256::from(13).to(),
            operationFeeJuels: U256::from(17).to(),
            ..RequestBilled::default()
        };
        let terms = Commitment {
            gas_overhead_before_callback: 600,
            gas_overhead_after_callback: 400,
            ..Commitment::default()
        };
        let left_over = juels_per_gas.saturating_sub(1);
        overhead.add(U96::from(gas * juels_per_gas + left_over + 7 + 11 + 13 + 17), &bill, &terms);
    }

    #[test]
    fn what_is_left_of_a_bill_is_the_overhead() {
        let mut overhead = Overhead::default();
        assert_eq!(overhead.means(), [0.0; 3]);
        add(&mut overhead, 1_000, 16_666_666_666);
        assert_eq!(overhead.means(), [1_000.0, 1_000.0, 1.0]);
        add(&mut overhead, 200, 3);
        assert_eq!(overhead.json(), json!({ "perRequest": 600.0, "alone": 1_000.0, "ratio": 0.6 }));
        assert_eq!(overhead.text(), "overhead gas billed  600 a request, 0.600 of the 1000 of one alone");
        add(&mut overhead, 5, 0);
        assert_eq!(overhead.means(), [600.0, 1_000.0, 0.6]);
    }
}
