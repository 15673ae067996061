//! What every method of the precompiles costs: arguments and results by the word, the chain's state by the access.

use alloy::{
    primitives::{Address, B256, U256, address},
    sol_types::SolCall,
};

use crate::{
    wats::HOST_READ,
    world::{ARB_WASM, BASE, USER, World, data_gas},
};

alloy::sol! {
    function arbBlockNumber() external view returns (uint256);
    function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
    function myCallersAddressWithoutAliasing() external view returns (address);
    function getStats() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    function getBalance(address a) external view returns (uint256);
    function getCode(address a) external view returns (bytes memory);

    function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    function getPricesInArbGas() external view returns (uint256, uint256, uint256);
    function getGasAccountingParams() external view returns (uint256, uint256, uint256);
    function getCurrentTxL1GasFees() external view returns (uint256);
    function getL1BaseFeeEstimate() external view returns (uint256);
    function getMinimumGasPrice() external view returns (uint256);
    function getPricingInertia() external view returns (uint64);
    function getGasBacklogTolerance() external view returns (uint64);
    function getL1PricingSurplus() external view returns (int256);
    function getL1FeesAvailable() external view returns (uint256);
    function getPerBatchGasCharge() external view returns (int64);
    function getL1RewardRecipient() external view returns (address);
    function getGasPricingConstraints() external view returns (uint64[3][] memory);
    function getBatchPosters() external view returns (address[] memory);
    function getPreferredAggregator(address a) external view returns (address, bool);
    function getFeeCollector(address a) external view returns (address);

    function isChainOwner(address a) external view returns (bool);
    function getAllChainOwners() external view returns (address[] memory);
    function getNetworkFeeAccount() external view returns (address);
    function getBrotliCompressionLevel() external view returns (uint64);
    function getScheduledUpgrade() external view returns (uint64, uint64);
    function getMaxStylusContractFragments() external view returns (uint8);
    function getNativeTokenManagementFrom() external view returns (uint64);
    function getAllNativeTokenOwners() external view returns (address[] memory);
    function rectifyChainOwner(address a) external;

    function stylusVersion() external view returns (uint16);
    function minInitGas() external view returns (uint64, uint64);
    function activationGas() external view returns (uint64);
    function codehashVersion(bytes32 h) external view returns (uint16);
    function programInitGas(address a) external view returns (uint64, uint64);
    function programTimeLeft(address a) external view returns (uint64);
    function isCacheManager(address a) external view returns (bool);
    function allCacheManagers() external view returns (address[] memory);
    function codehashIsCached(bytes32 h) external view returns (bool);
    function cacheProgram(address a) external;
    function cacheCodehash(bytes32 h) external;
    function evictCodehash(bytes32 h) external;
    function addWasmCacheManager(address a) external;

    function becomeChainOwner() external;
    function customRevert(uint64 number) external pure;
    function legacyError() external pure;
    function events(bool flag, bytes32 value) external payable returns (address, uint256);

    function size() external view returns (uint256);
    function register(address a) external returns (uint256);
    function lookup(address a) external view returns (uint256);
    function lookupIndex(uint256 index) external view returns (address);
    function compress(address a) external returns (bytes memory);
    function decompress(bytes calldata buf, uint256 offset) external view returns (address, uint256);

    function getLifetime() external view returns (uint256);
    function getCurrentRedeemer() external view returns (address);
    function getTimeout(bytes32 id) external view returns (uint256);
    function redeem(bytes32 id) external returns (bytes32);
}

const SYS: Address = address!("0000000000000000000000000000000000000064");
const INFO: Address = address!("0000000000000000000000000000000000000065");
const TABLE: Address = address!("0000000000000000000000000000000000000066");
const OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
const AGGREGATOR: Address = address!("000000000000000000000000000000000000006d");
const RETRYABLE: Address = address!("000000000000000000000000000000000000006e");
const STATISTICS: Address = address!("000000000000000000000000000000000000006f");
const OWNER: Address = address!("0000000000000000000000000000000000000070");
const CACHE: Address = address!("0000000000000000000000000000000000000072");
const DEBUG: Address = address!("00000000000000000000000000000000000000ff");
const NOBODY: Address = address!("0000000000000000000000000000000012345678");
const POSTER: Address = address!("a4b000000000000000000073657175656e636572");

const READ: u64 = 800;
const WRITE: u64 = 20_000;

/// Gas of a direct call beyond the transaction's own and beyond its arguments, and its output.
fn cost(world: &mut World, to: Address, calldata: Vec<u8>, ok: bool) -> (u64, Vec<u8>) {
    let words = (calldata.len() - 4).div_ceil(32) as u64;
    let done = world.call(to, calldata.clone());
    assert_eq!(done.ok, ok, "{to}: {:?}", done.execution.result);
    (done.gas - BASE - data_gas(&calldata) - 3 * words, done.output.to_vec())
}

