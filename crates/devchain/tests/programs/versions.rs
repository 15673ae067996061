//! What ArbOS versions change: Stylus version 3, larger programs, the limit of open pages, prices that owners set, and
//! the life of a program.

use alloy::{
    primitives::{Address, TxKind, U256, address},
    sol_types::{SolCall, SolError},
};

use crate::{
    wats::{CALLER, Called, HOST_READ, call},
    world::{ARB_WASM, BASE, Done, USER, World, activateProgramCall, data_gas},
};

alloy::sol! {
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    error ProgramUpToDate();
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
    error ProgramInsufficientValue(uint256 have, uint256 want);
    function codehashVersion(bytes32 h) external view returns (uint16);
    function codehashKeepalive(bytes32 h) external payable;
    function programTimeLeft(address a) external view returns (uint64);
    function programInitGas(address a) external view returns (uint64, uint64);
    function stylusVersion() external view returns (uint16);
    function inkPrice() external view returns (uint32);
    function activationGas() external view returns (uint64);
    function expiryDays() external view returns (uint16);
    function becomeChainOwner() external;
    function cacheProgram(address a) external;
    function evictCodehash(bytes32 h) external;
    function codehashIsCached(bytes32 h) external view returns (bool);
    function setInkPrice(uint32 price) external;
    function setWasmPageLimit(uint16 limit) external;
    function setWasmActivationGas(uint64 gas) external;
    function setWasmExpiryDays(uint16 d) external;
    function setWasmKeepaliveDays(uint16 d) external;
    function setWasmMinInitGas(uint8 gas, uint16 cached) external;
    function setWasmInitCostScalar(uint64 percent) external;
    function setWasmMaxSize(uint32 size) external;
    function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
    function getScheduledUpgrade() external view returns (uint64, uint64);
}

const OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const OWNER: Address = address!("0000000000000000000000000000000000000070");
const CACHE: Address = address!("0000000000000000000000000000000000000072");
const DEBUG: Address = address!("00000000000000000000000000000000000000ff");
const DAY: u64 = 86_400;

fn word(output: &[u8]) -> u64 {
    U256::from_be_slice(&output[..32]).to()
}

fn owned(arbos: u64) -> World {
    let mut world = World::new(arbos);
    assert!(world.call(DEBUG, becomeChainOwnerCall {}.abi_encode()).ok);
    world
}

fn set(world: &mut World, call: impl SolCall) -> Done {
    world.call(OWNER, call.abi_encode())
}

fn ask(world: &mut World, call: impl SolCall) -> u64 {
    let done = world.call(ARB_WASM, call.abi_encode());
    assert!(done.ok, "{:?}", done.execution.result);
    word(&done.output)
}

#[test]
fn programs_of_stylus_version_2_must_be_activated_again_from_arbos_59_on() {
    let mut world = owned(51);
    let program = world.program(HOST_READ);
    let h = world.state.account(program).unwrap().code_hash;
    assert!(world.call(CACHE, cacheProgramCall { a: program }.abi_encode()).ok);
    assert_eq!(ask(&mut world, stylusVersionCall {}), 2);
    assert_eq!(world.activate(program).output, ProgramUpToDate {}.abi_encode());

    world.env.arbos_version = 59;
    let needs = ProgramNeedsUpgrade { version: 2, stylusVersion: 3 }.abi_encode();
    assert_eq!(ask(&mut world, stylusVersionCall {}), 3);
    assert_eq!(world.call(program, []).output, needs);
    assert_eq!(world.call(ARB_WASM, codehashVersionCall { h }.abi_encode()).output, needs);
    assert_eq!(world.call(CACHE, cacheProgramCall { a: program }.abi_encode()).output, needs);

    let again = world.activate(program);
    assert!(again.ok, "{:?}", again.execution.result);
    world.next_block();
    assert_eq!(ask(&mut world, codehashVersionCall { h }), 3);
    assert!(world.call(program, []).ok);
    let cached = world.call(CACHE, codehashIsCachedCall { h }.abi_encode());
    assert_eq!(word(&cached.output), 1, "it stays cached");
    // Of a cached program the old hash is read, and there is the further price to look up.
    let mut fresh = World::new(51);
    let first = fresh.deploy(HOST_READ);
    let first = fresh.activate(first);
    let data = |address| data_gas(&activateProgramCall { program: address }.abi_encode());
    assert_eq!(again.gas - data(program), first.gas - data(USER.create(0)) + 800 + 800);
}

