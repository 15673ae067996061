//! Sets of addresses: chain owners and cache managers.

use alloy::primitives::{Address, U256};

use super::{read, write};
use crate::evm::ArbContext;

/// An address set of the chain's state. Members can be listed; order is that of insertion until one is removed.
#[derive(Clone, Copy, Debug)]
pub(in crate::evm) struct AddressSet(&'static str);

/// Who may call ArbOwner.
pub(in crate::evm) const OWNERS: AddressSet = AddressSet("owners");
/// Who may cache programs, besides owners.
pub(in crate::evm) const CACHE_MANAGERS: AddressSet = AddressSet("cache_managers");

impl AddressSet {
    fn len(self, ctx: &mut ArbContext<'_>) -> u64 {
        u64::try_from(read(ctx, self.0, b"len")).unwrap_or_default()
    }

    /// Position of a member, counted from 1; zero for others.
    fn position(self, ctx: &mut ArbContext<'_>, member: Address) -> u64 {
        u64::try_from(read(ctx, self.0, member.as_slice())).unwrap_or_default()
    }

    fn at(self, ctx: &mut ArbContext<'_>, position: u64) -> Address {
        Address::from_word(read(ctx, self.0, &position.to_be_bytes()).into())
    }

    fn put(self, ctx: &mut ArbContext<'_>, position: u64, member: Address) {
        write(ctx, self.0, &position.to_be_bytes(), member.into_word().into());
        write(ctx, self.0, member.as_slice(), U256::from(position));
    }

    pub(in crate::evm) fn contains(self, ctx: &mut ArbContext<'_>, member: Address) -> bool {
        self.position(ctx, member) != 0
    }

    pub(in crate::evm) fn members(self, ctx: &mut ArbContext<'_>) -> Vec<Address> {
        (1..=self.len(ctx)).map(|position| self.at(ctx, position)).collect()
    }

    pub(in crate::evm) fn insert(self, ctx: &mut ArbContext<'_>, member: Address) {
        if !self.contains(ctx, member) {
            let position = self.len(ctx) + 1;
            self.put(ctx, position, member);
            write(ctx, self.0, b"len", U256::from(position));
        }
    }

    pub(in crate::evm) fn remove(self, ctx: &mut ArbContext<'_>, member: Address) {
        let position = self.position(ctx, member);
        if position == 0 {
            return;
        }
        let last = self.len(ctx);
        let moved = self.at(ctx, last);
        self.put(ctx, position, moved);
        write(ctx, self.0, &last.to_be_bytes(), U256::ZERO);
        write(ctx, self.0, member.as_slice(), U256::ZERO);
        write(ctx, self.0, b"len", U256::from(last - 1));
    }
}
