//! Where everything lies: slots, and the fields packed in words. The layout is the table of the crate's documentation.

use functions_contract::{
    Address, B256,
    ownership::Ownership,
    packed,
    storage::{element, load, of_address, store, store_at},
};

const STATE: u8 = 0;
const OWNER: u8 = 1;
const PROPOSED_OWNER: u8 = 2;
const ALLOWED: u8 = 3;
const BLOCKED: u8 = 4;

/// The owner and the proposed one have words of their own.
pub const OWNERSHIP: Ownership = Ownership { owner: OWNER, proposed: PROPOSED_OWNER };

/// Sets the first owner.
pub fn set_owner(owner: &Address) {
    store_at(OWNER, &owner.into_word());
}

packed! {
    /// The configuration and how many are on the lists.
    pub struct State in STATE {
        /// Who signs the terms of service.
        signer, set_signer: Address = 0..20;
        /// Whether the list is in force.
        is_enabled, set_enabled: bool = 20..21;
        /// How many have accepted the terms of service.
        allowed, set_allowed: u32 = 24..28;
        /// How many are blocked.
        blocked, set_blocked: u32 = 28..32;
    }
}

packed! {
    /// Where a sender stands on both lists: positions counted from 1, 0 when it is not there.
    pub struct Member {
        /// Its position among the allowed.
        allowed, set_allowed: u32 = 0..4;
        /// Its position among the blocked.
        blocked, set_blocked: u32 = 4..8;
    }
}

impl Member {
    /// Reads what is known of a sender.
    #[inline(never)]
    pub fn load(sender: &Address) -> Self {
        Self::at(of_address(sender))
    }
}

/// One of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Who has accepted the terms of service.
    Allowed,
    /// Who may not accept them.
    Blocked,
}

impl Set {
    fn slot(self, index: u32) -> B256 {
        element(
            match self {
                Self::Allowed => ALLOWED,
                Self::Blocked => BLOCKED,
            },
            index,
        )
    }

    /// The word of the sender at `index`.
    pub fn sender(self, index: u32) -> B256 {
        load(&self.slot(index))
    }

    /// Sets the word of the sender at `index`.
    pub fn set_sender(self, index: u32, sender: &B256) {
        store(&self.slot(index), sender);
    }

    /// How many senders the list has.
    pub fn len(self, state: &State) -> u32 {
        match self {
            Self::Allowed => state.allowed(),
            Self::Blocked => state.blocked(),
        }
    }

    /// Sets how many senders the list has, and writes it.
    pub fn set_len(self, mut state: State, len: u32) {
        match self {
            Self::Allowed => state.set_allowed(len),
            Self::Blocked => state.set_blocked(len),
        }
        state.store();
    }

    /// A sender's position on the list counted from 1; 0 when it is not there.
    pub fn position(self, member: &Member) -> u32 {
        match self {
            Self::Allowed => member.allowed(),
            Self::Blocked => member.blocked(),
        }
    }

    /// Sets a sender's position, and writes it.
    pub fn set_position(self, mut member: Member, position: u32) {
        match self {
            Self::Allowed => member.set_allowed(position),
            Self::Blocked => member.set_blocked(position),
        }
        member.store();
    }
}
