//! Error selectors.

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
