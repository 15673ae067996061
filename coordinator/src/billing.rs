//! Settling the entries of a verified report.

use alloy_primitives::U256;
use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD, tail},
    host,
    revert::{add, malformed},
    rules::rule,
};
use functions_report::{Entry, Report};
use functions_rules::{
    FulfillmentCost,
    fulfillment::{l1_share_down, overhead_gas, shared_overhead_gas},
};
use functions_types::{
    Commitment, FulfillResult, Juels,
    commitment::{Encoded, FULFILL_WORDS},
    selectors::{events::coordinator as ev, functions::router::FULFILL},
};

use crate::{
    feeds, open,
    storage::{Account, Pool, Settings},
    u256::{self, Host},
    version::ReportSize,
};

/// Gas of an entry before its callback, at the most.
const BEFORE_CALLBACK_GAS: u64 = 60_000;
/// Gas after it, at the most: every word of the books that may be fresh is.
const AFTER_CALLBACK_GAS: u64 = 110_000;
/// Gas for a byte of an answer, which goes through both contracts, the consumer and a log.
const ANSWER_BYTE_GAS: u64 = 32;
/// More than any transaction can have: an entry that asks for it is left to the Router, which has results for it.
const UNPAYABLE_GAS: u64 = 30_000_000;

/// Gas that fulfills all of `entries`, whatever their callbacks do with what their commitments promise them and
/// whatever others do before: what a transmission must come with.
///
/// An estimate sees callbacks in one state and the transaction runs them in another; and the Router answers too little
/// gas with a result, which an estimate takes for success.
pub fn worst_case_gas(report: &Report<'_>, entries: u8) -> u64 {
    let mut gas = 0;
    for index in 0..entries {
        let Ok(entry) = report.entry(index.into()) else { continue };
        let terms = Encoded(entry.onchain_metadata);
        let (callback, overhead) = (terms.callback_gas_limit(), terms.gas_overhead_after_callback());
        let promised = callback + callback / 31 + overhead.max(AFTER_CALLBACK_GAS); // two calls keep a sixty-fourth each
        if promised < UNPAYABLE_GAS {
            gas += BEFORE_CALLBACK_GAS + promised;
            gas += ANSWER_BYTE_GAS * (entry.result.len() + entry.error.len()) as u64;
        }
    }
    gas
}

/// What all entries of one report have in common.
pub struct Batch {
    router: Address,
    staleness_seconds: u32,
    transmitter: Address,
    entries: u8,
    size: ReportSize,
    prices: Option<Prices>,
}

/// The prices of this transaction.
#[derive(Clone, Copy)]
struct Prices {
    gas_price_wei: U256,
    wei_per_link: U256,
    /// Of each entry.
    l1_share_wei: U256,
    /// Of all entries together.
    shared_overhead_gas: u32,
}

impl Batch {
    /// A batch of `entries` (not zero) in a transaction of this size. Prices are read when the first entry needs them.
    pub fn new(settings: &Settings, transmitter: Address, entries: u8, size: ReportSize) -> Self {
        let (router, staleness_seconds) = (settings.router(), settings.feed_staleness_seconds());
        Self { router, staleness_seconds, transmitter, entries, size, prices: None }
    }

    #[inline(never)]
    fn prices(&mut self) -> Prices {
        let (entries, staleness_seconds) = (self.entries, self.staleness_seconds);
        let size = self.size;
        *self.prices.get_or_insert_with(|| Prices {
            gas_price_wei: feeds::gas_price(),
            l1_share_wei: l1_share_down::<Host>(size.l1_fee(), entries),
            wei_per_link: feeds::wei_per_link(staleness_seconds),
            shared_overhead_gas: Pool::load().shared_overhead_gas(),
        })
    }

