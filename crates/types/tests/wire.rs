//! The hand-written wire code against the ABI interfaces, and against vectors of the reference.
#![cfg(feature = "abi")]

use alloy_primitives::{Address, B256, address, b256, keccak256, uint};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use functions_types::{
    Commitment, Juels, RequestId, RequestIdPreimage, RequestMeta, SubscriptionId, abi, commitment::Encoded,
    selectors,
};

/// The commitment of the reference run (Coordinator 1.3.0, chain 421614).
fn commitment() -> Commitment {
    Commitment {
        request_id: RequestId(b256!("b310270d52fe2b25447aab1d71a2eedb6887c45e0222970433601a57b5ad8a63")),
        coordinator: address!("0165878A594ca255338adfa4d48449f69242Eb8F"),
        estimated_total_cost_juels: Juels::from_uint96(9_640_216_666_666_665),
        client: address!("8A791620dd6260079BF849Dc5567aDC3F2FdC318"),
        subscription_id: SubscriptionId(1),
        callback_gas_limit: 100_000,
        admin_fee: Juels::ZERO,
        don_fee: Juels::from_uint96(1_333_333_333_333_333),
        gas_overhead_before_callback: 105_000,
        gas_overhead_after_callback: 93_942,
        timeout_timestamp: 1_700_000_302,
    }
}

#[test]
fn commitment_has_the_reference_hash() {
    let expected = b256!("1c99283e19e4cff15fef689f96736e5f13d0246de6827041469c0b45451371fe");
    assert_eq!(commitment().hash(), expected);
    assert_eq!(Commitment::decode(&commitment().encode()), Ok(commitment()));
    let theirs = abi::Commitment::from(commitment());
    assert_eq!(theirs.abi_encode(), commitment().encode());
    assert_eq!(Commitment::from(theirs), commitment());
}

#[test]
fn commitment_decode_fails_when_bits_are_dirty() {
    let bytes = commitment().encode();
    assert!(Commitment::decode(&bytes[..351]).is_err());
    for (word, first_used_byte) in
        [(1, 12), (2, 20), (3, 12), (4, 24), (5, 28), (6, 23), (7, 23), (8, 27), (9, 27), (10, 28)]
    {
        let mut dirty = bytes;
        dirty[word * 32 + first_used_byte - 1] = 1;
        assert!(Commitment::decode(&dirty).is_err(), "word {word}");
        dirty[word * 32 + first_used_byte - 1] = 0;
        dirty[word * 32 + first_used_byte] = 0xff;
        assert!(Commitment::decode(&dirty).is_ok(), "word {word}");
    }
}

#[test]
fn request_id_is_the_reference_one() {
    let preimage = RequestIdPreimage {
        coordinator: commitment().coordinator,
        requesting_contract: commitment().client,
        subscription_id: SubscriptionId(1),
        nonce: 1,
        data_hash: b256!("859c42633c0964c4b4a9e33ca4428ce7cbf052f93ee6fd3ebb03fb14f9c0162e"),
        data_version: 1,
        callback_gas_limit: 100_000,
        estimated_total_cost_juels: commitment().estimated_total_cost_juels,
        timeout_timestamp: 1_700_000_302,
        request_initiator: address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    };
    assert_eq!(preimage.request_id(), commitment().request_id);
}

#[test]
fn an_encoded_commitment_changes_its_form_without_being_decoded() {
    let bytes = commitment().encode();
    let mut other = Vec::new();
    Encoded(&bytes).with_admin_fee_into(Juels::from_uint96(7), &mut other);
    assert_eq!(other, commitment().with_admin_fee(Juels::from_uint96(7)).encode());
    assert_eq!(Encoded(&bytes).callback_gas_limit(), 100_000);
    assert_eq!(Encoded(&bytes).gas_overhead_after_callback(), 93_942);
    assert_eq!(Encoded(&bytes[..190]).callback_gas_limit(), 0);
}

