//! Sets of addresses: chain owners and cache managers.

use alloy::primitives::{Address, U256};

use super::{Store, number};

/// An address set of the chain's state. Members can be listed; order is that of insertion until one is removed.
///
/// Upstream: `AddressSet` (Nitro, `arbos/addressSet/addressSet.go`).
#[derive(Clone, Copy, Debug)]
pub(in crate::evm) struct AddressSet(&'static str);

/// Who may call ArbOwner.
pub(in crate::evm) const OWNERS: AddressSet = AddressSet("owners");
/// Who may cache programs, besides owners.
pub(in crate::evm) const CACHE_MANAGERS: AddressSet = AddressSet("cache_managers");

impl AddressSet {
    fn len<'d, S: Store<'d>>(self, store: &mut S) -> Result<u64, S::Error> {
        Ok(number(store.read(self.0, b"len")?))
    }

    fn set_len<'d, S: Store<'d>>(self, store: &mut S, len: u64) -> Result<(), S::Error> {
        store.write(self.0, b"len", U256::from(len))
    }

    /// Position of a member, counted from 1; zero for others.
    fn position<'d, S: Store<'d>>(self, store: &mut S, member: Address) -> Result<u64, S::Error> {
        Ok(number(store.read(self.0, member.as_slice())?))
    }

    fn at<'d, S: Store<'d>>(self, store: &mut S, position: u64) -> Result<Address, S::Error> {
        Ok(Address::from_word(store.read(self.0, &position.to_be_bytes())?.into()))
    }

    pub(in crate::evm) fn contains<'d, S: Store<'d>>(
        self,
        store: &mut S,
        member: Address,
    ) -> Result<bool, S::Error> {
        Ok(self.position(store, member)? != 0)
    }

    pub(in crate::evm) fn members<'d, S: Store<'d>>(self, store: &mut S) -> Result<Vec<Address>, S::Error> {
        (1..=self.len(store)?).map(|position| self.at(store, position)).collect()
    }

    /// Adds a member; one that is there stays.
    pub(in crate::evm) fn insert<'d, S: Store<'d>>(
        self,
        store: &mut S,
        member: Address,
    ) -> Result<(), S::Error> {
        if self.contains(store, member)? {
            return Ok(());
        }
        let position = self.len(store)? + 1;
        store.write(self.0, member.as_slice(), U256::from(position))?;
        store.write(self.0, &position.to_be_bytes(), member.into_word().into())?;
        // The node reads the length again to raise it.
        let len = self.len(store)?;
        self.set_len(store, len + 1)
    }

    /// Removes a member; the last one takes its place. Nothing happens to others.
    pub(in crate::evm) fn remove<'d, S: Store<'d>>(
        self,
        store: &mut S,
        member: Address,
    ) -> Result<(), S::Error> {
        let position = self.position(store, member)?;
        if position == 0 {
            return Ok(());
        }
        store.write(self.0, member.as_slice(), U256::ZERO)?;
        let last = self.len(store)?;
        if position < last {
            let moved = self.at(store, last)?;
            store.write(self.0, &position.to_be_bytes(), moved.into_word().into())?;
            store.write(self.0, moved.as_slice(), U256::from(position))?;
        }
        store.write(self.0, &last.to_be_bytes(), U256::ZERO)?;
        let len = self.len(store)?;
        self.set_len(store, len.saturating_sub(1))
    }
}
