//! Opening one ciphertext: shares come from the members, each once, until there are as many as the threshold.

use std::collections::{BTreeMap, BTreeSet};

use functions_tdh2::{DecryptionShare, OpenError, ValidShare, Verified};
use zeroize::Zeroizing;

use crate::ShareOf;

/// What became of a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The member gave one before, or it is towards something else: it is not looked at.
    Not,
    /// So many members have another ciphertext for this request that the others cannot be enough.
    Never,
    /// It is wrong, and the member gives no other.
    Wrong(String),
    /// It counts, and more are needed.
    Yes,
    /// It counts, and there are enough.
    Enough,
}

/// See the module's documentation. It has no `Debug`: enough shares are as good as the plaintext.
pub struct Opening {
    of: ShareOf,
    ciphertext: Verified,
    threshold: usize,
    members: usize,
    /// Members that have another ciphertext, or none.
    elsewhere: BTreeSet<u8>,
    /// By the member that sent it; `None` where it was wrong.
    shares: BTreeMap<u8, Option<ValidShare>>,
}

impl Opening {
    /// Begins to gather shares from so many members. A ciphertext that verified is there only when its label was one
    /// that was expected.
    pub const fn new(of: ShareOf, ciphertext: Verified, threshold: usize, members: usize) -> Self {
        Self { of, ciphertext, threshold, members, elsewhere: BTreeSet::new(), shares: BTreeMap::new() }
    }

    /// The ciphertext, for this member's own share.
    pub const fn ciphertext(&self) -> &Verified {
        &self.ciphertext
    }

    /// What it is towards.
    pub const fn of(&self) -> &ShareOf {
        &self.of
    }

    /// Takes the share of a member. It costs four multiplications of points the first time, and nothing later.
    pub fn take(&mut self, from: u8, of: &ShareOf, share: &[u8]) -> Counted {
        if self.shares.contains_key(&from) || self.is_enough() {
            return Counted::Not;
        }
        if *of != self.of {
            if of.is_of_request(&self.of) {
                self.elsewhere.insert(from);
            }
            // As many as may be faulty never suffice for this: the threshold leaves room for them.
            let left = self.members.saturating_sub(self.elsewhere.len());
            return if left < self.threshold { Counted::Never } else { Counted::Not };
        }
        self.elsewhere.remove(&from);
        let checked = DecryptionShare::decode(share)
            .map_err(|err| err.to_string())
            .and_then(|share| self.ciphertext.check(from, &share).map_err(|err| err.to_string()));
        match checked {
            Ok(valid) => {
                self.shares.insert(from, Some(valid));
                if self.is_enough() { Counted::Enough } else { Counted::Yes }
            }
            Err(problem) => {
                self.shares.insert(from, None);
                Counted::Wrong(problem)
            }
        }
    }

    /// Members whose share counts.
    pub fn counted(&self) -> usize {
        self.shares.values().flatten().count()
    }

    /// Whether [`Opening::open`] has enough shares.
    pub fn is_enough(&self) -> bool {
        self.counted() >= self.threshold
    }

    /// The plaintext of this layer.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.ciphertext.open(self.threshold, self.shares.values().flatten())
    }
}
