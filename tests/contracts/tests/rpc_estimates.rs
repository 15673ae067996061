//! Eight clients that send what `eth_estimateGas` answers, as it comes, over JSON-RPC.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use alloy::{
    primitives::{Address, B256, U256},
    providers::{Provider, ProviderBuilder},
    sol_types::SolCall,
};
use contract_tests::{puppet, system::*};
use devchain::{Config, DEV_ACCOUNTS, Devchain};
use functions_types::abi;
use serde_json::json;

const ROUNDS: u64 = 40;

#[tokio::test]
async fn estimates_are_enough_as_they_come() {
    let mut system = System::new(billing_config());
    let config = abi::RouterConfig { maxConsumersPerSubscription: 20, ..router_config() };
    system.world.run(OWNER, system.router, &abi::Router::updateConfigCall { config }).ok();
    let mut calls: Vec<(Address, Address, Vec<u8>)> = Vec::new();
    for (index, account) in DEV_ACCOUNTS.iter().take(8).enumerate() {
        let consumer = Address::repeat_byte(0xc0 + index as u8);
        let request = system.send_request(&vec![7; 40 * (index + 1)], 100_000);
        if index % 2 == 0 {
            system.world.chain.set_code(consumer, puppet::forwards(system.router));
            system.add_consumer(consumer);
            calls.push((account.address, consumer, request.abi_encode()));
        } else {
            let constructor =
                abi::Constructors::consumerExampleCall { owner: account.address, router: system.router };
            let (consumer, receipt) = system.world.deploy("consumer_example", &arguments(&constructor));
            receipt.ok();
            system.add_consumer(consumer);
            let call = abi::ConsumerExample::sendRequestCall {
                source: "return 1;".repeat(index),
                encryptedSecretsUrls: Default::default(),
                donHostedSecretsSlotId: 0,
                donHostedSecretsVersion: 0,
                args: vec!["x".into()],
                bytesArgs: vec![],
                subscriptionId: SUBSCRIPTION,
                callbackGasLimit: 100_000,
                donId: don_id(),
            };
            calls.push((account.address, consumer, call.abi_encode()));
        }
        system.world.chain.set_balance(account.address, U256::from(LINK));
    }

    let server = Devchain::start(Config { port: 0, ..Config::default() }).await.unwrap();
    *server.api().chain_mut() = system.world.chain;
    let client = ProviderBuilder::new().connect_http(server.rpc_url.parse().unwrap());
    let mut sent = 0;
    for round in 0..ROUNDS {
        // Everybody asks, some time passes, then everybody sends, the last one first.
        let mut ready = Vec::new();
        for (from, to, data) in &calls {
            let request =
                json!({ "from": from, "to": to, "data": alloy::primitives::hex::encode_prefixed(data) });
            let gas: U256 = client.raw_request("eth_estimateGas".into(), [request.clone()]).await.unwrap();
            ready.push((request, gas));
        }
        for (mut request, gas) in ready.into_iter().rev() {
            let seconds = 1 + round % 5;
            let _: serde_json::Value =
                client.raw_request("evm_increaseTime".into(), [seconds]).await.unwrap();
            request["gas"] = json!(gas);
            let hash: B256 = client.raw_request("eth_sendTransaction".into(), [request]).await.unwrap();
            let receipt = client.get_transaction_receipt(hash).await.unwrap().expect("mined at once");
            assert!(receipt.status(), "round {round}: {gas} gas, {} used", receipt.gas_used);
            sent += 1;
        }
    }
    assert_eq!(sent, 8 * ROUNDS);
    server.shutdown().await;
}
