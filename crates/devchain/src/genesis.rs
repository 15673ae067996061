//! Block 0: who owns what, and the contracts deployment tools expect on every chain.

use alloy::primitives::{Address, Bytes, U256, address, bytes};

use crate::{
    accounts::{DEV_ACCOUNTS, dev_balance},
    state::State,
};

/// Factory that creates contracts at addresses chosen by salt and code.
pub const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
/// Creates, activates and constructs a Stylus program in one transaction.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Account whose storage is the chain's own: program table, prices, owners.
pub const ARBOS_STATE: Address = address!("a4b05fffffffffffffffffffffffffffffffffff");

/// Calls with `salt ‖ creation code` create a contract and return its 20-byte address.
const CREATE2_FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);
const STYLUS_DEPLOYER_HEX: &str =
    include_str!("../../../dev-contracts/stylus-deployer/StylusDeployer.runtime.hex");

/// Arbitrum's precompiles. Each shows one byte of code, so that Solidity's existence check passes.
pub(crate) const PRECOMPILES: [u8; 13] =
    [0x64, 0x65, 0x66, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0xff];

/// State of block 0. Not sealed yet.
pub(crate) fn state() -> State {
    let mut state = State::default();
    for account in DEV_ACCOUNTS {
        state.update_account(account.address, |info| info.balance = dev_balance());
    }
    contract(&mut state, CREATE2_FACTORY, CREATE2_FACTORY_CODE);
    contract(&mut state, STYLUS_DEPLOYER, stylus_deployer_code());
    for last in PRECOMPILES {
        contract(&mut state, Address::with_last_byte(last), bytes!("fe"));
    }
    // A nonce keeps the account from counting as empty, which would delete its storage.
    state.update_account(ARBOS_STATE, |info| info.nonce = 1);
    state
}

fn contract(state: &mut State, address: Address, code: Bytes) {
    state.set_code(address, code);
    state.update_account(address, |info| {
        info.nonce = 1;
        info.balance = U256::ZERO;
    });
}

fn stylus_deployer_code() -> Bytes {
    let digits: String = STYLUS_DEPLOYER_HEX.lines().filter(|line| !line.starts_with('#')).collect();
    hex::decode(digits).expect("the recipe writes hex digits").into()
}
