//! One step of a random sequence, as a value.

/// An account, by the part it plays when the step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The owner, at that moment, of the contract that is called.
    Owner,
    /// The owner, at that moment, of the main subscription.
    SubscriptionOwner,
    /// The account that has all the LINK.
    Subscriber,
    /// The consumer of the main subscription.
    Consumer,
    /// Other consumers.
    OtherConsumer(u8),
    /// A transmitter.
    Oracle(u8),
    /// Nobody in particular.
    Stranger,
    /// The Router itself.
    Router,
    /// The Coordinator itself.
    Coordinator,
    /// The LINK token itself.
    Link,
    /// Address zero.
    Zero,
}

/// A subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sub {
    /// The one that is kept alive.
    Main,
    /// By number.
    Id(u64),
}

/// A route's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The DON's.
    Don,
    /// Another DON's, without a Coordinator at first.
    Other,
    /// The allow list's: id zero.
    AllowList,
}

/// A contract with an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The Router.
    Router,
    /// The Coordinator.
    Coordinator,
}

/// What a consumer's code does when it is called back. Consumers have code only where gas is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callback {
    /// There is no code.
    None,
    /// Returns this many bytes.
    Returns(u8),
    /// Reverts with this many bytes.
    Reverts(u8),
    /// Burns all its gas.
    Burns,
    /// Returns its calldata.
    Echoes,
    /// Sends another request.
    Requests,
    /// Cancels the main subscription.
    Cancels,
    /// Has the newest request timed out.
    TimesOut,
    /// Takes its money out of the Coordinator.
    Withdraws,
    /// Funds the main subscription.
    Funds,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Who sends it.
    pub by: Who,
    /// Who pays.
    pub subscription: Sub,
    /// Bytes of data.
    pub len: u16,
    /// Gas for the callback.
    pub gas: u32,
    /// Where it goes.
    pub route: Route,
    /// Version of the data.
    pub version: u16,
    /// By `sendRequestToProposed`.
    pub proposed: bool,
    /// What the consumer does from then on.
    pub callback: Callback,
}

/// What a dishonest quorum or transmitter does to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Another fee in an entry's commitment, signed by the quorum.
    Fee(u8),
    /// Another Coordinator in it.
    Coordinator(u8),
    /// Another consumer in it.
    Client(u8),
    /// An unknown id beside the right commitment.
    ReportId(u8),
    /// An unknown id in the commitment.
    CommitmentId(u8),
    /// Metadata that is cut short.
    Metadata(u8),
    /// A list that is shorter than the others.
    Lists,
    /// One signature twice.
    RepeatedSignature,
    /// One signature too few.
    MissingSignature,
    /// A flipped recovery id.
    RecoveryId,
    /// A recovery id that overflows a byte.
    HugeRecoveryId,
    /// A bit of the report flipped after signing.
    Report(u16),
    /// Another epoch than the signed one.
    Epoch,
    /// A byte after the calldata.
    Calldata,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who sends it.
    pub by: Who,
    /// Which requests: 0 is the newest.
    pub requests: Vec<u8>,
    /// Bytes of each result.
    pub result: u16,
    /// Bytes of each error.
    pub error: u8,
    /// What is wrong with it.
    pub forgery: Option<Forgery>,
}

/// A Router's configuration: what differs from the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterChange {
    /// Most consumers of a subscription.
    pub consumers: u16,
    /// Juels per request; a Coordinator 1.3 cannot be paid any.
    pub admin_fee: u8,
    /// Completed requests without which cancelling costs the deposit.
    pub deposit_requests: u16,
}

/// A Coordinator's configuration: what differs from the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingChange {
    /// Seconds after which a feed is stale.
    pub staleness: u32,
    /// Basis points on top of the gas price.
    pub over_estimation: u32,
    /// Seconds until a request may be timed out.
    pub timeout: u32,
    /// US cents for the DON.
    pub don_fee: u16,
    /// US cents for the Coordinator's owner.
    pub operation_fee: u16,
    /// Gas after the callback so high that no transaction has it. Only where gas is free.
    pub endless_gas: bool,
}

