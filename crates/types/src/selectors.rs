//! Selectors and event topics of the wire, as constants a contract can match on.
//!
//! Functions and errors are the first four bytes of the keccak of the signature, read as a big-endian `u32`; events are the
//! whole hash. A test compares every one with the interfaces of the module `abi`, so the two cannot drift apart.
//!
//! Upstream: Functions Router 1.0.0, Coordinator 1.3.0, Terms of Service Allow List 1.1.0, FunctionsClient.

/// Function selectors.
pub mod functions {
    /// The Router.
    pub mod router {
        /// `MAX_CALLBACK_RETURN_BYTES() view returns (uint16)`
        pub const MAX_CALLBACK_RETURN_BYTES: u32 = 0x0c5d_49cb;
        /// `acceptOwnership()`
        pub const ACCEPT_OWNERSHIP: u32 = 0x79ba_5097;
        /// `acceptSubscriptionOwnerTransfer(uint64 subscriptionId)`
        pub const ACCEPT_SUBSCRIPTION_OWNER_TRANSFER: u32 = 0x8235_9740;
        /// `addConsumer(uint64 subscriptionId, address consumer)`
        pub const ADD_CONSUMER: u32 = 0x7341_c10c;
        /// `cancelSubscription(uint64 subscriptionId, address to)`
        pub const CANCEL_SUBSCRIPTION: u32 = 0xd7ae_1d30;
        /// `createSubscription() returns (uint64 subscriptionId)`
        pub const CREATE_SUBSCRIPTION: u32 = 0xa21a_23e4;
        /// `createSubscriptionWithConsumer(address consumer) returns (uint64 subscriptionId)`
        pub const CREATE_SUBSCRIPTION_WITH_CONSUMER: u32 = 0xcc77_470a;
        /// `fulfill(bytes response, bytes err, uint96 juelsPerGas, uint96 costWithoutCallback, address transmitter, Commitment commitment) returns (uint8 resultCode, uint96)`
        pub const FULFILL: u32 = 0x3306_0529;
        /// `getAdminFee() view returns (uint72)`
        pub const GET_ADMIN_FEE: u32 = 0x2a90_5ccc;
        /// `getAllowListId() view returns (bytes32)`
        pub const GET_ALLOW_LIST_ID: u32 = 0xaab3_96bd;
        /// `getConfig() view returns (RouterConfig)`
        pub const GET_CONFIG: u32 = 0xc3f9_09d4;
        /// `getConsumer(address client, uint64 subscriptionId) view returns (Consumer)`
        pub const GET_CONSUMER: u32 = 0x6746_03d0;
        /// `getContractById(bytes32 id) view returns (address)`
        pub const GET_CONTRACT_BY_ID: u32 = 0xa9c9_a918;
        /// `getFlags(uint64 subscriptionId) view returns (bytes32)`
        pub const GET_FLAGS: u32 = 0x55fe_defa;
        /// `getProposedContractById(bytes32 id) view returns (address)`
        pub const GET_PROPOSED_CONTRACT_BY_ID: u32 = 0x6a22_15de;
        /// `getProposedContractSet() view returns (bytes32[], address[])`
        pub const GET_PROPOSED_CONTRACT_SET: u32 = 0xbadc_3eb6;
        /// `getSubscription(uint64 subscriptionId) view returns (Subscription)`
        pub const GET_SUBSCRIPTION: u32 = 0xa47c_7696;
        /// `getSubscriptionCount() view returns (uint64)`
        pub const GET_SUBSCRIPTION_COUNT: u32 = 0x6641_9970;
        /// `getSubscriptionsInRange(uint64 subscriptionIdStart, uint64 subscriptionIdEnd) view returns (Subscription[] subscriptions)`
        pub const GET_SUBSCRIPTIONS_IN_RANGE: u32 = 0xec24_54e5;
        /// `getTotalBalance() view returns (uint96)`
        pub const GET_TOTAL_BALANCE: u32 = 0x12b5_8349;
        /// `isValidCallbackGasLimit(uint64 subscriptionId, uint32 callbackGasLimit) view`
        pub const IS_VALID_CALLBACK_GAS_LIMIT: u32 = 0x10fc_49c1;
        /// `onTokenTransfer(address, uint256 amount, bytes data)`
        pub const ON_TOKEN_TRANSFER: u32 = 0xa4c0_ed36;
        /// `oracleWithdraw(address recipient, uint96 amount)`
        pub const ORACLE_WITHDRAW: u32 = 0x6631_6d8d;
        /// `owner() view returns (address)`
        pub const OWNER: u32 = 0x8da5_cb5b;
        /// `ownerCancelSubscription(uint64 subscriptionId)`
        pub const OWNER_CANCEL_SUBSCRIPTION: u32 = 0x02bc_c5b6;
        /// `ownerWithdraw(address recipient, uint96 amount)`
        pub const OWNER_WITHDRAW: u32 = 0x5ed6_dfba;
        /// `pause()`
        pub const PAUSE: u32 = 0x8456_cb59;
        /// `paused() view returns (bool)`
        pub const PAUSED: u32 = 0x5c97_5abb;
        /// `pendingRequestExists(uint64 subscriptionId) view returns (bool)`
        pub const PENDING_REQUEST_EXISTS: u32 = 0xe82a_d7d4;
        /// `proposeContractsUpdate(bytes32[] proposedContractSetIds, address[] proposedContractSetAddresses)`
        pub const PROPOSE_CONTRACTS_UPDATE: u32 = 0x3e87_1e4d;
        /// `proposeSubscriptionOwnerTransfer(uint64 subscriptionId, address newOwner)`
        pub const PROPOSE_SUBSCRIPTION_OWNER_TRANSFER: u32 = 0x4b88_32d3;
        /// `recoverFunds(address to)`
        pub const RECOVER_FUNDS: u32 = 0xe72f_6e30;
        /// `removeConsumer(uint64 subscriptionId, address consumer)`
        pub const REMOVE_CONSUMER: u32 = 0x9f87_fad7;
        /// `sendRequest(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32 donId) returns (bytes32)`
        pub const SEND_REQUEST: u32 = 0x461d_2762;
        /// `sendRequestToProposed(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32 donId) returns (bytes32)`
        pub const SEND_REQUEST_TO_PROPOSED: u32 = 0x41db_4ca3;
        /// `setAllowListId(bytes32 allowListId)`
        pub const SET_ALLOW_LIST_ID: u32 = 0xea32_0e0b;
        /// `setFlags(uint64 subscriptionId, bytes32 flags)`
        pub const SET_FLAGS: u32 = 0x1ded_3b36;
        /// `timeoutRequests(Commitment[] requestsToTimeoutByCommitment)`
        pub const TIMEOUT_REQUESTS: u32 = 0xe826_22aa;
        /// `transferOwnership(address to)`
        pub const TRANSFER_OWNERSHIP: u32 = 0xf2fd_e38b;
        /// `typeAndVersion() view returns (string)`
        pub const TYPE_AND_VERSION: u32 = 0x181f_5a77;
        /// `unpause()`
        pub const UNPAUSE: u32 = 0x3f4b_a83a;
        /// `updateConfig(RouterConfig config)`
        pub const UPDATE_CONFIG: u32 = 0x6162_a323;
        /// `updateContracts()`
        pub const UPDATE_CONTRACTS: u32 = 0xb734_c0f4;
    }
    /// The Coordinator.
    pub mod coordinator {
        /// `acceptOwnership()`
        pub const ACCEPT_OWNERSHIP: u32 = 0x79ba_5097;
        /// `deleteCommitment(bytes32 requestId)`
        pub const DELETE_COMMITMENT: u32 = 0x85b2_14cf;
        /// `estimateCost(uint64 subscriptionId, bytes data, uint32 callbackGasLimit, uint256 gasPriceWei) view returns (uint96)`
        pub const ESTIMATE_COST: u32 = 0xd227_d245;
        /// `getAdminFeeJuels() view returns (uint72)`
        pub const GET_ADMIN_FEE_JUELS: u32 = 0xf6ea_41f6;
        /// `getConfig() view returns (BillingConfig)`
        pub const GET_CONFIG: u32 = 0xc3f9_09d4;
        /// `getDONFeeJuels(bytes) view returns (uint72)`
        pub const GET_DON_FEE_JUELS: u32 = 0x626f_458c;
        /// `getDONPublicKey() view returns (bytes)`
        pub const GET_DON_PUBLIC_KEY: u32 = 0xd328_a91e;
        /// `getOperationFeeJuels() view returns (uint72)`
        pub const GET_OPERATION_FEE_JUELS: u32 = 0xf2f2_2ef1;
        /// `getThresholdPublicKey() view returns (bytes)`
        pub const GET_THRESHOLD_PUBLIC_KEY: u32 = 0x81f1_b938;
        /// `getUsdPerUnitLink() view returns (uint256, uint8)`
        pub const GET_USD_PER_UNIT_LINK: u32 = 0x7212_762f;
        /// `getWeiPerUnitLink() view returns (uint256)`
        pub const GET_WEI_PER_UNIT_LINK: u32 = 0xe4dd_cea6;
        /// `latestConfigDetails() view returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest)`
        pub const LATEST_CONFIG_DETAILS: u32 = 0x81ff_7048;
        /// `latestConfigDigestAndEpoch() view returns (bool scanLogs, bytes32 configDigest, uint32 epoch)`
        pub const LATEST_CONFIG_DIGEST_AND_EPOCH: u32 = 0xafcb_95d7;
        /// `oracleWithdraw(address recipient, uint96 amount)`
        pub const ORACLE_WITHDRAW: u32 = 0x6631_6d8d;
        /// `oracleWithdrawAll()`
        pub const ORACLE_WITHDRAW_ALL: u32 = 0x7d48_0787;
        /// `owner() view returns (address)`
        pub const OWNER: u32 = 0x8da5_cb5b;
        /// `setConfig(address[] _signers, address[] _transmitters, uint8 _f, bytes _onchainConfig, uint64 _offchainConfigVersion, bytes _offchainConfig)`
        pub const SET_CONFIG: u32 = 0xe3d0_e712;
        /// `setDONPublicKey(bytes donPublicKey)`
        pub const SET_DON_PUBLIC_KEY: u32 = 0x7f15_e166;
        /// `setThresholdPublicKey(bytes thresholdPublicKey)`
        pub const SET_THRESHOLD_PUBLIC_KEY: u32 = 0x083a_5466;
        /// `startRequest(RequestMeta request) returns (Commitment commitment)`
        pub const START_REQUEST: u32 = 0xa631_571e;
        /// `transferOwnership(address to)`
        pub const TRANSFER_OWNERSHIP: u32 = 0xf2fd_e38b;
        /// `transmit(bytes32[3] reportContext, bytes report, bytes32[] rs, bytes32[] ss, bytes32 rawVs)`
        pub const TRANSMIT: u32 = 0xb1dc_65a4;
        /// `transmitters() view returns (address[])`
        pub const TRANSMITTERS: u32 = 0x8141_1834;
        /// `typeAndVersion() view returns (string)`
        pub const TYPE_AND_VERSION: u32 = 0x181f_5a77;
        /// `updateConfig(BillingConfig config)`
        pub const UPDATE_CONFIG: u32 = 0xba9c_924d;
    }
    /// What Coordinator 1.3.1 has in place of 1.3.0's.
    pub mod coordinator_v1_3_1 {
        /// `updateConfig(BillingConfigV131 config)`
        pub const UPDATE_CONFIG: u32 = 0xc074_ef21;
    }
    /// The terms-of-service allow list.
    pub mod allow_list {
        /// `acceptOwnership()`
        pub const ACCEPT_OWNERSHIP: u32 = 0x79ba_5097;
        /// `acceptTermsOfService(address acceptor, address recipient, bytes32 r, bytes32 s, uint8 v)`
        pub const ACCEPT_TERMS_OF_SERVICE: u32 = 0x3908_c4d4;
        /// `blockSender(address sender)`
        pub const BLOCK_SENDER: u32 = 0x8218_4c7b;
        /// `getAllAllowedSenders() view returns (address[])`
        pub const GET_ALL_ALLOWED_SENDERS: u32 = 0x817e_f62e;
        /// `getAllowedSendersCount() view returns (uint64)`
        pub const GET_ALLOWED_SENDERS_COUNT: u32 = 0xcc7e_bf49;
        /// `getAllowedSendersInRange(uint64 allowedSenderIdxStart, uint64 allowedSenderIdxEnd) view returns (address[] allowedSenders)`
        pub const GET_ALLOWED_SENDERS_IN_RANGE: u32 = 0x0a8c_9c24;
        /// `getBlockedSendersCount() view returns (uint64)`
        pub const GET_BLOCKED_SENDERS_COUNT: u32 = 0x01a0_5958;
        /// `getBlockedSendersInRange(uint64 blockedSenderIdxStart, uint64 blockedSenderIdxEnd) view returns (address[] blockedSenders)`
        pub const GET_BLOCKED_SENDERS_IN_RANGE: u32 = 0x2022_9a86;
        /// `getConfig() view returns (AllowListConfig)`
        pub const GET_CONFIG: u32 = 0xc3f9_09d4;
        /// `getMessage(address acceptor, address recipient) pure returns (bytes32)`
        pub const GET_MESSAGE: u32 = 0xa39b_06e3;
        /// `hasAccess(address user, bytes) view returns (bool)`
        pub const HAS_ACCESS: u32 = 0x6b14_daf8;
        /// `isBlockedSender(address sender) view returns (bool)`
        pub const IS_BLOCKED_SENDER: u32 = 0xa5e1_d61d;
        /// `owner() view returns (address)`
        pub const OWNER: u32 = 0x8da5_cb5b;
        /// `transferOwnership(address to)`
        pub const TRANSFER_OWNERSHIP: u32 = 0xf2fd_e38b;
        /// `typeAndVersion() view returns (string)`
        pub const TYPE_AND_VERSION: u32 = 0x181f_5a77;
        /// `unblockSender(address sender)`
        pub const UNBLOCK_SENDER: u32 = 0x4766_3acb;
        /// `updateConfig(AllowListConfig config)`
        pub const UPDATE_CONFIG: u32 = 0x89f9_a2c4;
    }
    /// A consumer, as the Router calls it.
    pub mod client {
        /// `handleOracleFulfillment(bytes32 requestId, bytes response, bytes err)`
        pub const HANDLE_ORACLE_FULFILLMENT: u32 = 0x0ca7_6175;
    }
    /// A price feed; the last three exist on development chains only.
    pub mod feed {
        /// `latestRoundData() view returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80)`
        pub const LATEST_ROUND_DATA: u32 = 0xfeaf_968c;
        /// `decimals() view returns (uint8)`
        pub const DECIMALS: u32 = 0x313c_e567;
        /// `version() view returns (uint256)`
        pub const VERSION: u32 = 0x54fd_4d50;
        /// `owner() view returns (address)`
        pub const OWNER: u32 = 0x8da5_cb5b;
        /// `setAnswer(int256 answer)`
        pub const SET_ANSWER: u32 = 0x9921_3cd8;
    }
    /// The LINK token (ERC-677).
    pub mod link {
        /// `allowance(address owner, address spender) view returns (uint256)`
        pub const ALLOWANCE: u32 = 0xdd62_ed3e;
        /// `approve(address spender, uint256 value) returns (bool)`
        pub const APPROVE: u32 = 0x095e_a7b3;
        /// `balanceOf(address account) view returns (uint256)`
        pub const BALANCE_OF: u32 = 0x70a0_8231;
        /// `decimals() view returns (uint8)`
        pub const DECIMALS: u32 = 0x313c_e567;
        /// `decreaseAllowance(address spender, uint256 subtractedValue) returns (bool)`
        pub const DECREASE_ALLOWANCE: u32 = 0xa457_c2d7;
        /// `decreaseApproval(address spender, uint256 subtractedValue) returns (bool success)`
        pub const DECREASE_APPROVAL: u32 = 0x6618_8463;
        /// `increaseAllowance(address spender, uint256 addedValue) returns (bool)`
        pub const INCREASE_ALLOWANCE: u32 = 0x3950_9351;
        /// `increaseApproval(address spender, uint256 addedValue)`
        pub const INCREASE_APPROVAL: u32 = 0xd73d_d623;
        /// `name() view returns (string)`
        pub const NAME: u32 = 0x06fd_de03;
        /// `symbol() view returns (string)`
        pub const SYMBOL: u32 = 0x95d8_9b41;
        /// `totalSupply() view returns (uint256)`
        pub const TOTAL_SUPPLY: u32 = 0x1816_0ddd;
        /// `transfer(address to, uint256 value) returns (bool)`
        pub const TRANSFER: u32 = 0xa905_9cbb;
        /// `transferAndCall(address to, uint256 value, bytes data) returns (bool)`
        pub const TRANSFER_AND_CALL: u32 = 0x4000_aea0;
        /// `transferFrom(address from, address to, uint256 value) returns (bool)`
        pub const TRANSFER_FROM: u32 = 0x23b8_72dd;
    }
    /// Functions outside the project: a precompile, and the constructor entry of Stylus programs.
    pub mod any {
        /// `getCurrentTxL1GasFees() view returns (uint256)`
        pub const GET_CURRENT_TX_L1_GAS_FEES: u32 = 0xc6f7_de0e;
        /// `getPricesInWei() view returns (uint256, uint256, uint256, uint256, uint256, uint256)`
        pub const GET_PRICES_IN_WEI: u32 = 0x41b2_47a8;
        /// `stylus_constructor()`
        pub const STYLUS_CONSTRUCTOR: u32 = 0x5585_258d;
    }
}