#[test]
fn request_meta_is_that_of_the_abi() {
    let theirs = abi::RequestMeta {
        data: vec![7; 33].into(),
        flags: B256::repeat_byte(1),
        requestingContract: Address::repeat_byte(2),
        availableBalance: uint!(3_U96),
        adminFee: uint!(4_U72),
        subscriptionId: 5,
        initiatedRequests: 6,
        callbackGasLimit: 7,
        dataVersion: 8,
        completedRequests: 9,
        subscriptionOwner: Address::repeat_byte(10),
    };
    // The struct is dynamic: its offset stands before it.
    let encoded = theirs.abi_encode().split_off(32);
    let meta = RequestMeta::decode(&encoded).unwrap();
    assert_eq!((meta.data, meta.initiated_requests, meta.completed_requests), (&[7; 33][..], 6, 9));
    let mut ours = Vec::new();
    meta.encode_into(&mut ours);
    assert_eq!(ours, encoded);
    assert!(RequestMeta::decode(&encoded[..encoded.len() - 32]).is_err());
    for word in 0..11 {
        let mut dirty = encoded.clone();
        dirty[word * 32] = 1;
        assert_eq!(RequestMeta::decode(&dirty).is_ok(), word == 1, "word {word}");
    }
}

#[test]
fn structs_convert_by_field_name() {
    let theirs = abi::Commitment::from(commitment());
    assert_eq!(theirs.timeoutTimestamp, 1_700_000_302);
    assert_eq!(theirs.estimatedTotalCostJuels, uint!(9640216666666665_U96));
    assert_eq!(theirs.coordinator, Address::from_slice(commitment().coordinator.as_slice()));
}

macro_rules! selectors_match {
    ($($constant:path = $call:path),* $(,)?) => { $( assert_eq!($constant.to_be_bytes(), <$call>::SELECTOR, stringify!($call)); )* };
}
macro_rules! topics_match {
    ($($constant:path = $event:path),* $(,)?) => { $( assert_eq!($constant, <$event>::SIGNATURE_HASH, stringify!($event)); )* };
}