/// An OCR2 configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracles {
    /// Four, one of them may be faulty; the first is this one of seven.
    Four(u8),
    /// Seven, two may be faulty.
    Seven,
    /// None may be faulty.
    NoFault,
    /// Too few for the faulty.
    TooFew,
    /// A signer twice.
    RepeatedSigner,
    /// A transmitter that is a signer.
    RepeatedTransmitter,
    /// An empty transmitter.
    EmptyTransmitter,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after the arguments of the functions")]
pub enum Operation {
    /// `createSubscription`, or `createSubscriptionWithConsumer`.
    Create { by: Who, consumer: Option<Who> },
    /// `addConsumer`.
    AddConsumer { by: Who, subscription: Sub, consumer: Who },
    /// `removeConsumer`.
    RemoveConsumer { by: Who, subscription: Sub, consumer: Who },
    /// `transferAndCall` of LINK to the Router.
    Fund { subscription: Sub, juels: u128 },
    /// `onTokenTransfer` by somebody who is not the token.
    PretendToFund { by: Who, subscription: Sub, juels: u128 },
    /// A plain transfer of LINK to the Router.
    Donate { juels: u128 },
    /// `recoverFunds`.
    Recover { by: Who, to: Who },
    /// `proposeSubscriptionOwnerTransfer`.
    ProposeHeir { by: Who, subscription: Sub, heir: Who },
    /// `acceptSubscriptionOwnerTransfer`.
    Inherit { by: Who, subscription: Sub },
    /// `cancelSubscription`.
    Cancel { by: Who, subscription: Sub, to: Who },
    /// `ownerCancelSubscription`.
    OwnerCancel { by: Who, subscription: Sub },
    /// `setFlags`: the tier, and 31 bytes like `rest`.
    SetFlags { by: Who, subscription: Sub, tier: u8, rest: u8 },
    /// `pause`.
    Pause { by: Who },
    /// `unpause`.
    Unpause { by: Who },
    /// `sendRequest`.
    Request(Ask),
    /// So many small requests of the consumer, one after another.
    Burst { requests: u8 },
    /// `transmit`.
    Report(Answer),
    /// `fulfill` by hand; a stranger may name itself the commitment's Coordinator.
    Fulfill { by: Who, request: u8, foreign: bool, juels_per_gas: u128, cost: u128 },
    /// `startRequest` by hand.
    Start { by: Who },
    /// `deleteCommitment` by hand.
    Forget { by: Who, request: u8 },
    /// `timeoutRequests`, perhaps when their time is over.
    TimeOut { by: Who, requests: Vec<u8>, late: bool },
    /// Time passes.
    Wait { seconds: u64 },
    /// Feeds answer, and gas costs, something else. `age` is that of the answers, in seconds; negative is the future.
    Prices { native: u64, usd: u64, age: i64, base_fee: u64 },
    /// `oracleWithdraw` of the Router.
    RouterWithdraw { by: Who, to: Who, juels: u128 },
    /// `ownerWithdraw`.
    OwnerWithdraw { by: Who, to: Who, juels: u128 },
    /// `oracleWithdraw` of the Coordinator.
    Withdraw { by: Who, to: Who, juels: u128 },
    /// `oracleWithdrawAll`.
    WithdrawAll { by: Who },
    /// `proposeContractsUpdate` of one or two routes to an account.
    Propose { by: Who, route: Route, to: Who, twice: bool },
    /// `updateContracts`.
    Install { by: Who },
    /// The Router's `updateConfig`.
    ConfigureRouter { by: Who, change: RouterChange },
    /// The Coordinator's `updateConfig`.
    ConfigureBilling { by: Who, change: BillingChange },
    /// `setConfig`.
    ConfigureOracles { by: Who, oracles: Oracles },
    /// `setDONPublicKey` or `setThresholdPublicKey`.
    SetKey { by: Who, threshold: bool, len: u8 },
    /// `setAllowListId`.
    SetAllowListId { by: Who, route: Route },
    /// What the contract at the end of the allow list's route answers; installs that route first.
    AllowAll { allowed: bool },
    /// `transferOwnership`.
    TransferOwnership { by: Who, of: Part, to: Who },
    /// `acceptOwnership`.
    AcceptOwnership { by: Who, of: Part },
    /// Both, by those who may.
    HandOver { of: Part, to: Who },
    /// Views.
    Look { subscription: Sub, consumer: Who, route: Route, gas: u32 },
}