/// Error selectors.
pub mod errors {
    /// The Router.
    pub mod router {
        /// `CannotRemoveWithPendingRequests()`
        pub const CANNOT_REMOVE_WITH_PENDING_REQUESTS: u32 = 0x06eb_10c8;
        /// `DuplicateRequestId(bytes32 requestId)`
        pub const DUPLICATE_REQUEST_ID: u32 = 0x304f_32e8;
        /// `EmptyRequestData()`
        pub const EMPTY_REQUEST_DATA: u32 = 0x00c1_cfc0;
        /// `GasLimitTooBig(uint32 limit)`
        pub const GAS_LIMIT_TOO_BIG: u32 = 0x1d70_f87a;
        /// `IdentifierIsReserved(bytes32 id)`
        pub const IDENTIFIER_IS_RESERVED: u32 = 0x4855_c288;
        /// `InsufficientBalance(uint96 currentBalanceJuels)`
        pub const INSUFFICIENT_BALANCE: u32 = 0x6b0f_e56f;
        /// `InvalidCalldata()`
        pub const INVALID_CALLDATA: u32 = 0x8129_bbcd;
        /// `InvalidConsumer()`
        pub const INVALID_CONSUMER: u32 = 0x71e8_3137;
        /// `InvalidGasFlagValue(uint8 value)`
        pub const INVALID_GAS_FLAG_VALUE: u32 = 0x45c1_08ce;
        /// `InvalidProposal()`
        pub const INVALID_PROPOSAL: u32 = 0xee03_2808;
        /// `InvalidSubscription()`
        pub const INVALID_SUBSCRIPTION: u32 = 0x1f6a_65b6;
        /// `MustBeProposedOwner(address proposedOwner)`
        pub const MUST_BE_PROPOSED_OWNER: u32 = 0x4e1d_9f18;
        /// `MustBeSubscriptionOwner()`
        pub const MUST_BE_SUBSCRIPTION_OWNER: u32 = 0x5a68_151d;
        /// `OnlyCallableFromCoordinator()`
        pub const ONLY_CALLABLE_FROM_COORDINATOR: u32 = 0x8bec_23e7;
        /// `OnlyCallableFromLink()`
        pub const ONLY_CALLABLE_FROM_LINK: u32 = 0x44b0_e3c3;
        /// `RouteNotFound(bytes32 id)`
        pub const ROUTE_NOT_FOUND: u32 = 0x8083_3e33;
        /// `SenderMustAcceptTermsOfService(address sender)`
        pub const SENDER_MUST_ACCEPT_TERMS_OF_SERVICE: u32 = 0x2290_6263;
        /// `TimeoutNotExceeded()`
        pub const TIMEOUT_NOT_EXCEEDED: u32 = 0xa237_6fe8;
        /// `TooManyConsumers(uint16 maximumConsumers)`
        pub const TOO_MANY_CONSUMERS: u32 = 0xb72b_c703;
    }
    /// The Coordinator.
    pub mod coordinator {
        /// `EmptyPublicKey()`
        pub const EMPTY_PUBLIC_KEY: u32 = 0x4f42_be3d;
        /// `InconsistentReportData()`
        pub const INCONSISTENT_REPORT_DATA: u32 = 0xe915_fda5;
        /// `InsufficientBalance()`
        pub const INSUFFICIENT_BALANCE: u32 = 0xf4d6_78b8;
        /// `InvalidCalldata()`
        pub const INVALID_CALLDATA: u32 = 0x8129_bbcd;
        /// `InvalidConfig(string message)`
        pub const INVALID_CONFIG: u32 = 0x89a6_1989;
        /// `InvalidLinkWeiPrice(int256 linkWei)`
        pub const INVALID_LINK_WEI_PRICE: u32 = 0x43d4_cf66;
        /// `InvalidSubscription()`
        pub const INVALID_SUBSCRIPTION: u32 = 0x1f6a_65b6;
        /// `InvalidUsdLinkPrice(int256 usdLink)`
        pub const INVALID_USD_LINK_PRICE: u32 = 0x56b2_2ab8;
        /// `MustBeSubOwner(address owner)`
        pub const MUST_BE_SUB_OWNER: u32 = 0xd8a3_fb52;
        /// `NoTransmittersSet()`
        pub const NO_TRANSMITTERS_SET: u32 = 0x3027_4b3a;
        /// `OnlyCallableByRouter()`
        pub const ONLY_CALLABLE_BY_ROUTER: u32 = 0xc41a_5b09;
        /// `OnlyCallableByRouterOwner()`
        pub const ONLY_CALLABLE_BY_ROUTER_OWNER: u32 = 0xa0f0_a446;
        /// `PaymentTooLarge()`
        pub const PAYMENT_TOO_LARGE: u32 = 0xe80f_a381;
        /// `ReportInvalid(string message)`
        pub const REPORT_INVALID: u32 = 0x660b_d4ba;
        /// `RouterMustBeSet()`
        pub const ROUTER_MUST_BE_SET: u32 = 0x4a61_d10a;
        /// `UnauthorizedPublicKeyChange()`
        pub const UNAUTHORIZED_PUBLIC_KEY_CHANGE: u32 = 0xed6d_d19b;
        /// `UnauthorizedSender()`
        pub const UNAUTHORIZED_SENDER: u32 = 0x0809_4908;
        /// `UnsupportedRequestDataVersion()`
        pub const UNSUPPORTED_REQUEST_DATA_VERSION: u32 = 0xdada_7587;
    }
    /// The terms-of-service allow list.
    pub mod allow_list {
        /// `InvalidCalldata()`
        pub const INVALID_CALLDATA: u32 = 0x8129_bbcd;
        /// `InvalidSignature()`
        pub const INVALID_SIGNATURE: u32 = 0x8baa_579f;
        /// `InvalidUsage()`
        pub const INVALID_USAGE: u32 = 0x381c_fcbd;
        /// `RecipientIsBlocked()`
        pub const RECIPIENT_IS_BLOCKED: u32 = 0x62b7_a34d;
    }
    /// A consumer, as the Router calls it.
    pub mod client {
        /// `OnlyRouterCanFulfill()`
        pub const ONLY_ROUTER_CAN_FULFILL: u32 = 0xc682_9f83;
    }
    /// The request library of the Solidity client.
    pub mod request {
        /// `EmptySource()`
        pub const EMPTY_SOURCE: u32 = 0x22ce_3edd;
        /// `EmptySecrets()`
        pub const EMPTY_SECRETS: u32 = 0xe889_636f;
        /// `EmptyArgs()`
        pub const EMPTY_ARGS: u32 = 0xfe93_6cb7;
        /// `NoInlineSecrets()`
        pub const NO_INLINE_SECRETS: u32 = 0xa80d_31f7;
    }
    /// Errors any contract may raise.
    pub mod any {
        /// `Error(string)`
        pub const ERROR: u32 = 0x08c3_79a0;
        /// `Panic(uint256)`
        pub const PANIC: u32 = 0x4e48_7b71;
    }
}

