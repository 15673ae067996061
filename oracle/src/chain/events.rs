//! Logs decoded into what the node acts on, and checked as far as a log can be checked by itself.

use alloy::{
    primitives::{Address, B256, Bytes},
    rpc::types::Log,
    sol_types::SolEvent,
};
use functions_types::{
    Commitment, RequestId,
    abi::{Coordinator, Router},
};

/// Largest request data kept from an event, in bytes. The chain's own transaction limit is far below.
const MAX_DATA_BYTES: usize = 1 << 20;

/// Where a log lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Block number.
    pub block_number: u64,
    /// Block hash.
    pub block_hash: B256,
    /// Transaction hash.
    pub tx_hash: B256,
}

/// A request read from a coordinator's event.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The id.
    pub request_id: B256,
    /// keccak256 of the 352-byte event commitment; part of every signed protocol message.
    pub commitment_hash: B256,
    /// The event's commitment, as carried in the report.
    pub commitment: Commitment,
    /// The contract that asked.
    pub requesting_contract: Address,
    /// The account that sent the transaction.
    pub request_initiator: Address,
    /// Who pays.
    pub subscription_id: u64,
    /// Who owned the subscription when it was asked.
    pub subscription_owner: Address,
    /// The CBOR request.
    pub data: Bytes,
    /// Version of the request data.
    pub data_version: u16,
    /// The subscription's flags.
    pub flags: B256,
    /// Where the event lies.
    pub at: Position,
    /// Timestamp of that block, unix seconds.
    pub block_timestamp: u64,
    /// The log as JSON, for the journal.
    pub log_json: String,
}

impl SeenRequest {
    /// The commitment as `onchainMetadata` of a report: 352 bytes.
    #[must_use]
    pub fn onchain_metadata(&self) -> Vec<u8> {
        self.commitment.encode().to_vec()
    }
}

/// Something the chain said.
#[derive(Clone, Debug)]
pub enum ChainEvent {
    /// A request for this DON.
    Request(Box<SeenRequest>),
    /// The coordinator accepted a response.
    Response {
        /// The request answered.
        request_id: B256,
        /// Who is reimbursed.
        transmitter: Address,
        /// Where.
        at: Position,
    },
    /// The router settled a request.
    Processed {
        /// The request.
        request_id: B256,
        /// 0 fulfilled, 1 the callback failed.
        code: u8,
        /// Where.
        at: Position,
    },
    /// The router did not accept an entry of our coordinator; the request is still pending unless the code is 2.
    NotProcessed {
        /// The request.
        request_id: B256,
        /// 2 to 6.
        code: u8,
        /// Who sent it.
        transmitter: Address,
        /// Where.
        at: Position,
    },
    /// The request was given up on chain and its reservation released.
    TimedOut {
        /// The request.
        request_id: B256,
        /// Where.
        at: Position,
    },
    /// The router's route for a DON changed.
    Route {
        /// The DON.
        don_id: B256,
        /// The coordinator now behind it.
        coordinator: Address,
    },
    /// The coordinator's configuration changed.
    Config(Box<Coordinator::ConfigSet>),
}

impl ChainEvent {
    /// The request it is about, if it is about one.
    #[must_use]
    pub fn request_id(&self) -> Option<B256> {
        match self {
            Self::Request(seen) => Some(seen.request_id),
            Self::Response { request_id, .. }
            | Self::Processed { request_id, .. }
            | Self::NotProcessed { request_id, .. }
            | Self::TimedOut { request_id, .. } => Some(*request_id),
            Self::Route { .. } | Self::Config(_) => None,
        }
    }
}

/// Why a log is not acted on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogRefusal {
    /// The endpoint marks it as taken back, or it is not yet in a block.
    #[error("the log is not in the chain")]
    NotInChain,
    /// Not one of our two contracts.
    #[error("the emitter {0} is neither our coordinator nor our router")]
    ForeignEmitter(Address),
    /// The data does not decode as the event its topic names.
    #[error("the log does not decode: {0}")]
    Undecodable(String),
    /// The commitment disagrees with the event it lies in.
    #[error("the commitment's {0} disagrees with the event")]
    Inconsistent(&'static str),
}

/// Topics the cursor asks for.
pub(crate) const TOPICS: [B256; 7] = [
    Coordinator::OracleRequest::SIGNATURE_HASH,
    Coordinator::OracleResponse::SIGNATURE_HASH,
    Coordinator::ConfigSet::SIGNATURE_HASH,
    Router::RequestProcessed::SIGNATURE_HASH,
    Router::RequestNotProcessed::SIGNATURE_HASH,
    Router::RequestTimedOut::SIGNATURE_HASH,
    Router::ContractUpdated::SIGNATURE_HASH,
];

