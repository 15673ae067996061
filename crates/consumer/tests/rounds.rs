//! A consumer that asks again from inside its callback, on the Router for unit tests.

extern crate alloc;

use functions_consumer::{Consumer, Fulfillment, RequestBuilder, Requests, SendOptions, testing::TestRouter};
use stylus_sdk::{
    abi::Bytes,
    alloy_primitives::{B256, U256},
    prelude::*,
    storage::StorageU256,
};

const DON: B256 = B256::repeat_byte(5);

/// Counts down: asks until an answer is zero, and fails on errors.
#[storage]
#[entrypoint]
struct Countdown {
    requests: Requests,
    rounds: StorageU256,
}

#[public]
impl Countdown {
    fn handle_oracle_fulfillment(&mut self, id: B256, response: Bytes, err: Bytes) -> Result<(), Vec<u8>> {
        self.receive(id, &response, &err)
    }
}

impl Consumer for Countdown {
    fn requests(&mut self) -> &mut Requests {
        &mut self.requests
    }

    fn on_fulfillment(&mut self, fulfillment: Fulfillment<'_>) -> Result<(), Vec<u8>> {
        self.rounds.set(self.rounds.get() + U256::ONE);
        if fulfillment.response() != [0] {
            self.ask()?;
        }
        if fulfillment.error().is_empty() { Ok(()) } else { Err(b"no luck".to_vec()) }
    }
}

impl Countdown {
    fn ask(&mut self) -> Result<B256, Vec<u8>> {
        let request = RequestBuilder::inline("return next()".into())?;
        self.send(&request, SendOptions { subscription_id: 1, callback_gas_limit: 100_000, don_id: DON })
    }
}

fn deployed() -> (TestRouter, Countdown) {
    let router = TestRouter::new();
    let mut countdown = Countdown::from(&router);
    countdown.requests().set_router(router.address());
    (router, countdown)
}

#[test]
fn a_callback_may_send_the_next_request() {
    let (router, mut countdown) = deployed();
    countdown.ask().unwrap();
    for answer in [2, 1, 0] {
        let id = router.last().id;
        router.respond(&mut countdown, id, &[answer]).unwrap();
        assert!(!countdown.requests().is_open(id));
    }
    assert_eq!(countdown.rounds.get(), U256::from(3));
    assert_eq!(router.sent().len(), 3);
}

#[test]
fn a_callback_that_fails_leaves_no_trace() {
    let (router, mut countdown) = deployed();
    let id = countdown.ask().unwrap();
    let logs = router.vm().get_emitted_logs();
    assert_eq!(router.fail(&mut countdown, id, "broken"), Err(b"no luck".to_vec()));
    assert_eq!(countdown.rounds.get(), U256::ZERO);
    assert!(countdown.requests().is_open(id), "the request is settled for the Router, not for the consumer");
    assert_eq!((router.sent().len(), router.vm().get_emitted_logs()), (1, logs));
}

#[test]
fn send_fails_when_the_router_refuses_or_is_not_there() {
    let (router, mut countdown) = deployed();
    router.refuse_next(b"InsufficientBalance".to_vec());
    assert_eq!(countdown.ask(), Err(b"InsufficientBalance".to_vec()));
    countdown.ask().unwrap();
    countdown.requests().set_router(router.vm().contract_address());
    assert_eq!(countdown.ask(), Err(vec![]), "an account without code answers nothing");
    assert_eq!(router.sent().len(), 1);
}
