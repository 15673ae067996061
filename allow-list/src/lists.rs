//! The two lists, in insertion order but for removals: the last sender takes the removed one's place.

use functions_contract::{Address, B256};

use crate::storage::{Member, Set, State};

impl Set {
    /// Whether a sender is on the list.
    pub fn has(self, member: &Member) -> bool {
        self.position(member) != 0
    }

    /// Adds a sender; tells whether it is new.
    #[inline(never)]
    pub fn insert(self, sender: &Address) -> bool {
        let member = Member::load(sender);
        if self.has(&member) {
            return false;
        }
        let state = State::load();
        let len = self.len(&state);
        self.set_sender(len, &sender.into_word());
        // 2³² senders could not be paid for.
        self.set_position(member, len.wrapping_add(1));
        self.set_len(state, len.wrapping_add(1));
        true
    }

    /// Removes a sender, if it is on the list.
    #[inline(never)]
    pub fn remove(self, sender: &Address) {
        let member = Member::load(sender);
        let position = self.position(&member);
        if position == 0 {
            return;
        }
        let state = State::load();
        // A sender is on the list, so the list is not empty.
        let last = self.len(&state) - 1;
        let moved = self.sender(last);
        self.set_sender(last, &B256::ZERO);
        if position - 1 != last {
            self.set_sender(position - 1, &moved);
            self.set_position(Member::load(&Address::from_word(moved)), position);
        }
        self.set_position(member, 0);
        self.set_len(state, last);
    }
}