/// Topics that are told of at once where an endpoint tells of logs. What the router says beside them is seen in the
/// same look, or in the next one.
pub(crate) const HASTE: [B256; 3] = [TOPICS[0], TOPICS[1], TOPICS[2]];

/// Decodes `log` of `coordinator` or `router`; `None` for events of theirs that do not matter here.
///
/// # Errors
/// [`LogRefusal`] saying why the log is ignored.
pub fn decode(log: &Log, coordinator: Address, router: Address) -> Result<Option<ChainEvent>, LogRefusal> {
    let (Some(block_number), Some(block_hash), Some(tx_hash), false) =
        (log.block_number, log.block_hash, log.transaction_hash, log.removed)
    else {
        return Err(LogRefusal::NotInChain);
    };
    let at = Position { block_number, block_hash, tx_hash };
    let Some(topic) = log.topic0().copied() else { return Ok(None) };
    let emitter = log.address();
    if emitter == coordinator {
        from_coordinator(log, topic, at)
    } else if emitter == router {
        from_router(log, topic, coordinator, at)
    } else {
        Err(LogRefusal::ForeignEmitter(emitter))
    }
}

fn event<E: SolEvent>(log: &Log) -> Result<E, LogRefusal> {
    E::decode_log_validate(&log.inner)
        .map(|decoded| decoded.data)
        .map_err(|err| LogRefusal::Undecodable(err.to_string()))
}

fn from_coordinator(log: &Log, topic: B256, at: Position) -> Result<Option<ChainEvent>, LogRefusal> {
    Ok(Some(match topic {
        Coordinator::OracleRequest::SIGNATURE_HASH => ChainEvent::Request(Box::new(request(log, at)?)),
        Coordinator::OracleResponse::SIGNATURE_HASH => {
            let found: Coordinator::OracleResponse = event(log)?;
            ChainEvent::Response { request_id: found.requestId, transmitter: found.transmitter, at }
        }
        Coordinator::ConfigSet::SIGNATURE_HASH => ChainEvent::Config(Box::new(event(log)?)),
        _ => return Ok(None),
    }))
}

fn from_router(
    log: &Log,
    topic: B256,
    coordinator: Address,
    at: Position,
) -> Result<Option<ChainEvent>, LogRefusal> {
    Ok(Some(match topic {
        Router::RequestProcessed::SIGNATURE_HASH => {
            let found: Router::RequestProcessed = event(log)?;
            ChainEvent::Processed { request_id: found.requestId, code: found.resultCode, at }
        }
        Router::RequestNotProcessed::SIGNATURE_HASH => {
            let found: Router::RequestNotProcessed = event(log)?;
            // Anyone can make the router emit this for a coordinator of their own.
            if found.coordinator != coordinator {
                return Ok(None);
            }
            let (request_id, transmitter, code) = (found.requestId, found.transmitter, found.resultCode);
            ChainEvent::NotProcessed { request_id, code, transmitter, at }
        }
        Router::RequestTimedOut::SIGNATURE_HASH => {
            let found: Router::RequestTimedOut = event(log)?;
            ChainEvent::TimedOut { request_id: found.requestId, at }
        }
        Router::ContractUpdated::SIGNATURE_HASH => {
            let found: Router::ContractUpdated = event(log)?;
            ChainEvent::Route { don_id: found.id, coordinator: found.to }
        }
        _ => return Ok(None),
    }))
}

