//! Access lists: what a call would touch.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    eips::eip2930::{AccessList, AccessListItem},
    primitives::{Address, B256, U256},
    rpc::types::{TransactionRequest, state::StateOverride},
};
use revm::state::EvmState;

use super::{CallFailure, Chain, RPC_GAS_CAP, SimulateError, simulate::checked};
use crate::{
    evm::{self, NETWORK_FEE_ACCOUNT, POSTER_FEE_ACCOUNT, TransactOptions},
    genesis::{ARBOS_STATE, PRECOMPILES},
};

/// Most runs until the list no longer changes.
const MAX_RUNS: usize = 4;
/// Precompiles of the parent chain's kind: 1 to this, and 0x100.
const LAST_ETHEREUM_PRECOMPILE: u64 = 0x11;
const P256_VERIFY: u64 = 0x100;

/// What a call touches, and what it costs when that is announced.
#[derive(Clone, Debug)]
pub struct AccessListFound {
    /// Accounts and slots, in order. Sender, recipient and precompiles appear only with slots: they are warm anyway.
    pub list: AccessList,
    /// Gas used with the list.
    pub gas_used: u64,
    /// Why the call does not return, if it does not.
    pub failure: Option<CallFailure>,
}

impl Chain {
    /// Runs a call until the list of what it touches no longer changes. The request's own list is the beginning.
    ///
    /// # Errors
    /// See [`SimulateError`].
    pub fn access_list(
        &self,
        mut request: TransactionRequest,
        number: Option<u64>,
        state: Option<StateOverride>,
    ) -> Result<AccessListFound, SimulateError> {
        let scene = self.scene(number, state, None)?;
        let gas = request.gas.unwrap_or(RPC_GAS_CAP).min(RPC_GAS_CAP);
        let options =
            TransactOptions { simulate: true, unlimited_compute: true, ..TransactOptions::default() };
        let caller = request.from.unwrap_or_default();
        let mut left = MAX_RUNS;
        loop {
            let tx = self.request_env(&request, gas, scene.env.base_fee);
            let to = tx.kind.to().copied();
            let execution = evm::transact(&*scene.db, &scene.env, tx, &options)?;
            let list = touched(&execution.state, |address| {
                address == caller
                    || Some(address) == to
                    || address == scene.env.coinbase
                    || is_precompile(address)
            });
            left -= 1;
            if left == 0 || request.access_list.as_ref() == Some(&list) {
                let gas_used = execution.result.tx_gas_used();
                return Ok(AccessListFound { list, gas_used, failure: checked(execution).err() });
            }
            request.access_list = Some(list);
        }
    }
}

fn touched(state: &EvmState, is_warm: impl Fn(Address) -> bool) -> AccessList {
    let mut found: BTreeMap<Address, BTreeSet<U256>> = BTreeMap::new();
    for (address, account) in state {
        if [ARBOS_STATE, NETWORK_FEE_ACCOUNT, POSTER_FEE_ACCOUNT].contains(address) {
            continue;
        }
        let keys: BTreeSet<U256> = account.storage.keys().copied().collect();
        if !keys.is_empty() || !is_warm(*address) {
            found.insert(*address, keys);
        }
    }
    let items = found.into_iter().map(|(address, keys)| AccessListItem {
        address,
        storage_keys: keys.into_iter().map(B256::from).collect(),
    });
    AccessList(items.collect())
}

fn is_precompile(address: Address) -> bool {
    let number = U256::from_be_slice(address.as_slice());
    let is_arbitrum = PRECOMPILES.iter().any(|last| U256::from(*last) == number);
    number <= U256::from(LAST_ETHEREUM_PRECOMPILE) || number == U256::from(P256_VERIFY) || is_arbitrum
}
