//! The virtual contract that only eth_call reaches.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    primitives::{Bytes, U256, address},
    sol,
};
use common::{Running, deploy_probe};
use devchain::DEV_ACCOUNTS;

sol! {
    #[sol(rpc, extra_derives(Debug))]
    interface NodeInterface {
        function gasEstimateComponents(address to, bool contractCreation, bytes data)
            external payable
            returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function l2BlockRangeForL1(uint64 blockNum) external view returns (uint64 firstBlock, uint64 lastBlock);
    }
}

#[tokio::test]
async fn estimates_name_the_part_for_calldata() {
    let chain = Running::start(|config| config.l1_price_per_unit = 1_000_000_000).await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let node = NodeInterface::new(address!("00000000000000000000000000000000000000c8"), client.clone());
    let data: Bytes = probe.set(U256::from(4)).calldata().clone();
    let answer = node
        .gasEstimateComponents(*probe.address(), false, data)
        .from(DEV_ACCOUNTS[1].address)
        .call()
        .await
        .unwrap();
    assert!(answer.gasEstimateForL1 > 10_000);
    assert!(answer.gasEstimate > answer.gasEstimateForL1 + 21_000);
    assert_eq!(answer.baseFee, U256::from(100_000_000));
    assert_eq!(answer.l1BaseFeeEstimate, U256::from(16_000_000_000u64));

    let range = node.l2BlockRangeForL1(1_000).call().await.unwrap();
    assert_eq!((range.firstBlock, range.lastBlock), (0, 1));
    assert!(node.l2BlockRangeForL1(9).call().await.is_err());
}
