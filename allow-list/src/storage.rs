//! Where everything lies; the layout is the table of the crate's documentation.

use functions_contract::{Address, B256, host, ownership::Ownership, word};

/// The owner and the proposed one have words of their own.
pub const OWNERSHIP: Ownership = Ownership { owner: 1, proposed: 2 };

/// One of the two lists. In insertion order, but for removals: the last sender takes the removed one's place.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Set {
    /// Who has accepted the terms of service.
    Allowed = 0,
    /// Who may not accept them.
    Blocked = 1,
}

impl Set {
    /// The slot of the sender at `index`.
    pub fn slot(self, index: u32) -> B256 {
        let mut slot = B256::ZERO;
        slot[27] = 3 + self as u8;
        slot[28..].copy_from_slice(&index.to_be_bytes());
        slot
    }

    /// Adds a sender; tells whether it is new.
    #[inline(never)]
    pub fn insert(self, sender: &Address) -> bool {
        let mut member = Member::load(sender);
        if member.is_in(self) {
            return false;
        }
        let mut state = State::load();
        let len = state.len(self);
        host::store(&self.slot(len), &sender.into_word());
        // 2³² senders could not be paid for.
        member.set_position(self, len.wrapping_add(1));
        state.set_len(self, len.wrapping_add(1));
        true
    }

    /// Removes a sender, if it is on the list.
    #[inline(never)]
    pub fn remove(self, sender: &Address) {
        let mut member = Member::load(sender);
        let position = member.position(self);
        if position == 0 {
            return;
        }
        let mut state = State::load();
        // A sender is on the list, so the list is not empty.
        let last = state.len(self) - 1;
        let moved = host::load(&self.slot(last));
        host::store(&self.slot(last), &B256::ZERO);
        if position - 1 != last {
            host::store(&self.slot(position - 1), &moved);
            Member::load(&Address::from_word(moved)).set_position(self, position);
        }
        member.set_position(self, 0);
        state.set_len(self, last);
    }
}

/// Slot 0: the configuration and how many are on the lists.
pub struct State(B256);

impl State {
    /// Reads the slot.
    pub fn load() -> Self {
        Self(host::load(&B256::ZERO))
    }

    /// Who signs the terms of service.
    pub fn signer(&self) -> Address {
        Address::from_slice(&self.0[..20])
    }

    /// Whether the list is in force.
    pub fn is_enabled(&self) -> bool {
        self.0[20] != 0
    }

    /// How many senders a list has.
    pub fn len(&self, set: Set) -> u32 {
        word::get(&self.0, 24 + 4 * set as usize, 4) as u32
    }

    /// Stores a list's length.
    fn set_len(&mut self, set: Set, len: u32) {
        word::put(&mut self.0.0, 24 + 4 * set as usize, 4, len.into());
        host::store(&B256::ZERO, &self.0);
    }

    /// Stores a configuration.
    pub fn configure(&mut self, enabled: bool, signer: &Address) {
        self.0[..20].copy_from_slice(signer.as_slice());
        self.0[20] = enabled.into();
        host::store(&B256::ZERO, &self.0);
    }
}

/// Where a sender stands on both lists.
pub struct Member {
    slot: B256,
    word: B256,
}

impl Member {
    /// Reads what is known of a sender.
    #[inline(never)]
    pub fn load(sender: &Address) -> Self {
        let mut slot = sender.into_word();
        slot[0] = 1;
        Self { word: host::load(&slot), slot }
    }

    /// Whether the sender is on a list.
    pub fn is_in(&self, set: Set) -> bool {
        self.position(set) != 0
    }

    /// Its position on a list counted from 1; 0 when it is not there.
    fn position(&self, set: Set) -> u32 {
        word::get(&self.word, 4 * set as usize, 4) as u32
    }

    fn set_position(&mut self, set: Set, position: u32) {
        word::put(&mut self.word.0, 4 * set as usize, 4, position.into());
        host::store(&self.slot, &self.word);
    }
}
