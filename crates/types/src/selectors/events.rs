//! Event topics (topic 0).

/// The Router.
pub mod router {
    pub use super::owned::*;
    use alloy_primitives::{B256, b256};
    /// `ConfigUpdated(RouterConfig)`
    pub const CONFIG_UPDATED: B256 =
        b256!("0x00a5832bf95f66c7814294cc4db681f20ee79608bfb8912a5321d66cfed5e985");
    /// `ContractProposed(bytes32 proposedContractSetId, address proposedContractSetFromAddress, address
    /// proposedContractSetToAddress)`
    pub const CONTRACT_PROPOSED: B256 =
        b256!("0x8b052f0f4bf82fede7daffea71592b29d5ef86af1f3c7daaa0345dbb2f52f481");
    /// `ContractUpdated(bytes32 id, address from, address to)`
    pub const CONTRACT_UPDATED: B256 =
        b256!("0xf8a6175bca1ba37d682089187edc5e20a859989727f10ca6bd9a5bc0de8caf94");
    /// `FundsRecovered(address to, uint256 amount)`
    pub const FUNDS_RECOVERED: B256 =
        b256!("0x59bfc682b673f8cbf945f1e454df9334834abf7dfe7f92237ca29ecb9b436600");
    /// `Paused(address account)`
    pub const PAUSED: B256 = b256!("0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258");
    /// `RequestNotProcessed(bytes32 indexed requestId, address coordinator, address transmitter, uint8 resultCode)`
    pub const REQUEST_NOT_PROCESSED: B256 =
        b256!("0x1a90e9a50793db2e394cf581e7c522e10c358a81e70acf6b5a0edd620c08dee1");
    /// `RequestProcessed(bytes32 indexed requestId, uint64 indexed subscriptionId, uint96 totalCostJuels, address
    /// transmitter, uint8 resultCode, bytes response, bytes err, bytes callbackReturnData)`
    pub const REQUEST_PROCESSED: B256 =
        b256!("0x64778f26c70b60a8d7e29e2451b3844302d959448401c0535b768ed88c6b505e");
    /// `RequestStart(bytes32 indexed requestId, bytes32 indexed donId, uint64 indexed subscriptionId, address
    /// subscriptionOwner, address requestingContract, address requestInitiator, bytes data, uint16 dataVersion, uint32
    /// callbackGasLimit, uint96 estimatedTotalCostJuels)`
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
    pub const UNPAUSED: B256 = b256!("0x5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa");
}
/// The Coordinator.
pub mod coordinator {
    pub use super::owned::*;
    use alloy_primitives::{B256, b256};
    /// `CommitmentDeleted(bytes32 requestId)`
    pub const COMMITMENT_DELETED: B256 =
        b256!("0x8a4b97add3359bd6bcf5e82874363670eb5ad0f7615abddbd0ed0a3a98f0f416");
    /// `ConfigSet(uint32 previousConfigBlockNumber, bytes32 configDigest, uint64 configCount, address[] signers,
    /// address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion, bytes offchainConfig)`
    pub const CONFIG_SET: B256 = b256!("0x1591690b8638f5fb2dbec82ac741805ac5da8b45dc5263f4875b0496fdce4e05");
    /// `ConfigUpdated(BillingConfig config)`
    pub const CONFIG_UPDATED: B256 =
        b256!("0x2e2c8535dcc25459d519f2300c114d2d2128bf6399722d04eca078461a3bf33a");
    /// `OracleRequest(bytes32 indexed requestId, address indexed requestingContract, address requestInitiator, uint64
    /// subscriptionId, address subscriptionOwner, bytes data, uint16 dataVersion, bytes32 flags, uint64
    /// callbackGasLimit, Commitment commitment)`
    pub const ORACLE_REQUEST: B256 =
        b256!("0xbf50768ccf13bd0110ca6d53a9c4f1f3271abdd4c24a56878863ed25b20598ff");
    /// `OracleResponse(bytes32 indexed requestId, address transmitter)`
    pub const ORACLE_RESPONSE: B256 =
        b256!("0xc708e0440951fd63499c0f7a73819b469ee5dd3ecc356c0ab4eb7f18389009d9");
    /// `RequestBilled(bytes32 indexed requestId, uint96 juelsPerGas, uint256 l1FeeShareWei, uint96 callbackCostJuels,
    /// uint72 donFeeJuels, uint72 adminFeeJuels, uint72 operationFeeJuels)`
    pub const REQUEST_BILLED: B256 =
        b256!("0x08a4a0761e3c98d288cb4af9342660f49550d83139fb3b762b70d34bed627368");
    /// `SharedOverheadUpdated(uint32 sharedOverheadGas)`
    pub const SHARED_OVERHEAD_UPDATED: B256 =
        b256!("0x8d1d859942d1b34b7ead6ed974d897c07e45f25beec6532751a140b7d4395e70");
    /// `Transmitted(bytes32 configDigest, uint32 epoch)`
    pub const TRANSMITTED: B256 = b256!("0xb04e63db38c49950639fa09d29872f21f5d49d614f3a969d8adf3d4b52e41a62");
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
    pub use super::owned::*;
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
    pub const APPROVAL: B256 = b256!("0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925");
    /// `Transfer(address indexed from, address indexed to, uint256 value)`
    pub const TRANSFER: B256 = b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    /// `Transfer(address indexed from, address indexed to, uint256 value, bytes data)`
    pub const TRANSFER_AND_CALL: B256 =
        b256!("0xe19260aff97b920c7df27010903aeb9c8d2be5d310a2c67824cf3f15396e4c16");
}
/// Contracts whose owner is replaced in two steps.
pub mod owned {
    use alloy_primitives::{B256, b256};
    /// `OwnershipTransferRequested(address indexed from, address indexed to)`
    pub const OWNERSHIP_TRANSFER_REQUESTED: B256 =
        b256!("0xed8889f560326eb138920d842192f0eb3dd22b4f139c87a2c57538e05bae1278");
    /// `OwnershipTransferred(address indexed from, address indexed to)`
    pub const OWNERSHIP_TRANSFERRED: B256 =
        b256!("0x8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0");
}
