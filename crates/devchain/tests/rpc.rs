//! The RPC as a client sees it: shapes, logs, calls, estimates, errors.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    consensus::Transaction as _,
    eips::{BlockId, BlockNumberOrTag},
    network::TransactionBuilder,
    primitives::{B256, U256, address},
    providers::Provider,
    rpc::types::{Filter, TransactionRequest, state::StateOverridesBuilder},
    sol_types::SolEvent,
};
use common::{Probe, Running, START, deploy_probe, probe_code};
use devchain::DEV_ACCOUNTS;
use serde_json::{Value, json};

#[tokio::test]
async fn deploys_calls_and_finds_logs() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 5).await;
    assert_eq!(probe.value().call().await.unwrap(), U256::from(5));

    let receipt = probe.set(U256::from(9)).send().await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.effective_gas_price, 100_000_000);
    assert_eq!(receipt.inner.logs().len(), 1);
    let log = &receipt.inner.logs()[0];
    assert_eq!(log.block_timestamp, Some(START));
    let event = Probe::Changed::decode_log(&log.inner).unwrap();
    assert_eq!((event.by, event.value), (DEV_ACCOUNTS[1].address, U256::from(9)));

    let by_topic = Filter::new()
        .address(*probe.address())
        .event_signature(Probe::Changed::SIGNATURE_HASH)
        .topic1(DEV_ACCOUNTS[1].address)
        .from_block(0);
    assert_eq!(client.get_logs(&by_topic).await.unwrap(), receipt.inner.logs());
    let by_hash = Filter::new().at_block_hash(receipt.block_hash.unwrap());
    assert_eq!(client.get_logs(&by_hash).await.unwrap().len(), 1);
    let of_another = Filter::new().topic1(DEV_ACCOUNTS[2].address).from_block(0);
    assert!(client.get_logs(&of_another).await.unwrap().is_empty());
}

#[tokio::test]
async fn blocks_transactions_and_receipts_agree() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let receipt = probe.set(U256::from(2)).send().await.unwrap().get_receipt().await.unwrap();

    let block = client.get_block_by_number(BlockNumberOrTag::Latest).full().await.unwrap().unwrap();
    assert_eq!(block.header.hash, receipt.block_hash.unwrap());
    assert_eq!(block.header.hash, block.header.inner.hash_slow());
    assert_eq!(block.header.gas_used, receipt.gas_used);
    let transaction = block.transactions.txns().next().unwrap();
    assert_eq!(transaction.inner.tx_hash(), &receipt.transaction_hash);
    assert_eq!(transaction.inner.signer(), DEV_ACCOUNTS[1].address);
    assert_eq!(transaction.effective_gas_price, Some(100_000_000));
    let parent = client.get_block_by_hash(block.header.parent_hash).await.unwrap().unwrap();
    assert_eq!(parent.header.number + 1, block.header.number);
    let all = client.get_block_receipts(BlockId::latest()).await.unwrap().unwrap();
    assert_eq!(all, vec![receipt.clone()]);
    let found = client.get_transaction_by_hash(receipt.transaction_hash).await.unwrap().unwrap();
    assert_eq!(found.nonce(), 1);

    let raw = chain.raw("eth_getBlockByNumber", json!(["latest", false])).await;
    for member in ["l1BlockNumber", "sendRoot", "sendCount", "mixHash", "size", "uncles"] {
        assert!(!raw["result"][member].is_null(), "{member}");
    }
    let raw = chain.raw("eth_getTransactionReceipt", json!([receipt.transaction_hash])).await;
    assert_eq!(raw["result"]["gasUsedForL1"], "0x0");
    assert_eq!(raw["result"]["l1BlockNumber"], "0x3e8");
    assert_eq!(raw["result"]["status"], "0x1");
}