fn request(log: &Log, at: Position) -> Result<SeenRequest, LogRefusal> {
    if log.data().data.len() > MAX_DATA_BYTES {
        return Err(LogRefusal::Undecodable(format!("{} bytes of event data", log.data().data.len())));
    }
    let found: Coordinator::OracleRequest = event(log)?;
    let commitment = Commitment::from(found.commitment);
    let agrees = [
        ("coordinator", commitment.coordinator == log.address()),
        ("requestId", commitment.request_id == RequestId(found.requestId)),
        ("client", commitment.client == found.requestingContract),
        ("subscriptionId", commitment.subscription_id.0 == found.subscriptionId),
        ("callbackGasLimit", u64::from(commitment.callback_gas_limit) == found.callbackGasLimit),
    ];
    if let Some((field, _)) = agrees.iter().find(|(_, equal)| !equal) {
        return Err(LogRefusal::Inconsistent(field));
    }
    let block_timestamp = log.block_timestamp.ok_or(LogRefusal::NotInChain)?;
    let log_json = serde_json::to_string(log).map_err(|err| LogRefusal::Undecodable(err.to_string()))?;
    Ok(SeenRequest {
        request_id: found.requestId,
        commitment_hash: commitment.hash(),
        commitment,
        requesting_contract: found.requestingContract,
        request_initiator: found.requestInitiator,
        subscription_id: found.subscriptionId,
        subscription_owner: found.subscriptionOwner,
        data: found.data,
        data_version: found.dataVersion,
        flags: found.flags,
        at,
        block_timestamp,
        log_json,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use alloy::primitives::{LogData, keccak256};
    use functions_types::{Juels, SubscriptionId};

    /// A well-formed request event of `coordinator` in `block`.
    pub(crate) fn request_log(coordinator: Address, id: u8, block: u64, block_hash: B256) -> Log {
        let commitment = Commitment {
            request_id: RequestId(B256::repeat_byte(id)),
            coordinator,
            estimated_total_cost_juels: Juels::from_uint96(1_000),
            client: Address::repeat_byte(0xc1),
            subscription_id: SubscriptionId(1),
            callback_gas_limit: 100_000,
            admin_fee: Juels::ZERO,
            don_fee: Juels::from_uint96(5),
            gas_overhead_before_callback: 1,
            gas_overhead_after_callback: 2,
            timeout_timestamp: 1_700_000_300,
        };
        let event = Coordinator::OracleRequest {
            requestId: commitment.request_id.0,
            requestingContract: commitment.client,
            requestInitiator: Address::repeat_byte(9),
            subscriptionId: 1,
            subscriptionOwner: Address::repeat_byte(8),
            data: Bytes::from_static(b"data"),
            dataVersion: 1,
            flags: B256::ZERO,
            callbackGasLimit: 100_000,
            commitment: commitment.into(),
        };
        log_of(coordinator, event.encode_log_data(), block, block_hash)
    }

    pub(crate) fn log_of(emitter: Address, data: LogData, block: u64, block_hash: B256) -> Log {
        Log {
            inner: alloy::primitives::Log { address: emitter, data },
            block_hash: Some(block_hash),
            block_number: Some(block),
            block_timestamp: Some(1_700_000_000),
            transaction_hash: Some(B256::repeat_byte(0x77)),
            transaction_index: Some(0),
            log_index: Some(0),
            removed: false,
        }
    }

    const COORDINATOR: Address = Address::repeat_byte(0xc0);
    const ROUTER: Address = Address::repeat_byte(0x40);

    #[test]
    fn decode_reads_a_request_and_its_json_again() {
        let log = request_log(COORDINATOR, 1, 7, B256::repeat_byte(7));
        let Ok(Some(ChainEvent::Request(seen))) = decode(&log, COORDINATOR, ROUTER) else {
            panic!("a request")
        };
        assert_eq!(seen.onchain_metadata().len(), 352);
        assert_eq!(seen.commitment_hash, keccak256(seen.onchain_metadata()));
        let again: Log = serde_json::from_str(&seen.log_json).expect("JSON");
        let Ok(Some(ChainEvent::Request(second))) = decode(&again, COORDINATOR, ROUTER) else {
            panic!("a request")
        };
        assert_eq!(second.commitment_hash, seen.commitment_hash);
    }

    #[test]
    fn decode_refuses_what_does_not_fit() {
        let good = request_log(COORDINATOR, 1, 7, B256::repeat_byte(7));
        let mut removed = good.clone();
        removed.removed = true;
        assert_eq!(decode(&removed, COORDINATOR, ROUTER).expect_err("removed"), LogRefusal::NotInChain);
        let foreign = decode(&good, Address::repeat_byte(1), ROUTER).expect_err("foreign");
        assert_eq!(foreign, LogRefusal::ForeignEmitter(COORDINATOR));

        // A coordinator cannot present a commitment that names another one.
        let mut moved = good.clone();
        moved.inner.address = Address::repeat_byte(0xc2);
        let refused = decode(&moved, Address::repeat_byte(0xc2), ROUTER).expect_err("moved");
        assert_eq!(refused, LogRefusal::Inconsistent("coordinator"));

        let mut cut = good;
        cut.inner.data =
            LogData::new_unchecked(cut.topics().to_vec(), Bytes::from(cut.data().data[..64].to_vec()));
        assert!(matches!(decode(&cut, COORDINATOR, ROUTER), Err(LogRefusal::Undecodable(_))));
    }

    #[test]
    fn decode_ignores_refusals_of_foreign_coordinators() {
        let event = |coordinator| Router::RequestNotProcessed {
            requestId: B256::repeat_byte(1),
            coordinator,
            transmitter: Address::repeat_byte(2),
            resultCode: 2,
        };
        let log = |coordinator| log_of(ROUTER, event(coordinator).encode_log_data(), 1, B256::ZERO);
        assert!(matches!(decode(&log(Address::repeat_byte(3)), COORDINATOR, ROUTER), Ok(None)));
        assert!(matches!(
            decode(&log(COORDINATOR), COORDINATOR, ROUTER),
            Ok(Some(ChainEvent::NotProcessed { code: 2, .. }))
        ));
    }
}
