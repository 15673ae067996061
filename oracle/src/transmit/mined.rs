//! What a mined transaction did with the request. Pure.

use alloy::{
    primitives::{Address, B256},
    sol_types::SolEvent,
};
use functions_types::abi::{Coordinator, Router};

use crate::chain::Receipt;

/// A transaction of ours in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mined {
    /// The version that was mined.
    pub tx_hash: B256,
    /// Its block.
    pub block: u64,
    /// What it did.
    pub deed: Deed,
}

/// What it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It processed the request.
    Paid,
    /// The router did not process the request, with this code.
    Refused(u8),
    /// The request was not open any more.
    CameSecond,
    /// It reverted.
    Reverted,
    /// It did nothing but use its nonce.
    Cancelled,
}

impl Deed {
    /// The router's code, where it gave one.
    pub(super) const fn code(self) -> Option<u8> {
        match self {
            Self::Refused(code) => Some(code),
            _ => None,
        }
    }
}

/// Reads a receipt.
pub(super) fn read(receipt: &Receipt, request_id: B256, coordinator: Address, router: Address) -> Mined {
    let mut ours = receipt.logs.iter().filter(|log| log.address() == coordinator);
    let is_paid = ours.any(|log| {
        Coordinator::OracleResponse::decode_log_validate(&log.inner)
            .is_ok_and(|event| event.data.requestId == request_id)
    });
    let mut refusals = receipt.logs.iter().filter(|log| log.address() == router).filter_map(|log| {
        let event = Router::RequestNotProcessed::decode_log_validate(&log.inner).ok()?;
        (event.data.requestId == request_id).then_some(event.data.resultCode)
    });
    let deed = if is_paid {
        Deed::Paid
    } else if receipt.status.is_zero() {
        Deed::Reverted
    } else {
        refusals.next().map_or(Deed::CameSecond, Deed::Refused)
    };
    Mined { tx_hash: receipt.transaction_hash, block: receipt.block_number.to(), deed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{
        primitives::{LogData, U64, U256},
        rpc::types::Log,
    };

    const COORDINATOR: Address = Address::repeat_byte(1);
    const ROUTER: Address = Address::repeat_byte(2);
    const REQUEST: B256 = B256::repeat_byte(3);

    fn receipt(status: u64, logs: Vec<(Address, LogData)>) -> Receipt {
        let logs = logs
            .into_iter()
            .map(|(address, data)| Log { inner: alloy::primitives::Log { address, data }, ..Log::default() });
        Receipt {
            transaction_hash: B256::repeat_byte(9),
            status: U64::from(status),
            block_number: U64::from(1),
            block_hash: B256::ZERO,
            gas_used: U64::from(1),
            effective_gas_price: U256::ZERO,
            logs: logs.collect(),
        }
    }

    fn deed(status: u64, logs: Vec<(Address, LogData)>) -> Deed {
        read(&receipt(status, logs), REQUEST, COORDINATOR, ROUTER).deed
    }

    fn response(request: B256) -> LogData {
        Coordinator::OracleResponse { requestId: request, transmitter: Address::ZERO }.encode_log_data()
    }

    fn refusal(request: B256, code: u8) -> LogData {
        let event = Router::RequestNotProcessed {
            requestId: request,
            coordinator: COORDINATOR,
            transmitter: Address::ZERO,
            resultCode: code,
        };
        event.encode_log_data()
    }

    #[test]
    fn a_response_of_our_coordinator_to_our_request_is_paid() {
        assert_eq!(deed(1, vec![(COORDINATOR, response(REQUEST))]), Deed::Paid);
        assert_eq!(deed(1, vec![(COORDINATOR, response(B256::ZERO))]), Deed::CameSecond, "another request");
        assert_eq!(deed(1, vec![(ROUTER, response(REQUEST))]), Deed::CameSecond, "another contract's event");
        let both = vec![(COORDINATOR, response(B256::ZERO)), (COORDINATOR, response(REQUEST))];
        assert_eq!(deed(1, both), Deed::Paid, "one of a batch");
    }

    #[test]
    fn a_refusal_of_our_router_gives_its_code() {
        for code in 0..=6 {
            let found = deed(1, vec![(ROUTER, refusal(REQUEST, code))]);
            assert_eq!((found, found.code()), (Deed::Refused(code), Some(code)));
        }
        assert_eq!(deed(1, vec![(COORDINATOR, refusal(REQUEST, 3))]), Deed::CameSecond);
        assert_eq!(deed(1, vec![(ROUTER, refusal(B256::ZERO, 3))]), Deed::CameSecond);
    }

    #[test]
    fn without_events_it_reverted_or_came_second() {
        assert_eq!(deed(0, vec![]), Deed::Reverted);
        assert_eq!(deed(1, vec![]), Deed::CameSecond);
        assert_eq!(Deed::Reverted.code(), None);
    }
}
