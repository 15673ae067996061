//! The ABI, once: every interface of the system as `sol!` types for programs on a host.
//!
//! Contracts do not use this module (its generated code is large); they write the same bytes by hand and are compared
//! with it by tests. Function, error and event names, argument names and `indexed` are those of the reference.
//!
//! Upstream: Functions Router 1.0.0, Coordinator 1.3.0, Terms of Service Allow List 1.1.0, FunctionsClient 1.3.0.
#![allow(missing_docs, reason = "the items are generated; the interfaces below are their documentation")]
#![allow(clippy::too_many_arguments, reason = "the argument lists are the wire's")]

use alloy_primitives::aliases::{U40, U72, U96};
use alloy_sol_types::sol;

use crate::Juels;

sol! {
    #![sol(all_derives, abi)]

    struct Commitment {
        bytes32 requestId;
        address coordinator;
        uint96 estimatedTotalCostJuels;
        address client;
        uint64 subscriptionId;
        uint32 callbackGasLimit;
        uint72 adminFee;
        uint72 donFee;
        uint40 gasOverheadBeforeCallback;
        uint40 gasOverheadAfterCallback;
        uint32 timeoutTimestamp;
    }

    struct RequestMeta {
        bytes data;
        bytes32 flags;
        address requestingContract;
        uint96 availableBalance;
        uint72 adminFee;
        uint64 subscriptionId;
        uint64 initiatedRequests;
        uint32 callbackGasLimit;
        uint16 dataVersion;
        uint64 completedRequests;
        address subscriptionOwner;
    }

    struct Subscription {
        uint96 balance;
        address owner;
        uint96 blockedBalance;
        address proposedOwner;
        address[] consumers;
        bytes32 flags;
    }

    struct Consumer {
        bool allowed;
        uint64 initiatedRequests;
        uint64 completedRequests;
    }

    struct RouterConfig {
        uint16 maxConsumersPerSubscription;
        uint72 adminFee;
        bytes4 handleOracleFulfillmentSelector;
        uint16 gasForCallExactCheck;
        uint32[] maxCallbackGasLimits;
        uint16 subscriptionDepositMinimumRequests;
        uint72 subscriptionDepositJuels;
    }

    struct BillingConfig {
        uint32 fulfillmentGasPriceOverEstimationBP;
        uint32 feedStalenessSeconds;
        uint32 gasOverheadBeforeCallback;
        uint32 gasOverheadAfterCallback;
        uint40 minimumEstimateGasPriceWei;
        uint16 maxSupportedRequestDataVersion;
        uint64 fallbackUsdPerUnitLink;
        uint8 fallbackUsdPerUnitLinkDecimals;
        uint224 fallbackNativePerUnitLink;
        uint32 requestTimeoutSeconds;
        uint16 donFeeCentsUsd;
        uint16 operationFeeCentsUsd;
    }

    /// The billing configuration of Coordinator 1.3.1.
    struct BillingConfigV131 {
        uint32 fulfillmentGasPriceOverEstimationBP;
        uint32 feedStalenessSeconds;
        uint32 gasOverheadBeforeCallback;
        uint32 gasOverheadAfterCallback;
        uint40 minimumEstimateGasPriceWei;
        uint16 maxSupportedRequestDataVersion;
        uint64 fallbackUsdPerUnitLink;
        uint8 fallbackUsdPerUnitLinkDecimals;
        uint224 fallbackNativePerUnitLink;
        uint32 requestTimeoutSeconds;
        uint16 donFeeCentsUsd;
        uint16 operationFeeCentsUsd;
        uint16 transmitTxSizeBytes;
    }

    struct AllowListConfig {
        bool enabled;
        address signerPublicKey;
    }

    /// The five arrays of an OCR report; `abi_encode_params` of it is the report.
    struct Report {
        bytes32[] requestIds;
        bytes[] results;
        bytes[] errors;
        bytes[] onchainMetadata;
        bytes[] offchainMetadata;
    }

    /// Subscriptions, routes, requests and settlement.
    interface Router {
        function MAX_CALLBACK_RETURN_BYTES() external view returns (uint16);
        function acceptOwnership() external;
        function acceptSubscriptionOwnerTransfer(uint64 subscriptionId) external;
        function addConsumer(uint64 subscriptionId, address consumer) external;
        function cancelSubscription(uint64 subscriptionId, address to) external;
        function createSubscription() external returns (uint64 subscriptionId);
        function createSubscriptionWithConsumer(address consumer) external returns (uint64 subscriptionId);
        function fulfill(bytes response, bytes err, uint96 juelsPerGas, uint96 costWithoutCallback, address transmitter, Commitment commitment) external returns (uint8 resultCode, uint96);
        function getAdminFee() external view returns (uint72);
        function getAllowListId() external view returns (bytes32);
        function getConfig() external view returns (RouterConfig);
        function getConsumer(address client, uint64 subscriptionId) external view returns (Consumer);
        function getContractById(bytes32 id) external view returns (address);
        function getFlags(uint64 subscriptionId) external view returns (bytes32);
        function getProposedContractById(bytes32 id) external view returns (address);
        function getProposedContractSet() external view returns (bytes32[], address[]);
        function getSubscription(uint64 subscriptionId) external view returns (Subscription);
        function getSubscriptionCount() external view returns (uint64);
        function getSubscriptionsInRange(uint64 subscriptionIdStart, uint64 subscriptionIdEnd) external view returns (Subscription[] subscriptions);
        function getTotalBalance() external view returns (uint96);
        function isValidCallbackGasLimit(uint64 subscriptionId, uint32 callbackGasLimit) external view;
        function onTokenTransfer(address, uint256 amount, bytes data) external;
        function oracleWithdraw(address recipient, uint96 amount) external;
        function owner() external view returns (address);
        function ownerCancelSubscription(uint64 subscriptionId) external;
        function ownerWithdraw(address recipient, uint96 amount) external;
        function pause() external;
        function paused() external view returns (bool);
        function pendingRequestExists(uint64 subscriptionId) external view returns (bool);
        function proposeContractsUpdate(bytes32[] proposedContractSetIds, address[] proposedContractSetAddresses) external;
        function proposeSubscriptionOwnerTransfer(uint64 subscriptionId, address newOwner) external;
        function recoverFunds(address to) external;
        function removeConsumer(uint64 subscriptionId, address consumer) external;
        function sendRequest(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32 donId) external returns (bytes32);
        function sendRequestToProposed(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32 donId) external returns (bytes32);
        function setAllowListId(bytes32 allowListId) external;
        function setFlags(uint64 subscriptionId, bytes32 flags) external;
        function timeoutRequests(Commitment[] requestsToTimeoutByCommitment) external;
        function transferOwnership(address to) external;
        function typeAndVersion() external view returns (string);
        function unpause() external;
        function updateConfig(RouterConfig config) external;
        function updateContracts() external;
        error CannotRemoveWithPendingRequests();
        error DuplicateRequestId(bytes32 requestId);
        error EmptyRequestData();
        error GasLimitTooBig(uint32 limit);
        error IdentifierIsReserved(bytes32 id);
        error InsufficientBalance(uint96 currentBalanceJuels);
        error InvalidCalldata();
        error InvalidConsumer();
        error InvalidGasFlagValue(uint8 value);
        error InvalidProposal();
        error InvalidSubscription();
        error MustBeProposedOwner(address proposedOwner);
        error MustBeSubscriptionOwner();
        error OnlyCallableFromCoordinator();
        error OnlyCallableFromLink();
        error RouteNotFound(bytes32 id);
        error SenderMustAcceptTermsOfService(address sender);
        error TimeoutNotExceeded();
        error TooManyConsumers(uint16 maximumConsumers);
        event ConfigUpdated(RouterConfig);
        event ContractProposed(bytes32 proposedContractSetId, address proposedContractSetFromAddress, address proposedContractSetToAddress);
        event ContractUpdated(bytes32 id, address from, address to);
        event FundsRecovered(address to, uint256 amount);
        event OwnershipTransferRequested(address indexed from, address indexed to);
        event OwnershipTransferred(address indexed from, address indexed to);
        event Paused(address account);
        event RequestNotProcessed(bytes32 indexed requestId, address coordinator, address transmitter, uint8 resultCode);
        event RequestProcessed(bytes32 indexed requestId, uint64 indexed subscriptionId, uint96 totalCostJuels, address transmitter, uint8 resultCode, bytes response, bytes err, bytes callbackReturnData);
        event RequestStart(bytes32 indexed requestId, bytes32 indexed donId, uint64 indexed subscriptionId, address subscriptionOwner, address requestingContract, address requestInitiator, bytes data, uint16 dataVersion, uint32 callbackGasLimit, uint96 estimatedTotalCostJuels);
        event RequestTimedOut(bytes32 indexed requestId);
        event SubscriptionCanceled(uint64 indexed subscriptionId, address fundsRecipient, uint256 fundsAmount);
        event SubscriptionConsumerAdded(uint64 indexed subscriptionId, address consumer);
        event SubscriptionConsumerRemoved(uint64 indexed subscriptionId, address consumer);
        event SubscriptionCreated(uint64 indexed subscriptionId, address owner);
        event SubscriptionFunded(uint64 indexed subscriptionId, uint256 oldBalance, uint256 newBalance);
        event SubscriptionOwnerTransferRequested(uint64 indexed subscriptionId, address from, address to);
        event SubscriptionOwnerTransferred(uint64 indexed subscriptionId, address from, address to);
        event Unpaused(address account);
    }

    /// Billing and OCR2.
    interface Coordinator {
        function acceptOwnership() external;
        function deleteCommitment(bytes32 requestId) external;
        function estimateCost(uint64 subscriptionId, bytes data, uint32 callbackGasLimit, uint256 gasPriceWei) external view returns (uint96);
        function getAdminFeeJuels() external view returns (uint72);
        function getConfig() external view returns (BillingConfig);
        function getDONFeeJuels(bytes) external view returns (uint72);
        function getDONPublicKey() external view returns (bytes);
        function getOperationFeeJuels() external view returns (uint72);
        function getSharedOverhead() external view returns (uint32);
        function getThresholdPublicKey() external view returns (bytes);
        function getUsdPerUnitLink() external view returns (uint256, uint8);
        function getWeiPerUnitLink() external view returns (uint256);
        function latestConfigDetails() external view returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest);
        function latestConfigDigestAndEpoch() external view returns (bool scanLogs, bytes32 configDigest, uint32 epoch);
        function oracleWithdraw(address recipient, uint96 amount) external;
        function oracleWithdrawAll() external;
        function owner() external view returns (address);
        function setConfig(address[] _signers, address[] _transmitters, uint8 _f, bytes _onchainConfig, uint64 _offchainConfigVersion, bytes _offchainConfig) external;
        function setDONPublicKey(bytes donPublicKey) external;
        function setSharedOverhead(uint32 sharedOverheadGas) external;
        function setThresholdPublicKey(bytes thresholdPublicKey) external;
        function startRequest(RequestMeta request) external returns (Commitment commitment);
        function transferOwnership(address to) external;
        function transmit(bytes32[3] reportContext, bytes report, bytes32[] rs, bytes32[] ss, bytes32 rawVs) external;
        function transmitters() external view returns (address[]);
        function typeAndVersion() external view returns (string);
        function updateConfig(BillingConfig config) external;
        error EmptyPublicKey();
        error InconsistentReportData();
        error InsufficientBalance();
        error InvalidCalldata();
        error InvalidConfig(string message);
        error InvalidLinkWeiPrice(int256 linkWei);
        error InvalidSubscription();
        error InvalidUsdLinkPrice(int256 usdLink);
        error MustBeSubOwner(address owner);
        error NoTransmittersSet();
        error OnlyCallableByRouter();
        error OnlyCallableByRouterOwner();
        error PaymentTooLarge();
        error ReportInvalid(string message);
        error RouterMustBeSet();
        error UnauthorizedPublicKeyChange();
        error UnauthorizedSender();
        error UnsupportedRequestDataVersion();
        event CommitmentDeleted(bytes32 requestId);
        event ConfigSet(uint32 previousConfigBlockNumber, bytes32 configDigest, uint64 configCount, address[] signers, address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion, bytes offchainConfig);
        event ConfigUpdated(BillingConfig config);
        event OracleRequest(bytes32 indexed requestId, address indexed requestingContract, address requestInitiator, uint64 subscriptionId, address subscriptionOwner, bytes data, uint16 dataVersion, bytes32 flags, uint64 callbackGasLimit, Commitment commitment);
        event OracleResponse(bytes32 indexed requestId, address transmitter);
        event OwnershipTransferRequested(address indexed from, address indexed to);
        event OwnershipTransferred(address indexed from, address indexed to);
        event RequestBilled(bytes32 indexed requestId, uint96 juelsPerGas, uint256 l1FeeShareWei, uint96 callbackCostJuels, uint72 donFeeJuels, uint72 adminFeeJuels, uint72 operationFeeJuels);
        event SharedOverheadUpdated(uint32 sharedOverheadGas);
        event Transmitted(bytes32 configDigest, uint32 epoch);
    }

    /// What Coordinator 1.3.1 has in place of 1.3.0's.
    interface CoordinatorV131 {
        function getConfig() external view returns (BillingConfigV131);
        function updateConfig(BillingConfigV131 config) external;
        event ConfigUpdated(BillingConfigV131 config);
    }

    /// Terms of service.
    interface AllowList {
        function acceptOwnership() external;
        function acceptTermsOfService(address acceptor, address recipient, bytes32 r, bytes32 s, uint8 v) external;
        function blockSender(address sender) external;
        function getAllAllowedSenders() external view returns (address[]);
        function getAllowedSendersCount() external view returns (uint64);
        function getAllowedSendersInRange(uint64 allowedSenderIdxStart, uint64 allowedSenderIdxEnd) external view returns (address[] allowedSenders);
        function getBlockedSendersCount() external view returns (uint64);
        function getBlockedSendersInRange(uint64 blockedSenderIdxStart, uint64 blockedSenderIdxEnd) external view returns (address[] blockedSenders);
        function getConfig() external view returns (AllowListConfig);
        function getMessage(address acceptor, address recipient) external pure returns (bytes32);
        function hasAccess(address user, bytes) external view returns (bool);
        function isBlockedSender(address sender) external view returns (bool);
        function owner() external view returns (address);
        function transferOwnership(address to) external;
        function typeAndVersion() external view returns (string);
        function unblockSender(address sender) external;
        function updateConfig(AllowListConfig config) external;
        error InvalidCalldata();
        error InvalidSignature();
        error InvalidUsage();
        error RecipientIsBlocked();
        event AddedAccess(address user);
        event BlockedAccess(address user);
        event ConfigUpdated(AllowListConfig config);
        event OwnershipTransferRequested(address indexed from, address indexed to);
        event OwnershipTransferred(address indexed from, address indexed to);
        event UnblockedAccess(address user);
    }

    /// What the Router calls, and the error consumers customarily raise for a request they did not send.
    interface Client {
        function handleOracleFulfillment(bytes32 requestId, bytes response, bytes err) external;
        error OnlyRouterCanFulfill();
        error UnexpectedRequestID(bytes32 requestId);
        event RequestFulfilled(bytes32 indexed id);
        event RequestSent(bytes32 indexed id);
    }

    /// The LINK token: ERC-20 with `transferAndCall` (ERC-677).
    interface Link {
        function balanceOf(address account) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function approve(address spender, uint256 amount) external returns (bool);
        function allowance(address owner, address spender) external view returns (uint256);
        function transferAndCall(address to, uint256 amount, bytes data) external returns (bool success);
        function increaseAllowance(address spender, uint256 addedValue) external returns (bool);
        function decreaseAllowance(address spender, uint256 subtractedValue) external returns (bool);
        function increaseApproval(address spender, uint256 addedValue) external;
        function decreaseApproval(address spender, uint256 subtractedValue) external returns (bool success);
        function totalSupply() external view returns (uint256);
        function decimals() external view returns (uint8);
        function symbol() external view returns (string);
        function name() external view returns (string);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        event Transfer(address indexed from, address indexed to, uint256 value);
        event Transfer(address indexed from, address indexed to, uint256 value, bytes data);
    }

    /// A price feed; `owner` and `setAnswer` exist on development chains only.
    interface Feed {
        function latestRoundData() external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
        function decimals() external view returns (uint8);
        function version() external view returns (uint256);
        function owner() external view returns (address);
        function setAnswer(int256 answer) external;
    }

    /// The example consumer of this repository.
    interface ConsumerExample {
        function sendRequest(string source, bytes encryptedSecretsUrls, uint8 donHostedSecretsSlotId, uint64 donHostedSecretsVersion, string[] args, bytes[] bytesArgs, uint64 subscriptionId, uint32 callbackGasLimit, bytes32 donId) external returns (bytes32);
        function lastRequestId() external view returns (bytes32);
        function lastResponse() external view returns (bytes);
        function lastError() external view returns (bytes);
        event Response(bytes32 indexed requestId, bytes response, bytes err);
    }

    /// Upstream's Solidity example consumer, versions 1.0.0 and 1.3.0: it asks for 70,000 gas and keeps the first 32
    /// bytes of an answer.
    interface FunctionsClientExample {
        function sendRequest(string source, bytes encryptedSecretsReferences, string[] args, uint64 subscriptionId, bytes32 jobId) external;
        function MAX_CALLBACK_GAS() external view returns (uint32);
        function s_lastRequestId() external view returns (bytes32);
        function s_lastResponse() external view returns (bytes32);
        function s_lastError() external view returns (bytes32);
        function s_lastResponseLength() external view returns (uint32);
        function s_lastErrorLength() external view returns (uint32);
    }

    /// Constructors of our programs, all called `stylus_constructor`: the selector is that of the empty argument list,
    /// so encode the arguments with `abi_encode_params` of these and put [`CONSTRUCTOR_SELECTOR`] in front.
    interface Constructors {
        function router(address owner, address link, RouterConfig config) external;
        function coordinator(address owner, address router, BillingConfig config, address linkToNativeFeed, address linkToUsdFeed) external;
        function allowList(address owner, AllowListConfig config, address[] initialAllowedSenders, address[] initialBlockedSenders) external;
        function consumerExample(address owner, address router) external;
        function linkToken(address owner, uint256 supply) external;
        function priceFeed(address owner, uint8 decimals, int256 answer) external;
    }

    /// Errors and panics every contract may raise.
    interface Reverts {
        error Error(string message);
        error Panic(uint256 code);
    }
}