#[test]
fn function_selectors_match_the_abi() {
    use selectors::functions as id;
    selectors_match! {
        id::router::MAX_CALLBACK_RETURN_BYTES = abi::Router::MAX_CALLBACK_RETURN_BYTESCall,
        id::router::ACCEPT_OWNERSHIP = abi::Router::acceptOwnershipCall,
        id::router::ACCEPT_SUBSCRIPTION_OWNER_TRANSFER = abi::Router::acceptSubscriptionOwnerTransferCall,
        id::router::ADD_CONSUMER = abi::Router::addConsumerCall,
        id::router::CANCEL_SUBSCRIPTION = abi::Router::cancelSubscriptionCall,
        id::router::CREATE_SUBSCRIPTION = abi::Router::createSubscriptionCall,
        id::router::CREATE_SUBSCRIPTION_WITH_CONSUMER = abi::Router::createSubscriptionWithConsumerCall,
        id::router::FULFILL = abi::Router::fulfillCall,
        id::router::GET_ADMIN_FEE = abi::Router::getAdminFeeCall,
        id::router::GET_ALLOW_LIST_ID = abi::Router::getAllowListIdCall,
        id::router::GET_CONFIG = abi::Router::getConfigCall,
        id::router::GET_CONSUMER = abi::Router::getConsumerCall,
        id::router::GET_CONTRACT_BY_ID = abi::Router::getContractByIdCall,
        id::router::GET_FLAGS = abi::Router::getFlagsCall,
        id::router::GET_PROPOSED_CONTRACT_BY_ID = abi::Router::getProposedContractByIdCall,
        id::router::GET_PROPOSED_CONTRACT_SET = abi::Router::getProposedContractSetCall,
        id::router::GET_SUBSCRIPTION = abi::Router::getSubscriptionCall,
        id::router::GET_SUBSCRIPTION_COUNT = abi::Router::getSubscriptionCountCall,
        id::router::GET_SUBSCRIPTIONS_IN_RANGE = abi::Router::getSubscriptionsInRangeCall,
        id::router::GET_TOTAL_BALANCE = abi::Router::getTotalBalanceCall,
        id::router::IS_VALID_CALLBACK_GAS_LIMIT = abi::Router::isValidCallbackGasLimitCall,
        id::router::ON_TOKEN_TRANSFER = abi::Router::onTokenTransferCall,
        id::router::ORACLE_WITHDRAW = abi::Router::oracleWithdrawCall,
        id::router::OWNER = abi::Router::ownerCall,
        id::router::OWNER_CANCEL_SUBSCRIPTION = abi::Router::ownerCancelSubscriptionCall,
        id::router::OWNER_WITHDRAW = abi::Router::ownerWithdrawCall,
        id::router::PAUSE = abi::Router::pauseCall,
        id::router::PAUSED = abi::Router::pausedCall,
        id::router::PENDING_REQUEST_EXISTS = abi::Router::pendingRequestExistsCall,
        id::router::PROPOSE_CONTRACTS_UPDATE = abi::Router::proposeContractsUpdateCall,
        id::router::PROPOSE_SUBSCRIPTION_OWNER_TRANSFER = abi::Router::proposeSubscriptionOwnerTransferCall,
        id::router::RECOVER_FUNDS = abi::Router::recoverFundsCall,
        id::router::REMOVE_CONSUMER = abi::Router::removeConsumerCall,
        id::router::SEND_REQUEST = abi::Router::sendRequestCall,
        id::router::SEND_REQUEST_TO_PROPOSED = abi::Router::sendRequestToProposedCall,
        id::router::SET_ALLOW_LIST_ID = abi::Router::setAllowListIdCall,
        id::router::SET_FLAGS = abi::Router::setFlagsCall,
        id::router::TIMEOUT_REQUESTS = abi::Router::timeoutRequestsCall,
        id::router::TRANSFER_OWNERSHIP = abi::Router::transferOwnershipCall,
        id::router::TYPE_AND_VERSION = abi::Router::typeAndVersionCall,
        id::router::UNPAUSE = abi::Router::unpauseCall,
        id::router::UPDATE_CONFIG = abi::Router::updateConfigCall,
        id::router::UPDATE_CONTRACTS = abi::Router::updateContractsCall,
        id::coordinator::ACCEPT_OWNERSHIP = abi::Coordinator::acceptOwnershipCall,
        id::coordinator::DELETE_COMMITMENT = abi::Coordinator::deleteCommitmentCall,
        id::coordinator::ESTIMATE_COST = abi::Coordinator::estimateCostCall,
        id::coordinator::GET_ADMIN_FEE_JUELS = abi::Coordinator::getAdminFeeJuelsCall,
        id::coordinator::GET_CONFIG = abi::Coordinator::getConfigCall,
        id::coordinator::GET_DON_FEE_JUELS = abi::Coordinator::getDONFeeJuelsCall,
        id::coordinator::GET_DON_PUBLIC_KEY = abi::Coordinator::getDONPublicKeyCall,
        id::coordinator::GET_OPERATION_FEE_JUELS = abi::Coordinator::getOperationFeeJuelsCall,
        id::coordinator::GET_SHARED_OVERHEAD = abi::Coordinator::getSharedOverheadCall,
        id::coordinator::GET_THRESHOLD_PUBLIC_KEY = abi::Coordinator::getThresholdPublicKeyCall,
        id::coordinator::GET_USD_PER_UNIT_LINK = abi::Coordinator::getUsdPerUnitLinkCall,
        id::coordinator::GET_WEI_PER_UNIT_LINK = abi::Coordinator::getWeiPerUnitLinkCall,
        id::coordinator::LATEST_CONFIG_DETAILS = abi::Coordinator::latestConfigDetailsCall,
        id::coordinator::LATEST_CONFIG_DIGEST_AND_EPOCH = abi::Coordinator::latestConfigDigestAndEpochCall,
        id::coordinator::ORACLE_WITHDRAW = abi::Coordinator::oracleWithdrawCall,
        id::coordinator::ORACLE_WITHDRAW_ALL = abi::Coordinator::oracleWithdrawAllCall,
        id::coordinator::OWNER = abi::Coordinator::ownerCall,
        id::coordinator::SET_CONFIG = abi::Coordinator::setConfigCall,
        id::coordinator::SET_DON_PUBLIC_KEY = abi::Coordinator::setDONPublicKeyCall,
        id::coordinator::SET_SHARED_OVERHEAD = abi::Coordinator::setSharedOverheadCall,
        id::coordinator::SET_THRESHOLD_PUBLIC_KEY = abi::Coordinator::setThresholdPublicKeyCall,
        id::coordinator::START_REQUEST = abi::Coordinator::startRequestCall,
        id::coordinator::TRANSFER_OWNERSHIP = abi::Coordinator::transferOwnershipCall,
        id::coordinator::TRANSMIT = abi::Coordinator::transmitCall,
        id::coordinator::TRANSMITTERS = abi::Coordinator::transmittersCall,
        id::coordinator::TYPE_AND_VERSION = abi::Coordinator::typeAndVersionCall,
        id::coordinator::UPDATE_CONFIG = abi::Coordinator::updateConfigCall,
        id::coordinator_v1_3_1::UPDATE_CONFIG = abi::CoordinatorV131::updateConfigCall,
        id::allow_list::ACCEPT_OWNERSHIP = abi::AllowList::acceptOwnershipCall,
        id::allow_list::ACCEPT_TERMS_OF_SERVICE = abi::AllowList::acceptTermsOfServiceCall,
        id::allow_list::BLOCK_SENDER = abi::AllowList::blockSenderCall,
        id::allow_list::GET_ALL_ALLOWED_SENDERS = abi::AllowList::getAllAllowedSendersCall,
        id::allow_list::GET_ALLOWED_SENDERS_COUNT = abi::AllowList::getAllowedSendersCountCall,
        id::allow_list::GET_ALLOWED_SENDERS_IN_RANGE = abi::AllowList::getAllowedSendersInRangeCall,
        id::allow_list::GET_BLOCKED_SENDERS_COUNT = abi::AllowList::getBlockedSendersCountCall,
        id::allow_list::GET_BLOCKED_SENDERS_IN_RANGE = abi::AllowList::getBlockedSendersInRangeCall,
        id::allow_list::GET_CONFIG = abi::AllowList::getConfigCall,
        id::allow_list::GET_MESSAGE = abi::AllowList::getMessageCall,
        id::allow_list::HAS_ACCESS = abi::AllowList::hasAccessCall,
        id::allow_list::IS_BLOCKED_SENDER = abi::AllowList::isBlockedSenderCall,
        id::allow_list::OWNER = abi::AllowList::ownerCall,
        id::allow_list::TRANSFER_OWNERSHIP = abi::AllowList::transferOwnershipCall,
        id::allow_list::TYPE_AND_VERSION = abi::AllowList::typeAndVersionCall,
        id::allow_list::UNBLOCK_SENDER = abi::AllowList::unblockSenderCall,
        id::allow_list::UPDATE_CONFIG = abi::AllowList::updateConfigCall,
        id::client::HANDLE_ORACLE_FULFILLMENT = abi::Client::handleOracleFulfillmentCall,
        id::feed::LATEST_ROUND_DATA = abi::Feed::latestRoundDataCall,
        id::feed::DECIMALS = abi::Feed::decimalsCall,
        id::feed::VERSION = abi::Feed::versionCall,
        id::feed::OWNER = abi::Feed::ownerCall,
        id::feed::SET_ANSWER = abi::Feed::setAnswerCall,
        id::link::ALLOWANCE = abi::Link::allowanceCall,
        id::link::APPROVE = abi::Link::approveCall,
        id::link::BALANCE_OF = abi::Link::balanceOfCall,
        id::link::DECIMALS = abi::Link::decimalsCall,
        id::link::DECREASE_ALLOWANCE = abi::Link::decreaseAllowanceCall,
        id::link::DECREASE_APPROVAL = abi::Link::decreaseApprovalCall,
        id::link::INCREASE_ALLOWANCE = abi::Link::increaseAllowanceCall,
        id::link::INCREASE_APPROVAL = abi::Link::increaseApprovalCall,
        id::link::NAME = abi::Link::nameCall,
        id::link::SYMBOL = abi::Link::symbolCall,
        id::link::TOTAL_SUPPLY = abi::Link::totalSupplyCall,
        id::link::TRANSFER = abi::Link::transferCall,
        id::link::TRANSFER_AND_CALL = abi::Link::transferAndCallCall,
        id::link::TRANSFER_FROM = abi::Link::transferFromCall,
    }
}

