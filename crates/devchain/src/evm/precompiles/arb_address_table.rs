//! ArbAddressTable (0x66): addresses by index, to write them shorter.

use alloy::{
    primitives::{Address, U256},
    rlp::{Decodable, Encodable},
    sol_types::SolCall,
};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::arbos::table;

alloy::sol! {
    interface ArbAddressTable {
        function addressExists(address addr) external view returns (bool);
        function compress(address addr) external returns (bytes memory);
        function decompress(bytes calldata buf, uint256 offset) external view returns (address, uint256);
        function lookup(address addr) external view returns (uint256);
        function lookupIndex(uint256 index) external view returns (address);
        function register(address addr) external returns (uint256);
        function size() external view returns (uint256);
    }
}

pub(super) fn arb_address_table(call: &mut Call<'_, '_>) -> Answer {
    use ArbAddressTable::ArbAddressTableCalls as C;
    let method = call.decode(|call: &C| match call {
        C::compress(_) | C::register(_) => Purity::Write,
        _ => Purity::View,
    })?;
    let word = |number: u64| ArbAddressTable::sizeCall::abi_encode_returns(&U256::from(number));
    let output = match method {
        C::addressExists(args) => {
            let exists = table::lookup(call, args.addr)?.is_some();
            ArbAddressTable::addressExistsCall::abi_encode_returns(&exists)
        }
        C::compress(args) => {
            let mut bytes = Vec::new();
            match table::lookup(call, args.addr)? {
                Some(index) => index.encode(&mut bytes),
                None => args.addr.encode(&mut bytes),
            }
            ArbAddressTable::compressCall::abi_encode_returns(&bytes.into())
        }
        C::decompress(args) => {
            let part = usize::try_from(args.offset).ok().and_then(|offset| args.buf.get(offset..));
            let part = part.ok_or_else(|| Fail::reverted("invalid offset in ArbAddressTable.Decompress"))?;
            let (address, bytes) = decompress(call, part)?;
            ArbAddressTable::decompressCall::abi_encode_returns(&(address, U256::from(bytes)).into())
        }
        C::lookup(args) => match table::lookup(call, args.addr)? {
            Some(index) => word(index),
            None => return Err(Fail::reverted("address does not exist in AddressTable")),
        },
        C::lookupIndex(args) => {
            let index = u64::try_from(args.index)
                .map_err(|_| Fail::reverted("invalid index in ArbAddressTable.LookupIndex"))?;
            let found = table::at(call, index)?
                .ok_or_else(|| Fail::reverted("index does not exist in AddressTable"))?;
            ArbAddressTable::lookupIndexCall::abi_encode_returns(&found)
        }
        C::register(args) => word(table::register(call, args.addr)?),
        C::size(_) => word(table::size(call)?),
    };
    call.returns(output)
}

/// The address that bytes begin with, whole or as an index, and how many bytes it takes.
fn decompress(call: &mut Call<'_, '_>, bytes: &[u8]) -> Result<(Address, usize), Fail> {
    let broken = |_| Fail::reverted("broken RLP in a compressed address");
    let mut rest = bytes;
    if let Ok(address) = Address::decode(&mut rest) {
        return Ok((address, bytes.len() - rest.len()));
    }
    let mut rest = bytes;
    let index = u64::decode(&mut rest).map_err(broken)?;
    let address =
        table::at(call, index)?.ok_or_else(|| Fail::reverted("invalid index in compressed address"))?;
    Ok((address, bytes.len() - rest.len()))
}