#[tokio::test]
async fn environment_is_that_of_an_arbitrum_chain() {
    let chain = Running::start(|config| config.l1_frozen = true).await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let facts = probe.facts().call().await.unwrap();
    assert_eq!(facts.number, U256::ZERO);
    assert_eq!(facts.random, U256::from(1));
    assert_eq!(facts.gasLimit, U256::from(1u64 << 50));
    assert_eq!(facts.coinbase, address!("a4b000000000000000000073657175656e636572"));
    assert_eq!(facts.time, U256::from(START));

    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    chain.raw("evm_increaseTime", json!([25])).await;
    assert_eq!(probe.facts().call().await.unwrap().number, U256::from(1_002));
    assert_eq!(client.get_block_number().await.unwrap(), 1);
}

#[tokio::test]
async fn reverts_carry_their_data() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;

    let error = probe.refuse(U256::from(42)).call().await.err().unwrap();
    let refused = error.as_decoded_error::<Probe::Refused>().unwrap();
    assert_eq!(refused.code, U256::from(42));

    let call = json!({ "to": probe.address(), "data": probe.refuseInWords().calldata() });
    let answer = chain.raw("eth_call", json!([call, "latest"])).await;
    assert_eq!(answer["error"]["code"], 3);
    assert_eq!(answer["error"]["message"], "execution reverted: not today");
    assert!(answer["error"]["data"].as_str().unwrap().starts_with("0x08c379a0"));
    let answer = chain.raw("eth_estimateGas", json!([call])).await;
    assert_eq!(answer["error"]["code"], 3);

    let custom = json!({ "to": probe.address(), "data": probe.refuse(U256::from(1)).calldata() });
    let answer = chain.raw("eth_call", json!([custom, "latest"])).await;
    assert_eq!(answer["error"]["message"], "execution reverted");

    // Sent anyway, it is in a block and failed.
    let receipt = probe.refuse(U256::from(1)).gas(100_000).send().await.unwrap().get_receipt().await.unwrap();
    assert!(!receipt.status());
}

#[tokio::test]
async fn estimates_are_sufficient_when_sent_back() {
    for l1_price in [0, 1_000_000] {
        let chain = Running::start(|config| config.l1_price_per_unit = l1_price).await;
        let client = chain.client(1);
        let probe = deploy_probe(&client, 1).await;
        for count in [1u64, 3, 20] {
            let call = probe.fill(U256::from(count));
            let gas = call.estimate_gas().await.unwrap();
            let receipt = call.gas(gas).send().await.unwrap().get_receipt().await.unwrap();
            assert!(receipt.status(), "count {count}, price {l1_price}, gas {gas}");
        }
        let transfer = TransactionRequest::default()
            .from(DEV_ACCOUNTS[1].address)
            .to(DEV_ACCOUNTS[2].address)
            .value(U256::from(1));
        let gas = client.estimate_gas(transfer.clone()).await.unwrap();
        assert_eq!(gas == 21_000, l1_price == 0);
        let sent = client.send_transaction(transfer.gas_limit(gas)).await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
    }
}

#[tokio::test]
async fn calldata_is_paid_in_gas() {
    let chain = Running::start(|config| config.l1_price_per_unit = 50_000_000_000).await;
    let client = chain.client(1);
    let transfer = TransactionRequest::default().to(DEV_ACCOUNTS[2].address).value(U256::from(1));
    let receipt = client.send_transaction(transfer).await.unwrap().get_receipt().await.unwrap();
    let raw = chain.raw("eth_getTransactionReceipt", json!([receipt.transaction_hash])).await;
    let for_l1 = u64::from_str_radix(&raw["result"]["gasUsedForL1"].as_str().unwrap()[2..], 16).unwrap();
    assert!(for_l1 > 500_000, "{for_l1}");
    assert_eq!(receipt.gas_used, 21_000 + for_l1);
}