/// Checks what a view costs: opening the state, some readings, some result words, and more.
fn assert_view(
    world: &mut World,
    to: Address,
    call: &impl SolCall,
    reads: u64,
    result_words: u64,
    more: u64,
) {
    let (gas, _) = cost(world, to, call.abi_encode(), true);
    assert_eq!(gas, READ + reads * READ + 3 * result_words + more, "{}", std::any::type_name_of_val(call));
}

#[test]
fn views_cost_what_they_read_and_return() {
    let mut world = World::new(61);
    world.call(DEBUG, becomeChainOwnerCall {}.abi_encode());
    let program = world.program(HOST_READ);
    let code = world.state.account(program).unwrap().clone();
    let code_len = code.code.as_ref().unwrap().original_bytes().len().div_ceil(32) as u64;
    let h = code.code_hash;
    let w = &mut world;

    assert_view(w, SYS, &arbBlockNumberCall {}, 0, 1, 0);
    assert_view(w, STATISTICS, &getStatsCall {}, 0, 6, 0);
    assert_view(w, INFO, &getBalanceCall { a: NOBODY }, 0, 1, 700);
    assert_view(w, INFO, &getCodeCall { a: program }, 0, 2 + code_len, 2_100 + 3 * code_len);

    assert_view(w, GAS_INFO, &getPricesInWeiCall {}, 2, 6, 0);
    assert_view(w, GAS_INFO, &getPricesInArbGasCall {}, 1, 3, 0);
    assert_view(w, GAS_INFO, &getGasAccountingParamsCall {}, 2, 3, 0);
    assert_view(w, GAS_INFO, &getCurrentTxL1GasFeesCall {}, 0, 1, 0);
    assert_view(w, GAS_INFO, &getL1BaseFeeEstimateCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getMinimumGasPriceCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getPricingInertiaCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getGasBacklogToleranceCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getL1PricingSurplusCall {}, 3, 1, 0);
    assert_view(w, GAS_INFO, &getL1FeesAvailableCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getPerBatchGasChargeCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getL1RewardRecipientCall {}, 1, 1, 0);
    assert_view(w, GAS_INFO, &getGasPricingConstraintsCall {}, 1, 2, 0);
    assert_view(w, AGGREGATOR, &getBatchPostersCall {}, 2, 3, 0);
    assert_view(w, AGGREGATOR, &getPreferredAggregatorCall { a: NOBODY }, 0, 2, 0);
    assert_view(w, AGGREGATOR, &getFeeCollectorCall { a: POSTER }, 2, 1, 0);

    assert_view(w, OWNER_PUBLIC, &isChainOwnerCall { a: USER }, 1, 1, 0);
    assert_view(w, OWNER_PUBLIC, &getAllChainOwnersCall {}, 2, 3, 0);
    assert_view(w, OWNER_PUBLIC, &getNetworkFeeAccountCall {}, 1, 1, 0);
    assert_view(w, OWNER_PUBLIC, &getBrotliCompressionLevelCall {}, 1, 1, 0);
    assert_view(w, OWNER_PUBLIC, &getScheduledUpgradeCall {}, 2, 2, 0);
    assert_view(w, OWNER_PUBLIC, &getMaxStylusContractFragmentsCall {}, 0, 1, 100);
    assert_view(w, OWNER_PUBLIC, &getNativeTokenManagementFromCall {}, 1, 1, 0);
    assert_view(w, OWNER_PUBLIC, &getAllNativeTokenOwnersCall {}, 1, 2, 0);

    assert_view(w, ARB_WASM, &stylusVersionCall {}, 0, 1, 100);
    assert_view(w, ARB_WASM, &minInitGasCall {}, 0, 2, 100);
    assert_view(w, ARB_WASM, &activationGasCall {}, 1, 1, 0);
    assert_view(w, ARB_WASM, &codehashVersionCall { h }, 1, 1, 100);
    assert_view(w, ARB_WASM, &programInitGasCall { a: program }, 1, 2, 100 + 2_600);
    assert_view(w, ARB_WASM, &programTimeLeftCall { a: program }, 1, 1, 100 + 2_600);
    assert_view(w, CACHE, &isCacheManagerCall { a: USER }, 1, 1, 0);
    assert_view(w, CACHE, &allCacheManagersCall {}, 1, 2, 0);
    assert_view(w, CACHE, &codehashIsCachedCall { h }, 1, 1, 0);

    assert_view(w, TABLE, &sizeCall {}, 1, 1, 0);
    assert_view(w, RETRYABLE, &getLifetimeCall {}, 0, 1, 0);
    assert_view(w, RETRYABLE, &getCurrentRedeemerCall {}, 0, 1, 0);

    let alias = mapL1SenderContractAddressToL2AliasCall { sender: USER, unused: USER };
    assert_eq!(cost(w, SYS, alias.abi_encode(), true).0, 3, "a pure method opens no state");
}