    /// Has the Router fulfill one request; if it was charged, forgets it and splits what was paid: gas to the
    /// transmitter, DON fee to the pool, operation fee to the owner. Otherwise nothing happens and the oracles may try
    /// again.
    ///
    /// The Router acts on the commitment in the metadata, the books here on the id in the report; a quorum that signs a
    /// report in which they differ makes the request of the report impossible to fulfill, as upstream.
    ///
    /// # Errors
    /// No data (the metadata is no commitment), those of the feeds and of the chain's gas information, `Panic(0x11)`,
    /// `Panic(0x12)` or `SafeCast: …` for a cost that does not fit, whatever the Router says, `Panic(0x11)` (an account
    /// would have more than 96 bits); in this order.
    ///
    /// # Events
    /// `RequestBilled`, `OracleResponse`.
    ///
    /// Upstream: `FunctionsBilling._fulfillAndBill` (1.3.0).
    pub fn fulfill_and_bill(&mut self, entry: &Entry<'_>) {
        let Ok(request) = Commitment::decode(entry.onchain_metadata) else { malformed() };
        let (don_fee, operation_fee) = (request.don_fee, request.admin_fee);
        let gas = overhead_gas(request.gas_overhead_before_callback, request.gas_overhead_after_callback);
        let gas = rule(gas);
        let Prices { gas_price_wei, wei_per_link, l1_share_wei, shared_overhead_gas: shared } = self.prices();
        let cost = FulfillmentCost::new::<Host>(
            gas_price_wei,
            l1_share_wei,
            wei_per_link,
            shared_overhead_gas(gas, shared, self.entries),
            don_fee,
            operation_fee,
        );
        let cost = rule(cost);
        let (result, callback_cost) = self.fulfill(entry, &cost);
        if !result.is_charged() {
            return;
        }

        let id = &entry.request_id.0.0;
        open::close(id);
        Account::credit(&self.transmitter, add(cost.gas_overhead, callback_cost));
        let mut pool = Pool::load();
        pool.set_juels(add(pool.juels(), don_fee));
        pool.set_operation_fees(add(pool.operation_fees(), operation_fee));
        pool.store();

        let mut log = Buf::event(&ev::REQUEST_BILLED, 7, 0);
        log.raw(id);
        log.juels(cost.juels_per_gas.0);
        log.raw(&u256::write(l1_share_wei));
        log.juels(callback_cost);
        log.juels(don_fee);
        log.num(0);
        log.juels(operation_fee);
        host::log(&log, 2);
        let mut log = Buf::event(&ev::ORACLE_RESPONSE, 2, 0);
        log.raw(id);
        log.address(&self.transmitter);
        host::log(&log, 2);
    }

    /// `Router.fulfill`: how it ended and what the callback cost.
    ///
    /// The commitment travels in on-chain form: the metadata with a Router's fee of zero in the place of the operation
    /// fee.
    fn fulfill(&self, entry: &Entry<'_>, cost: &FulfillmentCost) -> (FulfillResult, Juels) {
        let (result_tail, error_tail) = (tail(entry.result.len()), tail(entry.error.len()));
        let mut call = Buf::call(FULFILL, FULFILL_WORDS, result_tail + error_tail);
        call.num((FULFILL_WORDS * WORD) as u128);
        call.num((FULFILL_WORDS * WORD + result_tail) as u128);
        call.juels(cost.juels_per_gas.0);
        call.juels(cost.without_callback);
        call.address(&self.transmitter);
        Encoded(entry.onchain_metadata).with_admin_fee_into(Juels::ZERO, &mut call);
        call.bytes(entry.result);
        call.bytes(entry.error);
        if !host::call(&self.router, call.as_bytes(), u64::MAX) {
            host::bubble();
        }
        let data = host::return_data(2 * WORD);
        let returned = Tuple::new(data, 2); // a Router without code returns nothing
        let Some(result) = FulfillResult::from_code(returned.uint(0, 8) as u8) else { malformed() };
        (result, returned.juels(1, 96))
    }
}