#[tokio::test]
async fn estimates_leave_room_for_calldata_of_any_price() {
    let chain = Running::start(|config| config.l1_price_per_unit = 50_000_000_000).await;
    let client = chain.client(1);
    // Hashes do not compress; their calldata takes more gas than a call may compute with.
    let input: Vec<u8> = (0..500u16).flat_map(|n| alloy::primitives::keccak256(n.to_be_bytes()).0).collect();
    let call = TransactionRequest::default()
        .from(DEV_ACCOUNTS[1].address)
        .to(DEV_ACCOUNTS[2].address)
        .input(input.into());
    let gas = client.estimate_gas(call.clone()).await.unwrap();
    assert!(gas > 100_000_000, "{gas}");
    let sent = client.send_transaction(call.gas_limit(gas)).await.unwrap();
    assert!(sent.get_receipt().await.unwrap().status());
}

#[tokio::test]
async fn compute_above_the_limit_is_held_and_returned() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let receipt = probe.burn().gas(100_000_000).send().await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    assert!((31_000_000..=32_000_000).contains(&receipt.gas_used), "{}", receipt.gas_used);
}

#[tokio::test]
async fn overrides_replace_state_for_one_call() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 5).await;
    let diff = StateOverridesBuilder::default()
        .with_state_diff(*probe.address(), [(B256::ZERO, B256::with_last_byte(77))])
        .build();
    assert_eq!(probe.value().state(diff).call().await.unwrap(), U256::from(77));
    let all = StateOverridesBuilder::default().with_state(*probe.address(), []).build();
    assert_eq!(probe.value().state(all).call().await.unwrap(), U256::ZERO);

    // PUSH0 PUSH0 RETURN... replaced by code that returns the caller's balance.
    let nobody = address!("00000000000000000000000000000000000000aa");
    let returns_balance = alloy::primitives::bytes!("333160005260206000f3");
    let overrides = StateOverridesBuilder::default()
        .with_code(nobody, returns_balance)
        .with_balance(nobody, U256::from(3))
        .build();
    let call = TransactionRequest::default().to(nobody).from(nobody);
    let answer = client.call(call).overrides(overrides).await.unwrap();
    assert_eq!(U256::from_be_slice(&answer), U256::from(3));
    assert_eq!(probe.value().call().await.unwrap(), U256::from(5));
}

#[tokio::test]
async fn old_blocks_keep_their_state() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    for value in 2..=4u64 {
        probe.set(U256::from(value)).send().await.unwrap().get_receipt().await.unwrap();
    }
    for number in 1..=4u64 {
        let value = probe.value().block(BlockId::number(number)).call().await.unwrap();
        assert_eq!(value, U256::from(number));
        let nonce = client.get_transaction_count(DEV_ACCOUNTS[1].address).number(number).await.unwrap();
        assert_eq!(nonce, number);
    }
    assert!(client.get_code_at(*probe.address()).number(0).await.unwrap().is_empty());
    let ahead = chain.raw("eth_call", json!([{ "to": probe.address() }, "0x99"])).await;
    assert_eq!(ahead["error"]["message"], "header not found");
}

#[tokio::test]
async fn fees_are_as_announced() {
    let chain = Running::new().await;
    let client = chain.client(1);
    deploy_probe(&client, 1).await;
    assert_eq!(client.get_gas_price().await.unwrap(), 100_000_000);
    assert_eq!(client.get_max_priority_fee_per_gas().await.unwrap(), 0);
    let history = client.get_fee_history(10, BlockNumberOrTag::Latest, &[20.0]).await.unwrap();
    assert_eq!(history.base_fee_per_gas, vec![100_000_000; 3]);
    assert_eq!(history.reward, Some(vec![vec![0]; 2]));

    let before = client.get_balance(DEV_ACCOUNTS[3].address).await.unwrap();
    let transfer = TransactionRequest::default()
        .to(DEV_ACCOUNTS[2].address)
        .value(U256::from(7))
        .max_fee_per_gas(9_000_000_000)
        .max_priority_fee_per_gas(3_000_000_000);
    let sender = chain.client(3);
    sender.send_transaction(transfer).await.unwrap().get_receipt().await.unwrap();
    let after = client.get_balance(DEV_ACCOUNTS[3].address).await.unwrap();
    assert_eq!(before - after, U256::from(21_000u64 * 100_000_000 + 7));
}