#[test]
fn values_are_those_of_a_fresh_chain() {
    let mut world = World::new(61);
    let number = |world: &mut World, to, call: Vec<u8>| U256::from_be_slice(&cost(world, to, call, true).1);
    assert_eq!(number(&mut world, GAS_INFO, getPricingInertiaCall {}.abi_encode()), U256::from(102));
    assert_eq!(number(&mut world, RETRYABLE, getLifetimeCall {}.abi_encode()), U256::from(604_800));
    assert_eq!(number(&mut world, TABLE, sizeCall {}.abi_encode()), U256::ZERO);
    world.post(160 * 16, 50_000_000_001);
    let fees = number(&mut world, GAS_INFO, getCurrentTxL1GasFeesCall {}.abi_encode());
    // 1 280 000 gas for 2 560 units; what is left of a gas is not paid.
    assert_eq!(fees, U256::from(1_280_000u64 * 100_000_000));
}

#[test]
fn becoming_owner_costs_three_words_and_what_is_read_for_them() {
    let mut world = World::new(51);
    let become_owner = becomeChainOwnerCall {}.abi_encode();
    // 42 400 more than one word.
    assert_eq!(cost(&mut world, DEBUG, become_owner.clone(), true).0, READ + WRITE + 42_400);
    assert_eq!(cost(&mut world, DEBUG, become_owner, true).0, READ + READ, "who is owner stays it");
}

#[test]
fn errors_are_paid_for_by_the_word() {
    let mut world = World::new(61);
    let (gas, output) = cost(&mut world, DEBUG, customRevertCall { number: 7 }.abi_encode(), false);
    assert_eq!((gas, output.len()), (3 * 7, 4 + 6 * 32));
    assert_eq!(cost(&mut world, DEBUG, legacyErrorCall {}.abi_encode(), false), (0, Vec::new()));
    // Four bytes are a word.
    let unknown = codehashVersionCall { h: B256::ZERO }.abi_encode();
    assert_eq!(cost(&mut world, ARB_WASM, unknown, false).0, READ + 100 + READ + 3);
    let ticket = getTimeoutCall { id: B256::ZERO }.abi_encode();
    assert_eq!(cost(&mut world, RETRYABLE, ticket, false).0, READ + READ + 3);
    let ticket = redeemCall { id: B256::ZERO }.abi_encode();
    assert_eq!(cost(&mut world, RETRYABLE, ticket, false).0, READ + 2 * READ + 3);
    let rectify = rectifyChainOwnerCall { a: NOBODY }.abi_encode();
    assert_eq!(cost(&mut world, OWNER_PUBLIC, rectify, false), (READ + READ, Vec::new()));
    let events = eventsCall { flag: true, value: B256::repeat_byte(1) }.abi_encode();
    let both = (375 * 3 + 8 * 32) + (375 * 5 + 8 * 64);
    let (gas, output) = cost(&mut world, DEBUG, events, true);
    assert_eq!((gas, &output[12..32]), (READ + both + 3 * 2, USER.as_slice()));
}

#[test]
fn caching_and_evicting_cost_the_price_of_entry() {
    for (manager, access) in [(true, READ), (false, 2 * READ)] {
        let mut world = World::new(51);
        let program = world.program(HOST_READ);
        let h = world.state.account(program).unwrap().code_hash;
        world.call(DEBUG, becomeChainOwnerCall {}.abi_encode());
        if manager {
            world.call(OWNER, addWasmCacheManagerCall { a: USER }.abi_encode());
        }
        let event = 375 * 4 + 8 * 32;
        let change = READ + access + 100 + READ + event + 32 + READ + WRITE;
        let cache = cacheProgramCall { a: program }.abi_encode();
        assert_eq!(cost(&mut world, CACHE, cache.clone(), true).0, 2_600 + change);
        assert_eq!(
            cost(&mut world, CACHE, cache, true).0,
            2_600 + READ + access + 100 + READ,
            "cached already"
        );
        let evict = evictCodehashCall { h }.abi_encode();
        assert_eq!(cost(&mut world, CACHE, evict, true).0, change);
        let done = world.run_with_gas(CACHE.into(), cacheCodehashCall { h }.abi_encode(), 0, 90_000);
        assert_eq!((done.ok, done.gas), (false, 90_000), "gone since ArbOS 31");
    }
}

