//! ArbDebug (0xFF): what a development chain lets anyone do.

use alloy::{
    primitives::{Address, B256},
    sol_types::SolCall,
};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::arbos::set::OWNERS;

/// What [`ArbDebug::Custom`] says.
const SPIDERS: &str = r"This spider family wards off bugs: /\oo/\ //\(oo)//\ /\oo/\";

alloy::sol! {
    interface ArbDebug {
        event Basic(bool flag, bytes32 indexed value);
        event Mixed(bool indexed flag, bool not, bytes32 indexed value, address conn, address indexed caller);
        error Custom(uint64 number, string text, bool flag);

        function becomeChainOwner() external;
        function events(bool flag, bytes32 value) external payable returns (address, uint256);
        function eventsView() external view;
        function customRevert(uint64 number) external pure;
        function legacyError() external pure;
    }
}

pub(super) fn arb_debug(call: &mut Call<'_, '_>) -> Answer {
    use ArbDebug::ArbDebugCalls as C;
    let method = call.decode(|call: &C| match call {
        C::becomeChainOwner(_) => Purity::Write,
        C::events(_) => Purity::Payable,
        C::eventsView(_) => Purity::View,
        C::customRevert(_) | C::legacyError(_) => Purity::Pure,
    })?;
    match method {
        C::becomeChainOwner(_) => {
            let caller = call.caller;
            OWNERS.insert(call, caller)?;
            call.returns(Vec::new())
        }
        C::events(args) => {
            let (caller, value) = (call.caller, call.value);
            emit_both(call, args.flag, args.value)?;
            call.returns(ArbDebug::eventsCall::abi_encode_returns(&(caller, value).into()))
        }
        C::eventsView(_) => Err(Fail::reverted("write protection")),
        C::customRevert(args) => {
            Err(Fail::error(&ArbDebug::Custom { number: args.number, text: SPIDERS.to_owned(), flag: true }))
        }
        C::legacyError(_) => Err(Fail::reverted("example legacy error")),
    }
}

fn emit_both(call: &mut Call<'_, '_>, flag: bool, value: B256) -> Result<(), Fail> {
    call.emit(&ArbDebug::Basic { flag: !flag, value })?;
    let (conn, caller) = (Address::with_last_byte(0xff), call.caller);
    call.emit(&ArbDebug::Mixed { flag, not: !flag, value, conn, caller })
}
