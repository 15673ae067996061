//! Function selectors.

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
    /// `fulfill(bytes response, bytes err, uint96 juelsPerGas, uint96 costWithoutCallback, address transmitter,
    /// Commitment commitment) returns (uint8 resultCode, uint96)`
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
    /// `getSubscriptionsInRange(uint64 subscriptionIdStart, uint64 subscriptionIdEnd) view returns (Subscription[]
    /// subscriptions)`
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
    /// `sendRequest(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32 donId)
    /// returns (bytes32)`
    pub const SEND_REQUEST: u32 = 0x461d_2762;
    /// `sendRequestToProposed(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32
    /// donId) returns (bytes32)`
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
    /// `estimateCost(uint64 subscriptionId, bytes data, uint32 callbackGasLimit, uint256 gasPriceWei) view returns
    /// (uint96)`
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
    /// `getSharedOverhead() view returns (uint32)`
    pub const GET_SHARED_OVERHEAD: u32 = 0x98b9_55a6;
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
    /// `setConfig(address[] _signers, address[] _transmitters, uint8 _f, bytes _onchainConfig, uint64
    /// _offchainConfigVersion, bytes _offchainConfig)`
    pub const SET_CONFIG: u32 = 0xe3d0_e712;
    /// `setDONPublicKey(bytes donPublicKey)`
    pub const SET_DON_PUBLIC_KEY: u32 = 0x7f15_e166;
    /// `setSharedOverhead(uint32 sharedOverheadGas)`
    pub const SET_SHARED_OVERHEAD: u32 = 0xac00_c261;
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
    /// `getAllowedSendersInRange(uint64 allowedSenderIdxStart, uint64 allowedSenderIdxEnd) view returns (address[]
    /// allowedSenders)`
    pub const GET_ALLOWED_SENDERS_IN_RANGE: u32 = 0x0a8c_9c24;
    /// `getBlockedSendersCount() view returns (uint64)`
    pub const GET_BLOCKED_SENDERS_COUNT: u32 = 0x01a0_5958;
    /// `getBlockedSendersInRange(uint64 blockedSenderIdxStart, uint64 blockedSenderIdxEnd) view returns (address[]
    /// blockedSenders)`
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
    /// `approve(address spender, uint256 amount) returns (bool)`
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
    /// `transfer(address to, uint256 amount) returns (bool)`
    pub const TRANSFER: u32 = 0xa905_9cbb;
    /// `transferAndCall(address to, uint256 amount, bytes data) returns (bool success)`
    pub const TRANSFER_AND_CALL: u32 = 0x4000_aea0;
    /// `transferFrom(address from, address to, uint256 amount) returns (bool)`
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
