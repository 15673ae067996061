//! Which steps are drawn, and how often. Simpler values stand first: shrinking goes towards them.

use std::ops::RangeInclusive;

use proptest::{
    collection::vec,
    option::{self, weighted},
    prelude::*,
    sample::select,
};

use super::{
    Case, Start,
    operation::{
        Answer, Ask, BillingChange, Callback, Forgery, Operation as Op, Oracles, Part, Route, RouterChange,
        Sub, Who,
    },
};
use crate::scene::{LINK, Pair};

/// Whole sequences of so many steps.
pub fn case(length: RangeInclusive<usize>) -> impl Strategy<Value = Case> {
    let pair =
        prop_oneof![2 => Just(Pair::Ours), 1 => Just(Pair::OurRouter), 1 => Just(Pair::OurCoordinator)];
    let chain_id = select(vec![412_346, 42_161]);
    let l1_price = select(vec![0, 1_000_000]);
    let start = (chain_id, l1_price, any::<bool>(), pair)
        .prop_map(|(chain_id, l1_price, free_gas, pair)| Start { chain_id, l1_price, free_gas, pair });
    // A step is there when drawn (but for one in a million), and may be left out when shrinking.
    (start, vec(weighted(0.999_999, operation()), length)).prop_map(|(start, steps)| Case { start, steps })
}

/// The one who may, mostly.
fn mostly(who: Who) -> impl Strategy<Value = Who> + Clone {
    prop_oneof![8 => Just(who), 2 => anyone()]
}

fn anyone() -> impl Strategy<Value = Who> + Clone {
    prop_oneof![
        2 => Just(Who::Subscriber),
        2 => Just(Who::Stranger),
        1 => Just(Who::Consumer),
        1 => Just(Who::Owner),
        1 => (0..4_u8).prop_map(Who::Oracle),
        1 => select(vec![Who::Router, Who::Coordinator, Who::Link, Who::Zero]),
    ]
}

fn consumer() -> impl Strategy<Value = Who> + Clone {
    prop_oneof![
        4 => Just(Who::Consumer),
        3 => (1..3_u8).prop_map(Who::OtherConsumer),
        1 => select(vec![Who::Stranger, Who::Zero]),
    ]
}

fn subscription() -> impl Strategy<Value = Sub> + Clone {
    prop_oneof![6 => Just(Sub::Main), 4 => select(vec![1, 2, 3, 4, 0, 9, u64::MAX]).prop_map(Sub::Id)]
}

fn juels() -> impl Strategy<Value = u128> + Clone {
    select(vec![0, 1, LINK / 100, LINK, 10 * LINK, 5_000 * LINK])
}

fn route() -> impl Strategy<Value = Route> + Clone {
    prop_oneof![9 => Just(Route::Don), 1 => Just(Route::Other), 1 => Just(Route::AllowList)]
}

fn part() -> impl Strategy<Value = Part> + Clone {
    select(vec![Part::Router, Part::Coordinator])
}

/// The newest requests are more often open.
fn request() -> impl Strategy<Value = u8> + Clone {
    prop_oneof![3 => 0..3_u8, 1 => any::<u8>()]
}

/// One step.
pub fn operation() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => subscriptions(),
        15 => ask().prop_map(Op::Request),
        1 => prop_oneof![3 => 2..8_u8, 1 => 30..40_u8].prop_map(|requests| Op::Burst { requests }),
        15 => answer().prop_map(Op::Report),
        6 => by_hand(),
        5 => weather(),
        3 => money(),
        6 => administration(),
        1 => (subscription(), consumer(), route(), select(vec![0, 300_000, 300_001, u32::MAX]))
            .prop_map(|(subscription, consumer, route, gas)| Op::Look { subscription, consumer, route, gas }),
    ]
}

