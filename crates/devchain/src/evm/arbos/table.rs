//! Addresses by index: what ArbAddressTable keeps.

use alloy::primitives::{Address, U256};

use super::{Store, number};

/// The index of an address, registered now when it has none.
pub(in crate::evm) fn register<'d, S: Store<'d>>(store: &mut S, address: Address) -> Result<u64, S::Error> {
    let known = number(store.read("table.by_address", address.as_slice())?);
    if known != 0 {
        return Ok(known - 1);
    }
    let count = size(store)? + 1;
    store.write("table.len", &[], U256::from(count))?;
    store.write("table", &count.to_be_bytes(), address.into_word().into())?;
    store.write("table.by_address", address.as_slice(), U256::from(count))?;
    Ok(count - 1)
}

/// The index of an address.
pub(in crate::evm) fn lookup<'d, S: Store<'d>>(
    store: &mut S,
    address: Address,
) -> Result<Option<u64>, S::Error> {
    Ok(number(store.read("table.by_address", address.as_slice())?).checked_sub(1))
}

/// The address at an index.
pub(in crate::evm) fn at<'d, S: Store<'d>>(store: &mut S, index: u64) -> Result<Option<Address>, S::Error> {
    if index >= size(store)? {
        return Ok(None);
    }
    let word = store.read("table", &(index + 1).to_be_bytes())?;
    Ok(Some(Address::from_word(word.into())))
}

/// How many addresses there are.
pub(in crate::evm) fn size<'d, S: Store<'d>>(store: &mut S) -> Result<u64, S::Error> {
    Ok(number(store.read("table.len", &[])?))
}