#[tokio::test]
async fn refusals_name_the_reason() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let to = DEV_ACCOUNTS[2].address;
    let cases = [
        (TransactionRequest::default().to(to).nonce(0), "nonce too low"),
        (TransactionRequest::default().to(to).nonce(0).value(U256::from(2)), "nonce too low"),
        (TransactionRequest::default().to(to).nonce(9), "nonce too high"),
        (TransactionRequest::default().to(to).value(U256::MAX >> 1), "insufficient funds"),
        (
            TransactionRequest::default().to(to).max_fee_per_gas(5).max_priority_fee_per_gas(0),
            "max fee per gas less than block base fee",
        ),
        (TransactionRequest::default().to(to).gas_limit(20_999), "intrinsic gas too low"),
    ];
    let first = TransactionRequest::default().to(to).nonce(0).gas_limit(100_000);
    client.send_transaction(first).await.unwrap().get_receipt().await.unwrap();
    for (request, words) in cases {
        let gas = request.gas.unwrap_or(100_000);
        let request = request.gas_limit(gas);
        let error = client.send_transaction(request).await.unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn a_missing_nonce_may_come_a_little_later() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let to = DEV_ACCOUNTS[2].address;
    let send = |nonce: u64| {
        let request = TransactionRequest::default().to(to).nonce(nonce).gas_limit(30_000);
        let client = client.clone();
        async move { client.send_transaction(request).await.unwrap().get_receipt().await.unwrap() }
    };
    let (second, first) = tokio::join!(send(1), send(0));
    assert!(first.block_number < second.block_number);
}

#[tokio::test]
async fn malformed_requests_get_proper_codes() {
    let chain = Running::new().await;
    let code = |answer: &Value| answer["error"]["code"].as_i64();
    assert_eq!(code(&chain.post("{".into()).await), Some(-32_700));
    assert_eq!(code(&chain.post("[]".into()).await), Some(-32_600));
    assert_eq!(code(&chain.post("7".into()).await), Some(-32_600));
    assert_eq!(code(&chain.raw("eth_noSuchThing", json!([])).await), Some(-32_601));
    assert_eq!(code(&chain.raw("eth_getBalance", json!(["zz"])).await), Some(-32_602));
    assert_eq!(code(&chain.raw("eth_getBalance", json!({ "a": 1 })).await), Some(-32_602));
    assert_eq!(code(&chain.raw("eth_sendRawTransaction", json!(["0x02c0"])).await), Some(-32_000));
    assert_eq!(code(&chain.raw("eth_sendRawTransaction", json!(["0x03c0"])).await), Some(-32_000));

    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" },
        { "jsonrpc": "2.0", "method": "eth_chainId" },
        { "jsonrpc": "2.0", "id": "b", "method": "net_version", "params": [] },
    ]);
    let answers = chain.post(batch.to_string()).await;
    assert_eq!(answers.as_array().unwrap().len(), 2);
    assert_eq!(answers[0]["result"], "0x64aba");
    assert_eq!(answers[1], json!({ "jsonrpc": "2.0", "id": "b", "result": "412346" }));
}