/// A module of about 190 KiB that compresses to almost nothing.
fn large() -> String {
    let body = "(drop (i32.const 7))".repeat(16_000);
    let functions: String = (0..4).map(|_| format!("(func {body})")).collect();
    format!(
        r#"(module (memory (export "memory") 1 1) {functions}
          (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#
    )
}

#[test]
fn programs_may_have_256_kib_from_arbos_60_on() {
    let wat = large();
    assert!((131_073..262_144).contains(&wat::parse_str(&wat).unwrap().len()));
    for (arbos, accepted) in [(51, false), (59, false), (60, true), (61, true)] {
        let mut world = World::new(arbos);
        let program = world.deploy(&wat);
        assert_eq!(world.activate(program).ok, accepted, "ArbOS {arbos}");
        assert_eq!(world.call(program, []).ok, accepted, "ArbOS {arbos}");
    }
    let mut world = owned(60);
    let program = world.deploy(&wat);
    assert!(set(&mut world, setWasmMaxSizeCall { size: 131_072 }).ok);
    assert!(!world.activate(program).ok);
    assert!(set(&mut world, setWasmMaxSizeCall { size: 262_144 }).ok);
    assert!(world.activate(program).ok);
}

#[test]
fn all_open_pages_are_limited_from_arbos_59_on() {
    let grows = r#"(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32))) (memory (export "memory") 3)
      (func (export "user_entrypoint") (param i32) (result i32)
        (drop (memory.grow (local.get 0))) (i32.const 0)))"#;
    for (arbos, limited) in [(51, false), (59, true), (61, true)] {
        let mut world = owned(arbos);
        let (caller, three) = (world.program(CALLER), world.program(&HOST_READ.replace("1 1)", "3 3)")));
        let grows = world.program(grows);
        let reach = |world: &mut World| {
            world.next_block();
            let nested = world.call(caller, call(1, three, 1 << 63, 0, &[]));
            let grown = world.call(grows, [0; 2]);
            (Called::parse(&nested.output).status == 0, grown.ok)
        };
        assert!(set(&mut world, setWasmPageLimitCall { limit: 5 }).ok);
        assert_eq!(reach(&mut world), (true, true), "one page and three, and three and two");
        assert!(set(&mut world, setWasmPageLimitCall { limit: 4 }).ok);
        assert_eq!(reach(&mut world), (true, !limited), "ArbOS {arbos}");
        assert!(set(&mut world, setWasmPageLimitCall { limit: 3 }).ok);
        assert_eq!(reach(&mut world), (!limited, !limited), "ArbOS {arbos}");
        assert!(set(&mut world, setWasmPageLimitCall { limit: 0 }).ok);
        assert_eq!(reach(&mut world), (true, true), "no limit");
    }
}

#[test]
fn owners_set_a_further_price_of_activation_from_arbos_59_on() {
    let mut world = owned(51);
    assert!(!set(&mut world, setWasmActivationGasCall { gas: 5 }).ok);
    assert!(!world.call(ARB_WASM, activationGasCall {}.abi_encode()).ok);

    world.env.arbos_version = 59;
    let (one, two) = (world.deploy(HOST_READ), world.deploy(&HOST_READ.replace("12", "11")));
    let data = |program| data_gas(&activateProgramCall { program }.abi_encode());
    let before = world.activate(one).gas - data(one);
    assert!(set(&mut world, setWasmActivationGasCall { gas: 123_456 }).ok);
    assert_eq!(ask(&mut world, activationGasCall {}), 123_456);
    assert_eq!(world.activate(two).gas - data(two), before + 123_456);
    assert!(set(&mut world, setWasmActivationGasCall { gas: u64::MAX }).ok);
    let never = world.deploy(&HOST_READ.replace("12", "10"));
    let done = world.run_with_gas(
        TxKind::Call(ARB_WASM),
        activateProgramCall { program: never }.abi_encode(),
        0,
        9_000_000,
    );
    assert_eq!((done.ok, done.gas), (false, 9_000_000));
}

#[test]
fn prices_of_entry_follow_what_owners_set() {
    let mut world = owned(61);
    let program = world.program(HOST_READ);
    let gas = |world: &mut World| {
        let done = world.call(ARB_WASM, programInitGasCall { a: program }.abi_encode());
        (word(&done.output), word(&done.output[32..]))
    };
    assert_eq!(gas(&mut world), (8_832 + 32 + 352 + 11, 352 + 11));
    let entry = world.call(program, []).gas;
    assert!(set(&mut world, setWasmMinInitGasCall { gas: 129, cached: 33 }).ok);
    assert!(set(&mut world, setWasmInitCostScalarCall { percent: 49 }).ok);
    assert_eq!(gas(&mut world), (256 + 16 + 64 + 11, 64 + 11));
    world.next_block();
    assert_eq!(entry - world.call(program, []).gas, (8_832 - 256) + (32 - 16) + (352 - 64));
    assert!(set(&mut world, setInkPriceCall { price: 20_000 }).ok);
    assert_eq!(ask(&mut world, inkPriceCall {}), 20_000);
    for wrong in [0, 1 << 24] {
        let refused = set(&mut world, setInkPriceCall { price: wrong });
        let calldata = setInkPriceCall { price: wrong }.abi_encode();
        assert_eq!((refused.ok, refused.gas), (false, BASE + data_gas(&calldata)), "owners keep their gas");
    }
}

