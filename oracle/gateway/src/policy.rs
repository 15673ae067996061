//! Who may ask, and how often. Pure: the time is passed in.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use alloy_primitives::Address;
use functions_types::Juels;

/// Senders whose buckets are remembered, at most. One that is full again is as good as forgotten.
pub const MAX_SENDERS: usize = 10_000;

/// Whose messages are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Everybody's.
    Everyone,
    /// Those of the DON's allow list.
    Only(BTreeSet<Address>),
}

/// A token bucket: `burst` at once, then one `each`. A bucket of no burst lets nothing through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Most at once.
    pub burst: u32,
    /// Time for one more.
    pub each: Duration,
}

/// What the DON asks of senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Who may ask at all.
    pub allowed: Allowed,
    /// How often one sender may.
    pub sender: Rate,
    /// How often all may together.
    pub all: Rate,
    /// What the richest subscription of a sender that stores something holds at least.
    pub min_balance: Juels,
}

impl Default for Rules {
    /// Everybody, ten at once and one a second; all together a hundred; no balance.
    fn default() -> Self {
        Self {
            allowed: Allowed::Everyone,
            sender: Rate { burst: 10, each: Duration::from_secs(1) },
            all: Rate { burst: 100, each: Duration::from_millis(10) },
            min_balance: Juels::ZERO,
        }
    }
}

/// Why a sender may not, in the words of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not on the list.
    #[error("sender not allowlisted")]
    NotAllowed,
    /// It asks too often, or all do.
    #[error("rate-limited")]
    RateLimited,
    /// Its subscriptions hold too little: this much.
    #[error("sender has insufficient balance: {} juels", .0.get())]
    Balance(Juels),
    /// The reference has this method; here nobody serves it.
    #[error("unsupported method")]
    UnsupportedMethod,
}

/// When a bucket is full again. That is all there is to know of it.
type FullAt = Duration;

impl Rate {
    /// The bucket with one token less, or `None` when it has none.
    fn take(self, full_at: FullAt, now: Duration) -> Option<FullAt> {
        let full_at = full_at.max(now).saturating_add(self.each);
        let empty_until = self.each.saturating_mul(self.burst).saturating_add(now);
        (self.burst > 0 && full_at <= empty_until).then_some(full_at)
    }
}

/// The rules with what is remembered of senders.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: Rules,
    all: FullAt,
    senders: HashMap<Address, FullAt>,
}

impl Policy {
    /// Nobody asked yet.
    pub fn new(rules: Rules) -> Self {
        Self { rules, all: Duration::ZERO, senders: HashMap::new() }
    }

    /// Changes the rules; what senders used up remains used up.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Takes a token of the sender's and one of everybody's; none when it is refused. `now` counts from any one moment.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] or [`Refusal::RateLimited`].
    pub fn admit(&mut self, sender: Address, now: Duration) -> Result<(), Refusal> {
        if let Allowed::Only(list) = &self.rules.allowed
            && !list.contains(&sender)
        {
            return Err(Refusal::NotAllowed);
        }
        let all = self.rules.all.take(self.all, now).ok_or(Refusal::RateLimited)?;
        let known = self.senders.get(&sender).copied();
        let own = self.rules.sender.take(known.unwrap_or_default(), now).ok_or(Refusal::RateLimited)?;
        if known.is_none() && self.senders.len() >= MAX_SENDERS {
            self.senders.retain(|_, full_at| *full_at > now);
            if self.senders.len() >= MAX_SENDERS {
                return Err(Refusal::RateLimited);
            }
        }
        self.all = all;
        self.senders.insert(sender, own);
        Ok(())
    }

    /// Checks what the richest subscription of a sender holds.
    ///
    /// # Errors
    /// [`Refusal::Balance`].
    pub fn afford(&self, balance: Juels) -> Result<(), Refusal> {
        if balance < self.rules.min_balance { Err(Refusal::Balance(balance)) } else { Ok(()) }
    }
}