#[tokio::test]
async fn filters_report_what_is_new() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let filter = chain.raw("eth_newFilter", json!([{ "address": probe.address() }])).await["result"].clone();
    let whole = json!({ "address": probe.address(), "fromBlock": "earliest" });
    let receipt = probe.set(U256::from(2)).send().await.unwrap().get_receipt().await.unwrap();
    let changes = chain.raw("eth_getFilterChanges", json!([filter])).await;
    assert_eq!(changes["result"][0]["transactionHash"], json!(receipt.transaction_hash));
    // Whose range begins before it was made is told of what came after, too.
    let since_ever = chain.raw("eth_newFilter", json!([whole])).await["result"].clone();
    assert_eq!(chain.raw("eth_getFilterChanges", json!([since_ever])).await["result"], json!([]));
    let all = chain.raw("eth_getFilterLogs", json!([since_ever])).await["result"].clone();
    assert_eq!(all, changes["result"]);
    let backwards = json!({ "fromBlock": "0x2", "toBlock": "0x1" });
    assert_eq!(chain.raw("eth_newFilter", json!([backwards])).await["error"]["code"], -32_602);

    let blocks = chain.raw("eth_newBlockFilter", json!([])).await["result"].clone();
    let receipt = probe.set(U256::from(3)).send().await.unwrap().get_receipt().await.unwrap();
    let changes = chain.raw("eth_getFilterChanges", json!([filter])).await;
    assert_eq!(changes["result"][0]["transactionHash"], json!(receipt.transaction_hash));
    assert_eq!(chain.raw("eth_getFilterChanges", json!([filter])).await["result"], json!([]));
    assert_eq!(chain.raw("eth_getFilterChanges", json!([since_ever])).await["result"], changes["result"]);
    assert_eq!(
        chain.raw("eth_getFilterChanges", json!([blocks])).await["result"],
        json!([receipt.block_hash])
    );
    assert_eq!(chain.raw("eth_uninstallFilter", json!([filter])).await["result"], true);
    let gone = chain.raw("eth_getFilterChanges", json!([filter])).await;
    assert_eq!(gone["error"]["message"], "filter not found");
}

#[tokio::test]
async fn code_must_not_start_with_a_foreign_ef() {
    let chain = Running::new().await;
    let client = chain.client(1);
    // Init code that returns two bytes: PUSH3 code PUSH0 MSTORE, PUSH1 3 PUSH1 29 RETURN.
    let returns = |code: &str| {
        let init = format!("62{code}5f526003601df3");
        TransactionRequest::default()
            .with_deploy_code(alloy::primitives::hex::decode(init).unwrap())
            .gas_limit(200_000)
    };
    for (code, accepted) in [("eff000", true), ("eff001", true), ("eff003", false), ("ef0000", false)] {
        let receipt = client.send_transaction(returns(code)).await.unwrap().get_receipt().await.unwrap();
        assert_eq!(receipt.status(), accepted, "{code}");
    }
}

