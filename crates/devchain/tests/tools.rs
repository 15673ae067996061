//! What test tools ask of a local chain beyond time and snapshots: Hardhat's network helpers, viem's test client,
//! ethers, web3.py.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::primitives::{Address, B256, Bytes, Signature, U256, address, eip191_hash_message, keccak256};
use alloy_dyn_abi::TypedData;
use common::{Running, deploy_probe};
use devchain::DEV_ACCOUNTS;
use serde_json::{Value, json};

const SOMEBODY: Address = address!("00000000000000000000000000000000000000ab");

async fn result(chain: &Running, method: &str, params: Value) -> Value {
    let answer = chain.raw(method, params).await;
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].clone()
}

/// A member of the newest block.
async fn head(chain: &Running, member: &str) -> Value {
    result(chain, "eth_getBlockByNumber", json!(["latest", false])).await[member].clone()
}

/// What code returns when it is called on the newest block.
async fn run(chain: &Running, code: &str) -> B256 {
    let overrides = json!({ SOMEBODY.to_string(): { "code": code } });
    let answer = result(chain, "eth_call", json!([{ "to": SOMEBODY }, "latest", overrides])).await;
    serde_json::from_value(answer).unwrap()
}

#[tokio::test]
async fn the_version_begins_with_a_name_test_tools_know() {
    let chain = Running::new().await;
    let version = result(&chain, "web3_clientVersion", json!([])).await;
    let version = version.as_str().unwrap();
    assert!(version.starts_with("anvil") && version.contains("devchain"), "{version}");
}

#[tokio::test]
async fn a_base_fee_is_set_for_one_block() {
    let chain = Running::new().await;
    for method in ["hardhat_setNextBlockBaseFeePerGas", "anvil_setNextBlockBaseFeePerGas"] {
        result(&chain, method, json!(["0x4e20"])).await;
        assert_eq!(result(&chain, "eth_gasPrice", json!([])).await, "0x4e20");
        result(&chain, "evm_mine", json!([])).await;
        assert_eq!(head(&chain, "baseFeePerGas").await, "0x4e20");
        result(&chain, "evm_mine", json!([])).await;
        assert_eq!(head(&chain, "baseFeePerGas").await, "0x5f5e100");
    }
    // A transaction of that block pays it, and going back forgets it.
    let snapshot = result(&chain, "evm_snapshot", json!([])).await;
    result(&chain, "hardhat_setNextBlockBaseFeePerGas", json!(["0xbebc200"])).await;
    let transfer = json!({ "from": DEV_ACCOUNTS[1].address, "to": SOMEBODY });
    let hash = result(&chain, "eth_sendTransaction", json!([transfer])).await;
    let receipt = result(&chain, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["effectiveGasPrice"], "0xbebc200");
    result(&chain, "hardhat_setNextBlockBaseFeePerGas", json!(["0x1"])).await;
    result(&chain, "evm_revert", json!([snapshot])).await;
    result(&chain, "evm_mine", json!([])).await;
    assert_eq!(head(&chain, "baseFeePerGas").await, "0x5f5e100");
}

#[tokio::test]
async fn the_block_environment_can_be_set() {
    let chain = Running::new().await;
    let natural = head(&chain, "mixHash").await;
    assert_eq!(result(&chain, "hardhat_setCoinbase", json!([SOMEBODY])).await, true);
    let random = B256::left_padding_from(&[0x30, 0x39]);
    assert_eq!(result(&chain, "hardhat_setPrevRandao", json!([random])).await, true);
    assert_eq!(result(&chain, "evm_setBlockGasLimit", json!(["0xf4240"])).await, true);
    // COINBASE, PREVRANDAO, GASLIMIT; PUSH0 MSTORE, PUSH1 32 PUSH0 RETURN.
    let opcodes = [("41", SOMEBODY.into_word()), ("44", random), ("45", U256::from(1_000_000).into())];
    for (opcode, expected) in opcodes {
        assert_eq!(run(&chain, &format!("0x{opcode}5f5260205ff3")).await, expected, "{opcode}");
    }
    result(&chain, "evm_mine", json!([])).await;
    assert_eq!(head(&chain, "miner").await, json!(SOMEBODY));
    assert_eq!(head(&chain, "gasLimit").await, "0xf4240");
    assert_eq!(head(&chain, "mixHash").await, json!(random));
    // A call on that block sees what it saw.
    let overrides = json!({ SOMEBODY.to_string(): { "code": "0x445f5260205ff3" } });
    result(&chain, "evm_mine", json!([])).await;
    let then = result(&chain, "eth_call", json!([{ "to": SOMEBODY }, "0x1", overrides])).await;
    assert_eq!(then, json!(random));
    assert_eq!(head(&chain, "mixHash").await, natural);
    assert_eq!(head(&chain, "miner").await, json!(SOMEBODY));
    assert_eq!(result(&chain, "eth_coinbase", json!([])).await, json!(SOMEBODY));
}