/// Event topics (topic 0).
pub mod events {
    /// The Router.
    pub mod router {
        use alloy_primitives::{B256, b256};
        /// `ConfigUpdated(RouterConfig)`
        pub const CONFIG_UPDATED: B256 =
            b256!("0x00a5832bf95f66c7814294cc4db681f20ee79608bfb8912a5321d66cfed5e985");
        /// `ContractProposed(bytes32 proposedContractSetId, address proposedContractSetFromAddress, address proposedContractSetToAddress)`
        pub const CONTRACT_PROPOSED: B256 =
            b256!("0x8b052f0f4bf82fede7daffea71592b29d5ef86af1f3c7daaa0345dbb2f52f481");
        /// `ContractUpdated(bytes32 id, address from, address to)`
        pub const CONTRACT_UPDATED: B256 =
            b256!("0xf8a6175bca1ba37d682089187edc5e20a859989727f10ca6bd9a5bc0de8caf94");
        /// `FundsRecovered(address to, uint256 amount)`
        pub const FUNDS_RECOVERED: B256 =
            b256!("0x59bfc682b673f8cbf945f1e454df9334834abf7dfe7f92237ca29ecb9b436600");
        /// `OwnershipTransferRequested(address indexed from, address indexed to)`
        pub const OWNERSHIP_TRANSFER_REQUESTED: B256 =
            b256!("0xed8889f560326eb138920d842192f0eb3dd22b4f139c87a2c57538e05bae1278");
        /// `OwnershipTransferred(address indexed from, address indexed to)`
        pub const OWNERSHIP_TRANSFERRED: B256 =
            b256!("0x8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0");
        /// `Paused(address account)`
        pub const PAUSED: B256 = b256!("0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258");
        /// `RequestNotProcessed(bytes32 indexed requestId, address coordinator, address transmitter, uint8 resultCode)`
        pub const REQUEST_NOT_PROCESSED: B256 =
            b256!("0x1a90e9a50793db2e394cf581e7c522e10c358a81e70acf6b5a0edd620c08dee1");
        /// `RequestProcessed(bytes32 indexed requestId, uint64 indexed subscriptionId, uint96 totalCostJuels, address transmitter, uint8 resultCode, bytes response, bytes err, bytes callbackReturnData)`
        pub const REQUEST_PROCESSED: B256 =
            b256!("0x64778f26c70b60a8d7e29e2451b3844302d959448401c0535b768ed88c6b505e");
        /// `RequestStart(bytes32 indexed requestId, bytes32 indexed donId, uint64 indexed subscriptionId, address subscriptionOwner, address requestingContract, address requestInitiator, bytes data, uint16 dataVersion, uint32 callbackGasLimit, uint96 estimatedTotalCostJuels)`
        pub const REQUEST_START: B256 =
            b256!("0xf67aec45c9a7ede407974a3e0c3a743dffeab99ee3f2d4c9a8144c2ebf2c7ec9");
        /// `RequestTimedOut(bytes32 indexed requestId)`
        pub const REQUEST_TIMED_OUT: B256 =
            b256!("0xf1ca1e9147be737b04a2b018a79405f687a97de8dd8a2559bbe62357343af414");
        /// `SubscriptionCanceled(uint64 indexed subscriptionId, address fundsRecipient, uint256 fundsAmount)`
        pub const SUBSCRIPTION_CANCELED: B256 =
            b256!("0xe8ed5b475a5b5987aa9165e8731bb78043f39eee32ec5a1169a89e27fcd49815");
        /// `SubscriptionConsumerAdded(uint64 indexed subscriptionId, address consumer)`
        pub const SUBSCRIPTION_CONSUMER_ADDED: B256 =
            b256!("0x43dc749a04ac8fb825cbd514f7c0e13f13bc6f2ee66043b76629d51776cff8e0");
        /// `SubscriptionConsumerRemoved(uint64 indexed subscriptionId, address consumer)`
        pub const SUBSCRIPTION_CONSUMER_REMOVED: B256 =
            b256!("0x182bff9831466789164ca77075fffd84916d35a8180ba73c27e45634549b445b");
        /// `SubscriptionCreated(uint64 indexed subscriptionId, address owner)`
        pub const SUBSCRIPTION_CREATED: B256 =
            b256!("0x464722b4166576d3dcbba877b999bc35cf911f4eaf434b7eba68fa113951d0bf");
        /// `SubscriptionFunded(uint64 indexed subscriptionId, uint256 oldBalance, uint256 newBalance)`
        pub const SUBSCRIPTION_FUNDED: B256 =
            b256!("0xd39ec07f4e209f627a4c427971473820dc129761ba28de8906bd56f57101d4f8");
        /// `SubscriptionOwnerTransferRequested(uint64 indexed subscriptionId, address from, address to)`
        pub const SUBSCRIPTION_OWNER_TRANSFER_REQUESTED: B256 =
            b256!("0x69436ea6df009049404f564eff6622cd00522b0bd6a89efd9e52a355c4a879be");
        /// `SubscriptionOwnerTransferred(uint64 indexed subscriptionId, address from, address to)`
        pub const SUBSCRIPTION_OWNER_TRANSFERRED: B256 =
            b256!("0x6f1dc65165ffffedfd8e507b4a0f1fcfdada045ed11f6c26ba27cedfe87802f0");
        /// `Unpaused(address account)`
        pub const UNPAUSED: B256 =
            b256!("0x5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa");
    }
    /// The Coordinator.
    pub mod coordinator {
        use alloy_primitives::{B256, b256};
        /// `CommitmentDeleted(bytes32 requestId)`
        pub const COMMITMENT_DELETED: B256 =
            b256!("0x8a4b97add3359bd6bcf5e82874363670eb5ad0f7615abddbd0ed0a3a98f0f416");
        /// `ConfigSet(uint32 previousConfigBlockNumber, bytes32 configDigest, uint64 configCount, address[] signers, address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion, bytes offchainConfig)`
        pub const CONFIG_SET: B256 =
            b256!("0x1591690b8638f5fb2dbec82ac741805ac5da8b45dc5263f4875b0496fdce4e05");
        /// `ConfigUpdated(BillingConfig config)`
        pub const CONFIG_UPDATED: B256 =
            b256!("0x2e2c8535dcc25459d519f2300c114d2d2128bf6399722d04eca078461a3bf33a");
        /// `OracleRequest(bytes32 indexed requestId, address indexed requestingContract, address requestInitiator, uint64 subscriptionId, address subscriptionOwner, bytes data, uint16 dataVersion, bytes32 flags, uint64 callbackGasLimit, Commitment commitment)`
        pub const ORACLE_REQUEST: B256 =
            b256!("0xbf50768ccf13bd0110ca6d53a9c4f1f3271abdd4c24a56878863ed25b20598ff");
        /// `OracleResponse(bytes32 indexed requestId, address transmitter)`
        pub const ORACLE_RESPONSE: B256 =
            b256!("0xc708e0440951fd63499c0f7a73819b469ee5dd3ecc356c0ab4eb7f18389009d9");
        /// `OwnershipTransferRequested(address indexed from, address indexed to)`
        pub const OWNERSHIP_TRANSFER_REQUESTED: B256 =
            b256!("0xed8889f560326eb138920d842192f0eb3dd22b4f139c87a2c57538e05bae1278");
        /// `OwnershipTransferred(address indexed from, address indexed to)`
        pub const OWNERSHIP_TRANSFERRED: B256 =
            b256!("0x8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0");
        /// `RequestBilled(bytes32 indexed requestId, uint96 juelsPerGas, uint256 l1FeeShareWei, uint96 callbackCostJuels, uint72 donFeeJuels, uint72 adminFeeJuels, uint72 operationFeeJuels)`
        pub const REQUEST_BILLED: B256 =
            b256!("0x08a4a0761e3c98d288cb4af9342660f49550d83139fb3b762b70d34bed627368");
        /// `Transmitted(bytes32 configDigest, uint32 epoch)`
        pub const TRANSMITTED: B256 =
            b256!("0xb04e63db38c49950639fa09d29872f21f5d49d614f3a969d8adf3d4b52e41a62");
    }
    /// What Coordinator 1.3.1 has in place of 1.3.0's.
    pub mod coordinator_v1_3_1 {
        use alloy_primitives::{B256, b256};
        /// `ConfigUpdated(BillingConfigV131 config)`
        pub const CONFIG_UPDATED: B256 =
            b256!("0x9832846a11905a128363408ace5f9803f449fcb017d3cf7e22a50c6e332931b2");
    }
    /// The terms-of-service allow list.
    pub mod allow_list {
        use alloy_primitives::{B256, b256};
        /// `AddedAccess(address user)`
        pub const ADDED_ACCESS: B256 =
            b256!("0x87286ad1f399c8e82bf0c4ef4fcdc570ea2e1e92176e5c848b6413545b885db4");
        /// `BlockedAccess(address user)`
        pub const BLOCKED_ACCESS: B256 =
            b256!("0x337cd0f3f594112b6d830afb510072d3b08556b446514f73b8109162fd1151e1");
        /// `ConfigUpdated(AllowListConfig config)`
        pub const CONFIG_UPDATED: B256 =
            b256!("0x0d22b8a99f411b3dd338c961284f608489ca0dab9cdad17366a343c361bcf80a");
        /// `OwnershipTransferRequested(address indexed from, address indexed to)`
        pub const OWNERSHIP_TRANSFER_REQUESTED: B256 =
            b256!("0xed8889f560326eb138920d842192f0eb3dd22b4f139c87a2c57538e05bae1278");
        /// `OwnershipTransferred(address indexed from, address indexed to)`
        pub const OWNERSHIP_TRANSFERRED: B256 =
            b256!("0x8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0");
        /// `UnblockedAccess(address user)`
        pub const UNBLOCKED_ACCESS: B256 =
            b256!("0x28bbd0761309a99e8fb5e5d02ada0b7b2db2e5357531ff5dbfc205c3f5b6592b");
    }
    /// A consumer, as the Router calls it.
    pub mod client {
        use alloy_primitives::{B256, b256};
        /// `RequestFulfilled(bytes32 indexed id)`
        pub const REQUEST_FULFILLED: B256 =
            b256!("0x85e1543bf2f84fe80c6badbce3648c8539ad1df4d2b3d822938ca0538be727e6");
        /// `RequestSent(bytes32 indexed id)`
        pub const REQUEST_SENT: B256 =
            b256!("0x1131472297a800fee664d1d89cfa8f7676ff07189ecc53f80bbb5f4969099db8");
    }
    /// The LINK token (ERC-677).
    pub mod link {
        use alloy_primitives::{B256, b256};
        /// `Approval(address indexed owner, address indexed spender, uint256 value)`
        pub const APPROVAL: B256 =
            b256!("0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925");
        /// `Transfer(address indexed from, address indexed to, uint256 value)`
        pub const TRANSFER: B256 =
            b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
        /// `Transfer(address indexed from, address indexed to, uint256 value, bytes data)`
        pub const TRANSFER_AND_CALL: B256 =
            b256!("0xe19260aff97b920c7df27010903aeb9c8d2be5d310a2c67824cf3f15396e4c16");
    }
}