#[tokio::test]
async fn genesis_has_what_deployment_tools_expect() {
    let chain = Running::new().await;
    let client = chain.client(0);
    for account in DEV_ACCOUNTS {
        let balance = client.get_balance(account.address).await.unwrap();
        assert_eq!(balance, U256::from(10_000) * U256::from(10).pow(U256::from(18)));
    }
    let code = client.get_code_at(devchain::genesis::STYLUS_DEPLOYER).await.unwrap();
    assert!(code.len() > 1_000);

    // The factory answers with the address it creates at.
    let salt = B256::with_last_byte(1);
    let init = [probe_code().to_vec(), vec![0; 32]].concat();
    let request = TransactionRequest::default()
        .to(devchain::genesis::CREATE2_FACTORY)
        .input([salt.to_vec(), init.clone()].concat().into());
    let receipt = client.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    let at = devchain::genesis::CREATE2_FACTORY.create2_from_code(salt, &init);
    assert!(!client.get_code_at(at).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_number_is_refused_with_the_way_to_write_one() {
    let chain = Running::new().await;
    let a = DEV_ACCOUNTS[1].address;
    let huge: Value = serde_json::from_str("18446744073709551616").unwrap();
    for wrong in [json!(-1), json!(1.5), huge, json!("-0x1"), json!("1.5"), json!(""), json!(true), json!({})]
    {
        for (method, params) in [
            ("evm_increaseTime", json!([wrong])),
            ("evm_setNextBlockTimestamp", json!([wrong])),
            ("evm_mine", json!([{ "blocks": wrong }])),
            ("hardhat_mine", json!([wrong])),
            ("hardhat_mine", json!([1, wrong])),
            ("evm_revert", json!([wrong])),
            ("evm_setIntervalMining", json!([wrong])),
            ("evm_setBlockGasLimit", json!([wrong])),
            ("anvil_setBlockTimestampInterval", json!([wrong])),
            ("anvil_rollback", json!([wrong])),
            ("anvil_setBalance", json!([a, wrong])),
            ("anvil_addBalance", json!([a, wrong])),
            ("anvil_setNonce", json!([a, wrong])),
            ("hardhat_setNextBlockBaseFeePerGas", json!([wrong])),
            ("hardhat_setPrevRandao", json!([wrong])),
            ("hardhat_setStorageAt", json!([a, wrong, B256::ZERO])),
            ("eth_getStorageAt", json!([a, wrong, "latest"])),
            ("eth_feeHistory", json!([wrong, "latest", []])),
            ("eth_getTransactionByBlockNumberAndIndex", json!(["latest", wrong])),
            ("eth_getFilterChanges", json!([wrong])),
        ] {
            let error = chain.raw(method, params.clone()).await["error"].clone();
            let words = error["message"].as_str().unwrap_or_default();
            assert_eq!(error["code"], -32_602, "{method} {params}: {error}");
            assert!(words.contains("no whole number from 0 on; write 60"), "{method} {params}: {words}");
        }
    }
    // Numbers inside of objects, and where only text is taken.
    for wrong in [json!(-1), json!(1.5)] {
        for (method, params) in [
            ("eth_call", json!([{ "to": a, "gas": wrong }])),
            ("eth_estimateGas", json!([{ "to": a, "value": wrong }])),
            ("eth_sendTransaction", json!([{ "from": a, "to": a, "nonce": wrong }])),
            ("eth_call", json!([{ "to": a }, "latest", { a.to_string(): { "balance": wrong } }])),
            ("eth_call", json!([{ "to": a }, "latest", {}, { "number": wrong }])),
            ("eth_getLogs", json!([{ "fromBlock": wrong }])),
            ("eth_getBalance", json!([a, wrong])),
            ("eth_getBlockByNumber", json!([wrong, false])),
            ("debug_traceBlockByNumber", json!([wrong])),
        ] {
            let error = chain.raw(method, params.clone()).await["error"].clone();
            let words = error["message"].as_str().unwrap_or_default();
            assert_eq!(error["code"], -32_602, "{method} {params}: {error}");
            assert!(words.contains("write 0x and hexadecimal digits, without sign"), "{method}: {words}");
        }
    }
    let large = chain.raw("evm_increaseTime", json!(["0x10000000000000000"])).await;
    assert!(large["error"]["message"].as_str().unwrap().contains("at most 2^64 - 1"), "{large}");
    for right in [json!(60), json!("60"), json!("0x3c")] {
        assert!(chain.raw("evm_increaseTime", json!([right])).await["error"].is_null());
    }
}

#[tokio::test]
async fn a_chain_id_that_signatures_cannot_carry_is_refused() {
    for chain_id in [0, u64::MAX / 2 - 35, u64::MAX] {
        let chain = devchain::ChainConfig { chain_id, ..Default::default() };
        let config = devchain::Config { port: 0, chain, ..Default::default() };
        let refused = devchain::Devchain::start(config).await.err().unwrap().to_string();
        assert!(refused.contains("is no chain id: ids are 1 to"), "{refused}");
    }
}

#[tokio::test]
async fn a_slot_has_at_most_32_bytes() {
    let chain = Running::new().await;
    let account = json!(DEV_ACCOUNTS[0].address);
    for long in [format!("0x{}", "0".repeat(65)), format!("0x{}", "f".repeat(400)), "9".repeat(78)] {
        for (method, params) in [
            ("eth_getStorageAt", json!([account, long, "latest"])),
            ("hardhat_setStorageAt", json!([account, long, "0x1"])),
            ("hardhat_setStorageAt", json!([account, "0x1", long])),
            ("hardhat_setBalance", json!([account, long])),
        ] {
            let answer = chain.raw(method, params).await;
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(
                message.contains("longer than a word of 32 bytes") && message.len() < 200,
                "{method}: {answer}"
            );
        }
    }
    let whole = format!("0x{}", "f".repeat(64));
    let answer = chain.raw("eth_getStorageAt", json!([account, whole, "latest"])).await;
    assert_eq!(answer["result"], json!(B256::ZERO));
}