#[tokio::test]
async fn blocks_come_at_the_distance_that_was_asked_for() {
    let chain = Running::new().await;
    let time = async |back: u64| {
        let newest = result(&chain, "eth_blockNumber", json!([])).await;
        let newest = u64::from_str_radix(&newest.as_str().unwrap()[2..], 16).unwrap();
        let block =
            result(&chain, "eth_getBlockByNumber", json!([format!("{:#x}", newest - back), false])).await;
        u64::from_str_radix(&block["timestamp"].as_str().unwrap()[2..], 16).unwrap()
    };
    result(&chain, "hardhat_mine", json!(["0x3"])).await;
    assert_eq!(time(0).await - time(1).await, 1);
    result(&chain, "hardhat_mine", json!(["0x3", "0x3e8"])).await;
    assert_eq!(time(0).await - time(1).await, 1_000);
    result(&chain, "evm_mine", json!([{ "blocks": "0x2", "timestamp": time(0).await + 50 }])).await;
    assert_eq!(time(1).await - time(2).await, 50);
    result(&chain, "anvil_setBlockTimestampInterval", json!([7])).await;
    result(&chain, "anvil_mine", json!(["0x4"])).await;
    assert_eq!(time(0).await - time(3).await, 21);
    result(&chain, "anvil_removeBlockTimestampInterval", json!([])).await;
    assert_eq!(chain.raw("anvil_mine", json!([1_000_000])).await["error"]["code"], -32_602);
}

#[tokio::test]
async fn no_snapshot_is_lost() {
    let chain = Running::new().await;
    let probe = deploy_probe(&chain.client(1), 1).await;
    let before = result(&chain, "eth_getBlockByNumber", json!(["latest", false])).await;
    let mut batch = Vec::new();
    let mut add = |method: &str, params: Value| {
        batch.push(json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params }));
    };
    for index in 0..3_000u64 {
        add("evm_snapshot", json!([]));
        let value = B256::from(U256::from(index + 2));
        add("anvil_setStorageAt", json!([probe.address(), "0x0", value]));
        // Some lie in the middle of a block.
        if index % 3 == 0 {
            add("evm_mine", json!([]));
        }
    }
    let answers = chain.post(json!(batch).to_string()).await;
    let answers = answers.as_array().unwrap().iter();
    let ids: Vec<&Value> =
        answers.filter(|answer| answer["id"] == "evm_snapshot").map(|answer| &answer["result"]).collect();
    assert_eq!(ids.len(), 3_000);
    for index in [2_000usize, 1_999, 700, 0] {
        assert_eq!(result(&chain, "evm_revert", json!([ids[index]])).await, true);
        assert_eq!(probe.value().call().await.unwrap(), U256::from(index + 1));
        assert_eq!(result(&chain, "evm_revert", json!([ids[index]])).await, false);
        assert_eq!(result(&chain, "evm_revert", json!([ids[index + 1]])).await, false);
    }
    assert_eq!(result(&chain, "eth_getBlockByNumber", json!(["latest", false])).await, before);
    // What is built now is what would have been built then.
    result(&chain, "evm_mine", json!([])).await;
    let twin = Running::new().await;
    deploy_probe(&twin.client(1), 1).await;
    result(&twin, "evm_mine", json!([])).await;
    assert_eq!(head(&chain, "hash").await, head(&twin, "hash").await);
}