#[test]
fn error_selectors_match_the_abi() {
    use selectors::errors as id;
    selectors_match! {
        id::router::CANNOT_REMOVE_WITH_PENDING_REQUESTS = abi::Router::CannotRemoveWithPendingRequests,
        id::router::DUPLICATE_REQUEST_ID = abi::Router::DuplicateRequestId,
        id::router::EMPTY_REQUEST_DATA = abi::Router::EmptyRequestData,
        id::router::GAS_LIMIT_TOO_BIG = abi::Router::GasLimitTooBig,
        id::router::IDENTIFIER_IS_RESERVED = abi::Router::IdentifierIsReserved,
        id::router::INSUFFICIENT_BALANCE = abi::Router::InsufficientBalance,
        id::router::INVALID_CALLDATA = abi::Router::InvalidCalldata,
        id::router::INVALID_CONSUMER = abi::Router::InvalidConsumer,
        id::router::INVALID_GAS_FLAG_VALUE = abi::Router::InvalidGasFlagValue,
        id::router::INVALID_PROPOSAL = abi::Router::InvalidProposal,
        id::router::INVALID_SUBSCRIPTION = abi::Router::InvalidSubscription,
        id::router::MUST_BE_PROPOSED_OWNER = abi::Router::MustBeProposedOwner,
        id::router::MUST_BE_SUBSCRIPTION_OWNER = abi::Router::MustBeSubscriptionOwner,
        id::router::ONLY_CALLABLE_FROM_COORDINATOR = abi::Router::OnlyCallableFromCoordinator,
        id::router::ONLY_CALLABLE_FROM_LINK = abi::Router::OnlyCallableFromLink,
        id::router::ROUTE_NOT_FOUND = abi::Router::RouteNotFound,
        id::router::SENDER_MUST_ACCEPT_TERMS_OF_SERVICE = abi::Router::SenderMustAcceptTermsOfService,
        id::router::TIMEOUT_NOT_EXCEEDED = abi::Router::TimeoutNotExceeded,
        id::router::TOO_MANY_CONSUMERS = abi::Router::TooManyConsumers,
        id::coordinator::EMPTY_PUBLIC_KEY = abi::Coordinator::EmptyPublicKey,
        id::coordinator::INCONSISTENT_REPORT_DATA = abi::Coordinator::InconsistentReportData,
        id::coordinator::INSUFFICIENT_BALANCE = abi::Coordinator::InsufficientBalance,
        id::coordinator::INVALID_CALLDATA = abi::Coordinator::InvalidCalldata,
        id::coordinator::INVALID_CONFIG = abi::Coordinator::InvalidConfig,
        id::coordinator::INVALID_LINK_WEI_PRICE = abi::Coordinator::InvalidLinkWeiPrice,
        id::coordinator::INVALID_SUBSCRIPTION = abi::Coordinator::InvalidSubscription,
        id::coordinator::INVALID_USD_LINK_PRICE = abi::Coordinator::InvalidUsdLinkPrice,
        id::coordinator::MUST_BE_SUB_OWNER = abi::Coordinator::MustBeSubOwner,
        id::coordinator::NO_TRANSMITTERS_SET = abi::Coordinator::NoTransmittersSet,
        id::coordinator::ONLY_CALLABLE_BY_ROUTER = abi::Coordinator::OnlyCallableByRouter,
        id::coordinator::ONLY_CALLABLE_BY_ROUTER_OWNER = abi::Coordinator::OnlyCallableByRouterOwner,
        id::coordinator::PAYMENT_TOO_LARGE = abi::Coordinator::PaymentTooLarge,
        id::coordinator::REPORT_INVALID = abi::Coordinator::ReportInvalid,
        id::coordinator::ROUTER_MUST_BE_SET = abi::Coordinator::RouterMustBeSet,
        id::coordinator::UNAUTHORIZED_PUBLIC_KEY_CHANGE = abi::Coordinator::UnauthorizedPublicKeyChange,
        id::coordinator::UNAUTHORIZED_SENDER = abi::Coordinator::UnauthorizedSender,
        id::coordinator::UNSUPPORTED_REQUEST_DATA_VERSION = abi::Coordinator::UnsupportedRequestDataVersion,
        id::allow_list::INVALID_CALLDATA = abi::AllowList::InvalidCalldata,
        id::allow_list::INVALID_SIGNATURE = abi::AllowList::InvalidSignature,
        id::allow_list::INVALID_USAGE = abi::AllowList::InvalidUsage,
        id::allow_list::RECIPIENT_IS_BLOCKED = abi::AllowList::RecipientIsBlocked,
        id::client::ONLY_ROUTER_CAN_FULFILL = abi::Client::OnlyRouterCanFulfill,
        id::any::ERROR = abi::Reverts::Error,
        id::any::PANIC = abi::Reverts::Panic,
    }
}