fn subscriptions() -> impl Strategy<Value = Op> {
    let owner = || mostly(Who::SubscriptionOwner);
    prop_oneof![
        2 => (anyone(), option::of(consumer())).prop_map(|(by, consumer)| Op::Create { by, consumer }),
        3 => (owner(), subscription(), consumer())
            .prop_map(|(by, subscription, consumer)| Op::AddConsumer { by, subscription, consumer }),
        2 => (owner(), subscription(), consumer())
            .prop_map(|(by, subscription, consumer)| Op::RemoveConsumer { by, subscription, consumer }),
        4 => (subscription(), juels()).prop_map(|(subscription, juels)| Op::Fund { subscription, juels }),
        1 => (anyone(), subscription(), juels())
            .prop_map(|(by, subscription, juels)| Op::PretendToFund { by, subscription, juels }),
        1 => (owner(), subscription(), anyone())
            .prop_map(|(by, subscription, heir)| Op::ProposeHeir { by, subscription, heir }),
        1 => (anyone(), subscription()).prop_map(|(by, subscription)| Op::Inherit { by, subscription }),
        1 => (owner(), subscription(), anyone())
            .prop_map(|(by, subscription, to)| Op::Cancel { by, subscription, to }),
        1 => (
            mostly(Who::Owner),
            subscription(),
            prop_oneof![7 => Just(0), 2 => 1..3_u8, 1 => Just(3)],
            select(vec![0, 1, 0xff]),
        )
            .prop_map(|(by, subscription, tier, rest)| Op::SetFlags { by, subscription, tier, rest }),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let callback = prop_oneof![
        3 => Just(Callback::None),
        2 => select(vec![0, 32, 131, 132, 133, 200]).prop_map(Callback::Returns),
        1 => select(vec![0, 40, 133]).prop_map(Callback::Reverts),
        1 => select(vec![Callback::Burns, Callback::Echoes]),
        3 => select(vec![
            Callback::Requests, Callback::Cancels, Callback::TimesOut, Callback::Withdraws, Callback::Funds,
        ]),
    ];
    (
        prop_oneof![8 => Just((Who::Consumer, Sub::Main)), 2 => (consumer(), subscription())],
        prop_oneof![15 => select(vec![73, 1, 31, 32, 33, 200, 1_000]), 1 => Just(0)],
        // Between the small and the large limits lies what a callback that calls the Router takes, which differs
        // between the engines.
        prop_oneof![15 => select(vec![500, 300_000, 300_000, 0]), 1 => select(vec![300_001, 700_000])],
        prop_oneof![15 => Just((Route::Don, false)), 1 => (route(), any::<bool>()), 1 => Just((Route::Other, true))],
        prop_oneof![12 => Just(1), 2 => Just(0), 1 => Just(2)],
        callback,
    )
        .prop_map(|((by, subscription), len, gas, (route, proposed), version, callback)| Ask {
            by,
            subscription,
            len,
            gas,
            route,
            version,
            proposed,
            callback,
        })
}

fn answer() -> impl Strategy<Value = Answer> {
    let forgery = prop_oneof![
        (0..2_u8).prop_map(Forgery::Fee),
        (0..2_u8).prop_map(Forgery::Coordinator),
        (0..2_u8).prop_map(Forgery::Client),
        (0..2_u8).prop_map(Forgery::ReportId),
        (0..2_u8).prop_map(Forgery::CommitmentId),
        (0..2_u8).prop_map(Forgery::Metadata),
        Just(Forgery::Lists),
        Just(Forgery::RepeatedSignature),
        Just(Forgery::MissingSignature),
        Just(Forgery::RecoveryId),
        Just(Forgery::HugeRecoveryId),
        any::<u16>().prop_map(Forgery::Report),
        Just(Forgery::Epoch),
        Just(Forgery::Calldata),
    ];
    (
        prop_oneof![9 => (0..4_u8).prop_map(Who::Oracle), 1 => anyone()],
        prop_oneof![6 => vec(request(), 1), 4 => vec(request(), 1..5), 1 => vec(0..40_u8, 5..12)],
        0..300_u16,
        0..40_u8,
        weighted(0.2, forgery),
    )
        .prop_map(|(by, requests, result, error, forgery)| Answer {
            by,
            requests,
            result,
            error,
            forgery,
        })
}

/// What contracts and anyone may call without an oracle.
fn by_hand() -> impl Strategy<Value = Op> {
    let cost = select(vec![0, 1, LINK / 100, LINK, 99 * LINK, 5_000 * LINK, u128::MAX >> 32]);
    let fulfiller = prop_oneof![3 => Just(Who::Coordinator), 2 => Just(Who::Stranger)];
    prop_oneof![
        3 => (fulfiller, request(), any::<bool>(), select(vec![0, 1, LINK]), cost).prop_map(
            |(by, request, foreign, juels_per_gas, cost)| Op::Fulfill {
                by,
                request,
                foreign,
                juels_per_gas,
                cost,
            }
        ),
        1 => prop_oneof![Just(Who::Router), anyone()].prop_map(|by| Op::Start { by }),
        1 => (prop_oneof![Just(Who::Router), anyone()], request())
            .prop_map(|(by, request)| Op::Forget { by, request }),
        3 => (anyone(), vec(request(), 0..3), any::<bool>())
            .prop_map(|(by, requests, late)| Op::TimeOut { by, requests, late }),
    ]
}

/// What nobody decides.
fn weather() -> impl Strategy<Value = Op> {
    let native = select(vec![6_000_000_000_000_000, 5_500_000_000_000_000, 7_000_000_000_000_000, 0]);
    let usd = select(vec![1_500_000_000, 1_500_000_001, 1_499_999_999, 700_000_000, 900_000_007, 1, 0]);
    let age = prop_oneof![6 => Just(0), 3 => select(vec![100, 90_000]), 1 => Just(-1)];
    let base_fee = select(vec![100_000_000_u64, 100_000_000, 20_000_000, 110_000_000, 1_000_000_000]);
    prop_oneof![
        2 => select(vec![1, 13, 150, 300, 301, 86_401]).prop_map(|seconds| Op::Wait { seconds }),
        3 => (native, usd, age, base_fee)
            .prop_map(|(native, usd, age, base_fee)| Op::Prices { native, usd, age, base_fee }),
    ]
}

fn money() -> impl Strategy<Value = Op> {
    let payee = || prop_oneof![3 => (0..4_u8).prop_map(Who::Oracle), 1 => anyone()];
    prop_oneof![
        1 => (prop_oneof![Just(Who::Coordinator), anyone()], anyone(), juels())
            .prop_map(|(by, to, juels)| Op::RouterWithdraw { by, to, juels }),
        1 => (mostly(Who::Owner), anyone(), juels())
            .prop_map(|(by, to, juels)| Op::OwnerWithdraw { by, to, juels }),
        2 => (payee(), anyone(), juels()).prop_map(|(by, to, juels)| Op::Withdraw { by, to, juels }),
        1 => mostly(Who::Owner).prop_map(|by| Op::WithdrawAll { by }),
        1 => juels().prop_map(|juels| Op::Donate { juels }),
        1 => (mostly(Who::Owner), anyone()).prop_map(|(by, to)| Op::Recover { by, to }),
    ]
}

fn administration() -> impl Strategy<Value = Op> {
    let owner = || mostly(Who::Owner);
    let router = (select(vec![3, 100, 0]), prop_oneof![6 => Just(0_u8), 1 => Just(5)], select(vec![1, 0, 2]))
        .prop_map(|(consumers, admin_fee, deposit_requests)| RouterChange {
            consumers,
            admin_fee,
            deposit_requests,
        });
    let billing = (
        select(vec![86_400, 0, 50]),
        select(vec![5_000, 0, 1]),
        select(vec![300, 0, 100_000]),
        select(vec![2, 0, 320]),
        select(vec![1, 0, 99]),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(staleness, over_estimation, timeout, don_fee, operation_fee, endless_gas)| {
            BillingChange { staleness, over_estimation, timeout, don_fee, operation_fee, endless_gas }
        });
    let oracles = prop_oneof![
        3 => (0..4_u8).prop_map(Oracles::Four),
        1 => Just(Oracles::Seven),
        2 => select(vec![
            Oracles::NoFault, Oracles::TooFew, Oracles::RepeatedSigner, Oracles::RepeatedTransmitter,
            Oracles::EmptyTransmitter,
        ]),
    ];
    let target = prop_oneof![4 => Just(Who::Coordinator), 2 => anyone(), 1 => consumer()];
    prop_oneof![
        2 => owner().prop_map(|by| Op::Pause { by }),
        1 => owner().prop_map(|by| Op::Unpause { by }),
        1 => (owner(), subscription()).prop_map(|(by, subscription)| Op::OwnerCancel { by, subscription }),
        3 => (owner(), route(), target, any::<bool>())
            .prop_map(|(by, route, to, twice)| Op::Propose { by, route, to, twice }),
        2 => owner().prop_map(|by| Op::Install { by }),
        2 => (owner(), router).prop_map(|(by, change)| Op::ConfigureRouter { by, change }),
        2 => (owner(), billing).prop_map(|(by, change)| Op::ConfigureBilling { by, change }),
        2 => (owner(), oracles).prop_map(|(by, oracles)| Op::ConfigureOracles { by, oracles }),
        1 => (owner(), any::<bool>(), select(vec![64, 1, 33, 0]))
            .prop_map(|(by, threshold, len)| Op::SetKey { by, threshold, len }),
        1 => (owner(), prop_oneof![3 => Just(Route::AllowList), 1 => Just(Route::Other)])
            .prop_map(|(by, route)| Op::SetAllowListId { by, route }),
        1 => proptest::bool::weighted(0.7).prop_map(|allowed| Op::AllowAll { allowed }),
        1 => (owner(), part(), anyone()).prop_map(|(by, of, to)| Op::TransferOwnership { by, of, to }),
        1 => (anyone(), part()).prop_map(|(by, of)| Op::AcceptOwnership { by, of }),
        2 => (part(), prop_oneof![1 => (0..4_u8).prop_map(Who::Oracle), 1 => anyone()])
            .prop_map(|(of, to)| Op::HandOver { of, to }),
    ]
}