#[tokio::test]
async fn the_chain_can_start_over_or_go_back_some_blocks() {
    let chain = Running::new().await;
    let genesis = head(&chain, "hash").await;
    let metadata = result(&chain, "hardhat_metadata", json!([])).await;
    let probe = deploy_probe(&chain.client(1), 1).await;
    let snapshot = result(&chain, "evm_snapshot", json!([])).await;
    for value in 2..6u64 {
        let _ = probe.set(U256::from(value)).send().await.unwrap();
    }
    result(&chain, "anvil_rollback", json!([2])).await;
    assert_eq!(probe.value().call().await.unwrap(), U256::from(3));
    assert_eq!(result(&chain, "eth_blockNumber", json!([])).await, "0x3");
    assert_eq!(chain.raw("anvil_rollback", json!([4])).await["error"]["code"], -32_602);
    assert_eq!(result(&chain, "evm_revert", json!([snapshot])).await, true);

    result(&chain, "evm_setAutomine", json!([false])).await;
    result(&chain, "anvil_setBalance", json!([SOMEBODY, "0x5"])).await;
    assert_eq!(result(&chain, "hardhat_reset", json!([])).await, true);
    assert_eq!(head(&chain, "hash").await, genesis);
    assert_eq!(result(&chain, "anvil_getAutomine", json!([])).await, true);
    assert_eq!(result(&chain, "eth_getBalance", json!([SOMEBODY, "latest"])).await, "0x0");
    assert_eq!(result(&chain, "eth_getCode", json!([probe.address(), "latest"])).await, "0x");
    let after = result(&chain, "anvil_metadata", json!([])).await;
    assert_eq!(after["chainId"], 412_346);
    assert_ne!(after["instanceId"], metadata["instanceId"]);
    let fork = json!([{ "forking": { "jsonRpcUrl": "http://127.0.0.1:1" } }]);
    let refused = chain.raw("hardhat_reset", fork).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("not supported"), "{refused}");
    result(&chain, "anvil_reset", json!([{ "forking": { "blockNumber": null } }])).await;
    assert_eq!(result(&chain, "anvil_nodeInfo", json!([])).await["currentBlockNumber"], "0x0");
}