#[test]
fn event_topics_match_the_abi() {
    use selectors::events as id;
    topics_match! {
        id::router::CONFIG_UPDATED = abi::Router::ConfigUpdated,
        id::router::CONTRACT_PROPOSED = abi::Router::ContractProposed,
        id::router::CONTRACT_UPDATED = abi::Router::ContractUpdated,
        id::router::FUNDS_RECOVERED = abi::Router::FundsRecovered,
        id::router::OWNERSHIP_TRANSFER_REQUESTED = abi::Router::OwnershipTransferRequested,
        id::router::OWNERSHIP_TRANSFERRED = abi::Router::OwnershipTransferred,
        id::router::PAUSED = abi::Router::Paused,
        id::router::REQUEST_NOT_PROCESSED = abi::Router::RequestNotProcessed,
        id::router::REQUEST_PROCESSED = abi::Router::RequestProcessed,
        id::router::REQUEST_START = abi::Router::RequestStart,
        id::router::REQUEST_TIMED_OUT = abi::Router::RequestTimedOut,
        id::router::SUBSCRIPTION_CANCELED = abi::Router::SubscriptionCanceled,
        id::router::SUBSCRIPTION_CONSUMER_ADDED = abi::Router::SubscriptionConsumerAdded,
        id::router::SUBSCRIPTION_CONSUMER_REMOVED = abi::Router::SubscriptionConsumerRemoved,
        id::router::SUBSCRIPTION_CREATED = abi::Router::SubscriptionCreated,
        id::router::SUBSCRIPTION_FUNDED = abi::Router::SubscriptionFunded,
        id::router::SUBSCRIPTION_OWNER_TRANSFER_REQUESTED = abi::Router::SubscriptionOwnerTransferRequested,
        id::router::SUBSCRIPTION_OWNER_TRANSFERRED = abi::Router::SubscriptionOwnerTransferred,
        id::router::UNPAUSED = abi::Router::Unpaused,
        id::coordinator::COMMITMENT_DELETED = abi::Coordinator::CommitmentDeleted,
        id::coordinator::CONFIG_SET = abi::Coordinator::ConfigSet,
        id::coordinator::CONFIG_UPDATED = abi::Coordinator::ConfigUpdated,
        id::coordinator::ORACLE_REQUEST = abi::Coordinator::OracleRequest,
        id::coordinator::ORACLE_RESPONSE = abi::Coordinator::OracleResponse,
        id::coordinator::OWNERSHIP_TRANSFER_REQUESTED = abi::Coordinator::OwnershipTransferRequested,
        id::coordinator::OWNERSHIP_TRANSFERRED = abi::Coordinator::OwnershipTransferred,
        id::coordinator::REQUEST_BILLED = abi::Coordinator::RequestBilled,
        id::coordinator::SHARED_OVERHEAD_UPDATED = abi::Coordinator::SharedOverheadUpdated,
        id::coordinator::TRANSMITTED = abi::Coordinator::Transmitted,
        id::coordinator_v1_3_1::CONFIG_UPDATED = abi::CoordinatorV131::ConfigUpdated,
        id::allow_list::ADDED_ACCESS = abi::AllowList::AddedAccess,
        id::allow_list::BLOCKED_ACCESS = abi::AllowList::BlockedAccess,
        id::allow_list::CONFIG_UPDATED = abi::AllowList::ConfigUpdated,
        id::allow_list::OWNERSHIP_TRANSFER_REQUESTED = abi::AllowList::OwnershipTransferRequested,
        id::allow_list::OWNERSHIP_TRANSFERRED = abi::AllowList::OwnershipTransferred,
        id::allow_list::UNBLOCKED_ACCESS = abi::AllowList::UnblockedAccess,
        id::client::REQUEST_FULFILLED = abi::Client::RequestFulfilled,
        id::client::REQUEST_SENT = abi::Client::RequestSent,
        id::link::APPROVAL = abi::Link::Approval,
        id::link::TRANSFER = abi::Link::Transfer_0,
        id::link::TRANSFER_AND_CALL = abi::Link::Transfer_1,
    }
}

#[test]
fn constructor_selector_has_no_argument_types() {
    assert_eq!(functions_types::CONSTRUCTOR_SELECTOR, keccak256("stylus_constructor()")[..4]);
    let _: B256 = keccak256("");
}