#[test]
fn the_address_table_shortens_addresses() {
    let mut world = World::new(61);
    let register = registerCall { a: NOBODY }.abi_encode();
    assert_eq!(cost(&mut world, TABLE, register.clone(), true).0, READ + 2 * READ + 3 * WRITE + 3);
    assert_eq!(cost(&mut world, TABLE, register, true).0, READ + READ + 3);
    assert_view(&mut world, TABLE, &lookupCall { a: NOBODY }, 1, 1, 0);
    assert_view(&mut world, TABLE, &lookupIndexCall { index: U256::ZERO }, 2, 1, 0);
    assert_eq!(
        cost(&mut world, TABLE, lookupCall { a: USER }.abi_encode(), false),
        (READ + READ, Vec::new())
    );
    for (a, len, reads) in [(NOBODY, 1, 2), (USER, 21, 0)] {
        let (_, output) = cost(&mut world, TABLE, compressCall { a }.abi_encode(), true);
        let buf = compressCall::abi_decode_returns(&output).unwrap();
        assert_eq!(buf.len(), len);
        let call = decompressCall { buf, offset: U256::ZERO };
        let (gas, output) = cost(&mut world, TABLE, call.abi_encode(), true);
        assert_eq!(gas, READ + reads * READ + 2 * 3);
        let found = decompressCall::abi_decode_returns(&output).unwrap();
        assert_eq!((found._0, found._1), (a, U256::from(len)));
    }
}

/// Passes its calldata on to `to` in a static call and returns the word that comes back.
fn forward(to: Address) -> Vec<u8> {
    let copy = [0x36, 0x60, 0, 0x60, 0, 0x37]; // CALLDATASIZE PUSH1 0 PUSH1 0 CALLDATACOPY
    let arguments = [0x60, 0x20, 0x60, 0, 0x36, 0x60, 0, 0x73]; // result, CALLDATASIZE, PUSH1 0, PUSH20
    let end = [0x5A, 0xFA, 0x50, 0x60, 0x20, 0x60, 0, 0xF3]; // GAS STATICCALL POP PUSH1 32 PUSH1 0 RETURN
    [&copy[..], &arguments, to.as_slice(), &end].concat()
}

#[test]
fn the_callers_caller_is_one_frame_further() {
    let mut world = World::new(61);
    let ask = myCallersAddressWithoutAliasingCall {}.abi_encode();
    let near = world.create(&forward(SYS));
    let far = world.create(&forward(near));
    for (to, caller) in [(SYS, Address::ZERO), (near, USER), (far, far)] {
        let done = world.call(to, ask.clone());
        assert_eq!(Address::from_word(B256::from_slice(&done.output)), caller, "asked through {to}");
    }
}

#[test]
fn what_a_precompile_looks_at_does_not_become_warm() {
    let mut world = World::new(61);
    // PUSH20 nobody BALANCE POP STOP, after asking for the same balance, or for the sender's.
    let balance = [&[0x73], NOBODY.as_slice(), &[0x31, 0x50]].concat();
    let ask = forward(INFO);
    let contract = world.create(&[&ask[..ask.len() - 5], &balance, &[0x00]].concat());
    let of = |world: &mut World, a| world.call(contract, getBalanceCall { a }.abi_encode());
    let (same, other) = (of(&mut world, NOBODY), of(&mut world, USER));
    let data = |a| data_gas(&getBalanceCall { a }.abi_encode());
    assert_eq!(same.gas - data(NOBODY), other.gas - data(USER));
}

#[test]
fn refunds_are_a_fifth_of_what_was_computed() {
    // Clears ten words: PUSH1 0 PUSH1 n SSTORE.
    let code: Vec<u8> = (0..10).flat_map(|slot| [0x60, 0, 0x60, slot, 0x55]).collect();
    let run = |units| {
        let mut world = World::new(51);
        let contract = world.create(&code);
        for slot in 0..10 {
            world.state.set_slot(contract, U256::from(slot), U256::from(1));
        }
        world.post(units, 1_000_000_000);
        let done = world.call(contract, []);
        assert!(done.ok);
        (done.gas, done.execution.poster_gas)
    };
    let spent = BASE + 10 * (5_000 + 6);
    assert_eq!(run(0), (spent - spent / 5, 0));
    // 16 690 gas for calldata, which no refund touches: counted in, a fifth of it, 3 338 gas, would come back as well.
    assert_eq!(run(1_669), (spent - spent / 5 + 16_690, 16_690));
}