#[tokio::test]
async fn blockhash_knows_the_256_numbers_before_the_block() {
    let chain = Running::new().await;
    // PUSH2 back NUMBER SUB BLOCKHASH; PUSH0 MSTORE, PUSH1 32 PUSH0 RETURN.
    let back = |blocks: u16| format!("0x61{blocks:04x}4303405f5260205ff3");
    let parent = run(&chain, &back(1)).await;
    assert_ne!(parent, B256::ZERO);
    for blocks in [2, 10, 256] {
        assert!(![B256::ZERO, parent].contains(&run(&chain, &back(blocks)).await), "{blocks}");
    }
    for blocks in [0, 257] {
        assert_eq!(run(&chain, &back(blocks)).await, B256::ZERO, "{blocks}");
    }
    // The hash of a number stays, on another chain too, while NUMBER goes on.
    result(&chain, "evm_increaseTime", json!([24])).await;
    result(&chain, "evm_mine", json!([])).await;
    assert_eq!(run(&chain, &back(3)).await, parent);
    assert_eq!(run(&Running::new().await, &back(1)).await, parent);
    // A contract that looks as its transaction runs sees the same.
    result(&chain, "anvil_setCode", json!([SOMEBODY, "0x60014303405f55"])).await;
    let hash =
        result(&chain, "eth_sendTransaction", json!([{ "from": DEV_ACCOUNTS[1].address, "to": SOMEBODY }]))
            .await;
    assert_eq!(result(&chain, "eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");
    let stored: B256 =
        serde_json::from_value(result(&chain, "eth_getStorageAt", json!([SOMEBODY, "0x0", "latest"])).await)
            .unwrap();
    assert_eq!(stored, run(&chain, &back(1)).await);
}

#[tokio::test]
async fn arb_sys_knows_this_chains_hashes() {
    let chain = Running::new().await;
    result(&chain, "anvil_mine", json!(["0x3"])).await;
    let selector = &keccak256("arbBlockHash(uint256)")[..4];
    let arb_block_hash = async |asked: u64, at: &str| {
        let data = Bytes::from([selector, &U256::from(asked).to_be_bytes::<32>()].concat());
        let call = json!({ "to": "0x0000000000000000000000000000000000000064", "data": data });
        chain.raw("eth_call", json!([call, at])).await["result"].clone()
    };
    for (asked, at) in [(2u64, "latest"), (0, "latest"), (1, "0x2"), (0, "0x1")] {
        let block = result(&chain, "eth_getBlockByNumber", json!([format!("{asked:#x}"), false])).await;
        assert_eq!(arb_block_hash(asked, at).await, block["hash"], "{asked} at {at}");
    }
    assert!(arb_block_hash(3, "latest").await.is_null());
    assert!(arb_block_hash(2, "0x2").await.is_null());
}

#[tokio::test]
async fn dev_accounts_sign_what_they_are_asked_to() {
    let chain = Running::new().await;
    let signer = DEV_ACCOUNTS[1].address;
    let signature = |value: Value| -> Signature {
        let bytes: Bytes = serde_json::from_value(value).unwrap();
        Signature::from_raw(&bytes).unwrap()
    };
    let message = Bytes::from_static(b"hello");
    let hash = eip191_hash_message(&message);
    for (method, params) in
        [("eth_sign", json!([signer, message])), ("personal_sign", json!([message, signer]))]
    {
        let signed = signature(result(&chain, method, params).await);
        assert_eq!(signed.recover_address_from_prehash(&hash).unwrap(), signer, "{method}");
    }
    let typed = json!({
        "domain": { "name": "shop", "chainId": 412_346 },
        "types": {
            "EIP712Domain": [{ "name": "name", "type": "string" }, { "name": "chainId", "type": "uint256" }],
            "Order": [{ "name": "amount", "type": "uint256" }, { "name": "of", "type": "string" }],
        },
        "primaryType": "Order",
        "message": { "amount": "5", "of": "tea" },
    });
    let hash = serde_json::from_value::<TypedData>(typed.clone()).unwrap().eip712_signing_hash().unwrap();
    for data in [typed.clone(), json!(typed.to_string())] {
        let signed = signature(result(&chain, "eth_signTypedData_v4", json!([signer, data])).await);
        assert_eq!(signed.recover_address_from_prehash(&hash).unwrap(), signer);
    }
    let refused = chain.raw("eth_sign", json!([SOMEBODY, message])).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("unknown account"), "{refused}");
    assert_eq!(chain.raw("eth_signTypedData_v4", json!([signer, "{"])).await["error"]["code"], -32_602);

    let transfer = json!({ "from": signer, "to": SOMEBODY, "value": "0x1" });
    let filled = result(&chain, "eth_fillTransaction", json!([transfer])).await;
    assert_eq!((&filled["tx"]["nonce"], &filled["tx"]["value"]), (&json!("0x0"), &json!("0x1")));
    let raw = result(&chain, "eth_signTransaction", json!([transfer])).await;
    let hash = result(&chain, "eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(result(&chain, "eth_getTransactionByHash", json!([hash])).await["from"], json!(signer));
}

#[tokio::test]
async fn access_lists_name_what_a_call_touches() {
    let chain = Running::new().await;
    let probe = deploy_probe(&chain.client(1), 1).await;
    let set = json!({ "from": DEV_ACCOUNTS[1].address, "to": probe.address(), "data": probe.set(U256::from(4)).calldata() });
    let found = result(&chain, "eth_createAccessList", json!([set])).await;
    assert_eq!(found["accessList"], json!([{ "address": probe.address(), "storageKeys": [B256::ZERO] }]));
    let mut with_list = set.clone();
    with_list["accessList"] = found["accessList"].clone();
    let hash = result(&chain, "eth_sendTransaction", json!([with_list])).await;
    let receipt = result(&chain, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["gasUsed"], found["gasUsed"]);
    let plain = json!({ "from": DEV_ACCOUNTS[1].address, "to": SOMEBODY });
    assert_eq!(result(&chain, "eth_createAccessList", json!([plain])).await["accessList"], json!([]));
    let refuse = json!({ "to": probe.address(), "data": probe.refuseInWords().calldata() });
    let found = result(&chain, "eth_createAccessList", json!([refuse])).await;
    assert_eq!(found["error"], "execution reverted: not today");
}

#[tokio::test]
async fn what_this_chain_cannot_do_is_said() {
    let chain = Running::new().await;
    let proof = chain.raw("eth_getProof", json!([SOMEBODY, [], "latest"])).await;
    assert!(proof["error"]["message"].as_str().unwrap().contains("not supported"), "{proof}");
    let price = chain.raw("hardhat_setMinGasPrice", json!(["0x1"])).await;
    assert!(price["error"]["message"].as_str().unwrap().contains("setNextBlockBaseFeePerGas"), "{price}");
    result(&chain, "anvil_addBalance", json!([SOMEBODY, "0x5"])).await;
    result(&chain, "anvil_addBalance", json!([SOMEBODY, "0x6"])).await;
    assert_eq!(result(&chain, "eth_getBalance", json!([SOMEBODY, "latest"])).await, "0xb");
    let too_much = chain.raw("anvil_addBalance", json!([SOMEBODY, U256::MAX])).await;
    assert_eq!(too_much["error"]["code"], -32_602);
}
