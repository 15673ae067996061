//! Overdue requests are released whatever the Router's owner changed since they were sent.

use alloy::primitives::aliases::U72;
use functions_client::{abi::Router, config::router_defaults};
use functions_offchain_config::Timing;
use test_support::Network;

#[tokio::test]
async fn requests_sent_under_different_admin_fees_are_timed_out_together() {
    let network = Network::start(Timing::default()).await;
    let contracts = &network.contracts;
    let (chain, router, owner) = (&contracts.chain, contracts.addresses.router, &network.owner);
    let set_fee = async |juels: u64| {
        let config = functions_client::abi::RouterConfig { adminFee: U72::from(juels), ..router_defaults() };
        chain.send(owner, router, &Router::updateConfigCall { config }).await.expect("the owner may");
    };
    // Given requests that no node can answer while the Router takes a fee, each under another,
    let mut requests = Vec::new();
    for fee in [5, 7, 5] {
        set_fee(fee).await;
        requests.push(network.request("return Functions.encodeUint256(1)").await.0);
    }
    set_fee(9).await;
    let history = contracts.history(0);
    let subscription = network.subscription;
    let open = history.unanswered(subscription).await.expect("logs").open;
    assert_eq!(open.iter().map(|request| request.id).collect::<Vec<_>>(), requests);
    let terms = history.commitments(&open).await.expect("terms");
    network.cheat("evm_increaseTime", [301]).await;
    network.cheat("evm_mine", [(); 0]).await;

    // when the fee is another by then, then who knows only that one is refused and pays nothing,
    let subscriptions = contracts.subscriptions();
    let refused = subscriptions.time_out(owner, &terms).await.expect_err("none is known under 9 or 0");
    assert!(functions_client::is_refused(&refused, "InvalidCalldata"), "{refused}");
    // and who has read the Router's configurations releases all of them.
    let fees = history.admin_fees().await.expect("logs");
    assert_eq!(fees.iter().map(|fee| fee.get()).take(4).collect::<Vec<_>>(), [9, 5, 7, 5]);
    let receipts = subscriptions.time_out_under(owner, &terms, &fees).await.expect("released");
    assert_eq!(receipts.len(), 1);
    let left = history.unanswered(subscription).await.expect("logs");
    assert_eq!((left.open.len(), left.timed_out.len()), (0, 3));
    assert!(subscriptions.get(subscription).await.expect("it is there").blockedBalance.is_zero());
}