impl From<crate::Commitment> for Commitment {
    /// Values are cut to their ABI width; a [`crate::Commitment`] that was decoded or made by the rules fits.
    fn from(c: crate::Commitment) -> Self {
        Self {
            requestId: c.request_id.0,
            coordinator: c.coordinator,
            estimatedTotalCostJuels: U96::wrapping_from(c.estimated_total_cost_juels.get()),
            client: c.client,
            subscriptionId: c.subscription_id.0,
            callbackGasLimit: c.callback_gas_limit,
            adminFee: U72::wrapping_from(c.admin_fee.get()),
            donFee: U72::wrapping_from(c.don_fee.get()),
            gasOverheadBeforeCallback: U40::wrapping_from(c.gas_overhead_before_callback),
            gasOverheadAfterCallback: U40::wrapping_from(c.gas_overhead_after_callback),
            timeoutTimestamp: c.timeout_timestamp,
        }
    }
}

impl From<Commitment> for crate::Commitment {
    fn from(c: Commitment) -> Self {
        Self {
            request_id: crate::RequestId(c.requestId),
            coordinator: c.coordinator,
            estimated_total_cost_juels: Juels::from_uint96(c.estimatedTotalCostJuels.to()),
            client: c.client,
            subscription_id: crate::SubscriptionId(c.subscriptionId),
            callback_gas_limit: c.callbackGasLimit,
            admin_fee: Juels::from_uint96(c.adminFee.to()),
            don_fee: Juels::from_uint96(c.donFee.to()),
            gas_overhead_before_callback: c.gasOverheadBeforeCallback.to(),
            gas_overhead_after_callback: c.gasOverheadAfterCallback.to(),
            timeout_timestamp: c.timeoutTimestamp,
        }
    }
}
