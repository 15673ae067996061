//! Arbitrum's precompiles as transactions see them.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256, address, keccak256},
    sol_types::SolCall,
};

use crate::{
    wats::HOST_READ,
    world::{BASE, USER, World, data_gas},
};

alloy::sol! {
    function arbBlockNumber() external view returns (uint256);
    function arbOSVersion() external view returns (uint256);
    function arbBlockHash(uint256 n) external view returns (bytes32);
    function becomeChainOwner() external;
    function isChainOwner(address a) external view returns (bool);
    function setL1PricePerUnit(uint256 p) external;
    function addWasmCacheManager(address m) external;
    function isCacheManager(address m) external view returns (bool);
    function allCacheManagers() external view returns (address[] memory);
    function cacheProgram(address p) external;
    function evictCodehash(bytes32 h) external;
    function getL1BaseFeeEstimate() external view returns (uint256);
    function getMaxStylusContractFragments() external view returns (uint8);
    function getBalance(address a) external view returns (uint256);
    function inkPrice() external view returns (uint32);
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_INFO: Address = address!("0000000000000000000000000000000000000065");
const OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
const OWNER: Address = address!("0000000000000000000000000000000000000070");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const CACHE: Address = address!("0000000000000000000000000000000000000072");
const DEBUG: Address = address!("00000000000000000000000000000000000000ff");

fn word(output: &Bytes) -> U256 {
    U256::from_be_slice(output)
}

#[test]
fn arb_sys_answers_and_is_priced_per_word() {
    let mut world = World::new(61);
    let calldata = arbBlockNumberCall {}.abi_encode();
    let done = world.call(ARB_SYS, calldata.clone());
    assert_eq!(word(&done.output), U256::from(7));
    assert_eq!(done.gas, BASE + data_gas(&calldata) + 800 + 3);
    assert_eq!(word(&world.call(ARB_SYS, arbOSVersionCall {}.abi_encode()).output), U256::from(116));
    let hash = keccak256("block 6");
    world.env.recent_hashes = vec![hash].into();
    let done = world.call(ARB_SYS, arbBlockHashCall { n: U256::from(6) }.abi_encode());
    assert_eq!(done.output[..], hash[..]);
    for wrong in [U256::from(7), U256::from(5), U256::MAX] {
        let done = world.call(ARB_SYS, arbBlockHashCall { n: wrong }.abi_encode());
        assert!(!done.ok);
        assert_eq!(done.output[..4], keccak256("InvalidBlockNumber(uint256,uint256)")[..4]);
    }
}

#[test]
fn bad_input_reverts_and_takes_all_gas() {
    let mut world = World::new(61);
    let calldata = arbBlockNumberCall {}.abi_encode();
    for (data, value) in [(vec![], 0), (vec![1, 2, 3, 4], 0), (calldata, 1)] {
        let done = world.run_with_gas(TxKind::Call(ARB_SYS), data.clone(), value, 100_000);
        assert!(!done.ok, "{data:?}");
        assert_eq!((done.gas, done.output.len()), (100_000, 0));
    }
    let info = getBalanceCall { a: USER }.abi_encode();
    let done = world.call(ARB_INFO, info);
    assert!(word(&done.output) > U256::ZERO);
}

#[test]
fn owners_set_prices_and_cache_managers() {
    let mut world = World::new(61);
    let set = setL1PricePerUnitCall { p: U256::from(1_000) }.abi_encode();
    assert!(!world.call(OWNER, set.clone()).ok, "nobody is owner yet");
    assert!(world.call(DEBUG, becomeChainOwnerCall {}.abi_encode()).ok);
    let owner = world.call(OWNER_PUBLIC, isChainOwnerCall { a: USER }.abi_encode());
    assert_eq!(word(&owner.output), U256::ONE);
    let done = world.call(OWNER, set.clone());
    assert!(done.ok);
    assert_eq!(done.gas, BASE + data_gas(&set), "owners pay no gas inside");
    assert_eq!(devchain::evm::l1_price_per_unit(&world.state.at(u64::MAX), 5), 1_000);

    let manager = Address::repeat_byte(0x33);
    assert!(world.call(OWNER, addWasmCacheManagerCall { m: manager }.abi_encode()).ok);
    let found = world.call(CACHE, isCacheManagerCall { m: manager }.abi_encode());
    assert_eq!(word(&found.output), U256::ONE);
    let all = world.call(CACHE, allCacheManagersCall {}.abi_encode());
    assert_eq!(allCacheManagersCall::abi_decode_returns(&all.output).unwrap(), [manager]);
}

#[test]
fn cached_programs_enter_cheaper_until_evicted() {
    let mut world = World::new(51);
    let program = world.program(HOST_READ);
    let uncached = world.call(program, []).gas;
    assert!(!world.call(CACHE, cacheProgramCall { p: program }.abi_encode()).ok, "not a manager");
    world.call(DEBUG, becomeChainOwnerCall {}.abi_encode());
    let done = world.call(CACHE, cacheProgramCall { p: program }.abi_encode());
    assert!(done.ok);
    assert_eq!(done.execution.result.logs().len(), 1);
    assert_eq!(uncached - world.call(program, []).gas, 8_832 + 32);
    let code_hash = world.state.account(program).unwrap().code_hash;
    assert!(world.call(CACHE, evictCodehashCall { h: code_hash }.abi_encode()).ok);
    assert_eq!(world.call(program, []).gas, uncached);
}

#[test]
fn parameters_have_their_public_values() {
    let mut world = World::new(61);
    assert_eq!(word(&world.call(ARB_WASM, inkPriceCall {}.abi_encode()).output), U256::from(10_000));
    let fragments = getMaxStylusContractFragmentsCall {}.abi_encode();
    assert_eq!(word(&world.call(OWNER_PUBLIC, fragments.clone()).output), U256::from(4));
    assert!(!World::new(51).call(OWNER_PUBLIC, fragments).ok, "no such method before ArbOS 60");
    world.env.l1_price_per_unit = 77;
    let estimate = world.call(GAS_INFO, getL1BaseFeeEstimateCall {}.abi_encode());
    assert_eq!(word(&estimate.output), U256::from(77));
}