#[test]
fn a_program_lives_a_year_and_can_be_kept_alive_after_a_month() {
    let mut world = owned(61);
    let program = world.program(HOST_READ);
    let h = world.state.account(program).unwrap().code_hash;
    let year = 365 * DAY;
    let left = |world: &mut World| ask(world, programTimeLeftCall { a: program });
    // The table counts in hours.
    let age = (world.env.timestamp - 1_421_388_000) % 3_600;
    assert_eq!(left(&mut world), year - age);
    let keep = |world: &mut World, value| {
        world.run(TxKind::Call(ARB_WASM), codehashKeepaliveCall { h }.abi_encode(), value)
    };
    let early = keep(&mut world, 0);
    assert_eq!(early.output, ProgramKeepaliveTooSoon { ageInSeconds: age }.abi_encode());

    world.env.timestamp += 40 * DAY;
    assert_eq!(left(&mut world), year - age - 40 * DAY);
    let poor = ProgramInsufficientValue::abi_decode(&keep(&mut world, 0).output).unwrap();
    // The size is stored in KiB.
    assert_eq!(poor.want % U256::from(1_024), U256::ZERO);
    let done = keep(&mut world, 10u64.pow(15));
    assert!(done.ok);
    let event = 375 * 3 + 8 * 32;
    let calldata = codehashKeepaliveCall { h }.abi_encode();
    // Parameters and entry, demand and entry written, the fee's receiver.
    let inside = 3 + 800 + 100 + 800 + 5 * 800 + 2 * 20_000 + 20_000 + 800 + event;
    assert_eq!(done.gas, BASE + data_gas(&calldata) + inside);
    assert_eq!(left(&mut world), year - age);

    world.env.timestamp += year - age + 1;
    let old = ProgramExpired { ageInSeconds: year + 1 }.abi_encode();
    assert_eq!(world.call(program, []).output, old);
    assert_eq!(keep(&mut world, 10u64.pow(15)).output, old, "too late");
    assert_eq!(world.call(ARB_WASM, programTimeLeftCall { a: program }.abi_encode()).output, old);
    assert!(world.activate(program).ok);
    assert!(world.call(program, []).ok);
}

#[test]
fn owners_set_how_long_programs_live() {
    let mut world = owned(61);
    let program = world.program(HOST_READ);
    let h = world.state.account(program).unwrap().code_hash;
    world.env.timestamp += 10 * DAY;
    assert!(set(&mut world, setWasmExpiryDaysCall { d: 9 }).ok);
    assert_eq!(ask(&mut world, expiryDaysCall {}), 9);
    assert!(!world.call(program, []).ok);
    assert!(set(&mut world, setWasmExpiryDaysCall { d: 11 }).ok);
    assert!(set(&mut world, setWasmKeepaliveDaysCall { d: 10 }).ok);
    assert!(world.call(program, []).ok);
    assert!(world.run(TxKind::Call(ARB_WASM), codehashKeepaliveCall { h }.abi_encode(), 10u64.pow(15)).ok);
    assert!(world.call(CACHE, evictCodehashCall { h }.abi_encode()).ok, "nothing to evict");
}

#[test]
fn upgrades_are_scheduled_by_owners_only_and_only_to_known_versions() {
    let mut world = owned(51);
    let at = world.env.timestamp + 100;
    let version =
        |world: &World, timestamp| devchain::evm::arbos_version(&world.state.at(u64::MAX), 51, timestamp);
    let schedule = |new, timestamp| scheduleArbOSUpgradeCall { newVersion: new, timestamp };
    let scheduled = |world: &mut World| {
        let done = world.call(OWNER_PUBLIC, getScheduledUpgradeCall {}.abi_encode());
        (word(&done.output), word(&done.output[32..]))
    };
    assert_eq!(scheduled(&mut world), (0, 0));
    assert!(!set(&mut world, schedule(62, 0)).ok);
    assert!(set(&mut world, schedule(60, at)).ok);
    assert_eq!(scheduled(&mut world), (60, at));
    assert_eq!((version(&world, at - 1), version(&world, at)), (51, 60));

    world.env.timestamp = at;
    world.env.arbos_version = version(&world, at);
    assert_eq!(scheduled(&mut world), (0, 0));
    assert!(set(&mut world, schedule(61, at + 100)).ok);
    assert_eq!((version(&world, at), version(&world, at + 100)), (60, 61), "what has happened stays");
    assert!(set(&mut world, schedule(51, 0)).ok);
    assert_eq!(version(&world, at + 1_000), 60, "there is no way back");
    assert!(!World::new(61).call(OWNER, schedule(61, 0).abi_encode()).ok, "nobody's chain");
}
