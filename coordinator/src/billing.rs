//! Settling the entries of a verified report.

use alloy_primitives::U256;
use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, tail},
    host,
    revert::{add, malformed},
};
use functions_report::Entry;
use functions_rules::{FulfillmentCost, fulfillment::l1_share_down};
use functions_types::{
    Commitment, FulfillResult,
    selectors::{events::coordinator as events, functions::router::FULFILL},
    word::{from_address, from_u128},
};

use crate::{
    division::Host,
    feeds, log_request,
    storage::{Account, Pool, Roster, commitment, rule},
};

/// What all entries of one report have in common.
pub struct Batch {
    router: Address,
    transmitter: Address,
    gas_price_wei: U256,
    wei_per_link: U256,
    l1_share_wei: U256,
}

impl Batch {
    /// Reads the prices of this transaction, the L1 fee shared among `entries` (not zero).
    pub fn load(roster: &Roster, transmitter: Address, entries: u8) -> Self {
        Self {
            router: roster.router(),
            transmitter,
            gas_price_wei: feeds::gas_price(),
            wei_per_link: feeds::wei_per_link(roster.feed_staleness_seconds()),
            l1_share_wei: l1_share_down::<Host>(feeds::l1_fee_wei(), entries),
        }
    }

    /// Has the Router fulfill one request; if it was charged, forgets it and splits what was paid: gas to the transmitter, DON fee
    /// to the pool, operation fee to the owner. Otherwise nothing happens and the oracles may try again.
    ///
    /// The Router acts on the commitment in the metadata, the books here on the id in the report; a quorum that signs a report in
    /// which they differ makes the request of the report impossible to fulfill, as upstream.
    ///
    /// # Errors
    /// No data for metadata that is no commitment; arithmetic panics; whatever the Router says.
    ///
    /// # Events
    /// `RequestBilled`, `OracleResponse`.
    ///
    /// Upstream: `FunctionsBilling._fulfillAndBill` (1.3.0).
    pub fn fulfill_and_bill(&self, entry: &Entry<'_>) {
        let Ok(request) = Commitment::decode(entry.onchain_metadata) else { malformed() };
        let (don_fee, operation_fee) = (request.don_fee, request.admin_fee);
        let cost = rule(FulfillmentCost::new::<Host>(
            self.gas_price_wei,
            self.l1_share_wei,
            self.wei_per_link,
            (request.gas_overhead_before_callback, request.gas_overhead_after_callback),
            don_fee,
            operation_fee,
        ));
        let (result, callback_cost) = self.fulfill(entry, &cost, &request.with_admin_fee(0));
        if !result.is_charged() {
            return;
        }

        let id = &entry.request_id.0.0;
        host::store(&commitment(id), &B256::ZERO);
        Account::credit(&self.transmitter, add(cost.gas_overhead, callback_cost, 96));
        let mut pool = Pool::load();
        pool.juels = add(pool.juels, don_fee, 96);
        pool.store();
        Account::credit(&pool.owner, operation_fee);

        let bill = [
            from_u128(cost.juels_per_gas),
            self.l1_share_wei.to_be_bytes(),
            from_u128(callback_cost),
            from_u128(don_fee),
            [0; 32],
            from_u128(operation_fee),
        ];
        log_request(&events::REQUEST_BILLED, id, &bill);
        log_request(&events::ORACLE_RESPONSE, id, &[from_address(self.transmitter)]);
    }

    /// `Router.fulfill`: how it ended and what the callback cost, in juels (96 bits).
    fn fulfill(
        &self,
        entry: &Entry<'_>,
        cost: &FulfillmentCost,
        request: &Commitment,
    ) -> (FulfillResult, u128) {
        let (result_tail, error_tail) = (tail(entry.result.len()), tail(entry.error.len()));
        let mut call = Buf::call(FULFILL, 16, result_tail + error_tail);
        call.num(16 * 32);
        call.num((16 * 32 + result_tail) as u128);
        call.num(cost.juels_per_gas);
        call.num(cost.without_callback);
        call.address(&self.transmitter);
        call.raw(&request.encode());
        call.bytes(entry.result);
        call.bytes(entry.error);
        if !host::call(&self.router, call.as_bytes(), u64::MAX) {
            host::bubble();
        }
        let data = host::return_data(64);
        let returned = Tuple::new(&data, 2); // a Router without code returns nothing
        let Some(result) = FulfillResult::from_code(returned.uint(0, 8) as u8) else { malformed() };
        (result, returned.uint(1, 96))
    }
}
