//! A chain of blocks that can be taken back, with the contracts' rules as far as nodes depend on them.

pub mod contract;
pub mod pool;
pub mod transaction;

use std::{collections::BTreeMap, rc::Rc};

use alloy::primitives::{B256, keccak256};

use self::{
    contract::{Call, Deed, Happened, State},
    pool::Pool,
    transaction::Transaction,
};
use crate::{don::Config, random::Random};
use test_signing::Checks;

/// Wall-clock milliseconds at the beginning.
pub const EPOCH_MS: u64 = 1_700_000_000_000;
/// Blocks above the newest final one.
pub const FINAL_DEPTH: u64 = 12;
/// Wei per gas at ordinary times.
pub const BASE_FEE: u64 = 100;

/// A block.
#[derive(Debug)]
pub struct Block {
    /// Its height.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// The block before.
    pub parent: Option<Rc<Block>>,
    /// Unix seconds.
    pub seconds: u64,
    /// Wei per gas.
    pub base_fee: u64,
    /// Events in order.
    pub events: Vec<Happened>,
    /// What the contracts hold after it.
    pub state: Rc<State>,
    /// Transactions of nodes, and what each did with the requests it carries.
    pub mined: Vec<(Transaction, Vec<Deed>)>,
    /// Calls of users.
    pub calls: Vec<Call>,
}

impl Block {
    /// The block at a height, this one or one before.
    #[must_use]
    pub fn at(self: &Rc<Self>, number: u64) -> Option<Rc<Self>> {
        let mut block = self.clone();
        while block.number > number {
            block = block.parent.clone()?;
        }
        (block.number == number).then_some(block)
    }

    /// Whether it lies in the chain that ends here.
    #[must_use]
    pub fn holds(self: &Rc<Self>, number: u64, hash: B256) -> bool {
        self.at(number).is_some_and(|block| block.hash == hash)
    }

    /// The newest block that counts as final.
    #[must_use]
    pub const fn final_number(&self) -> u64 {
        self.number.saturating_sub(FINAL_DEPTH)
    }
}

/// What a transaction did, by request.
type Deeds = Vec<(B256, Deed)>;

/// The chain, its pool, and its past.
pub struct Chain {
    /// When which block became the newest, for endpoints that lag.
    heads: Vec<(u64, Rc<Block>)>,
    /// Transactions that wait.
    pub pool: Pool,
    /// Calls of users that wait, with the earliest moment.
    pub calls: Vec<(u64, Call)>,
    /// Multiplies the base fee.
    pub price: u64,
    /// Where transactions were mined, and what they did there with which request.
    deeds: BTreeMap<B256, Vec<(u64, B256, Deeds)>>,
    checks: Checks,
    forks: u64,
}

impl Chain {
    /// A chain with this configuration.
    #[must_use]
    pub fn new(config: &Rc<Config>, checks: Checks) -> Self {
        let state = State::new(config);
        let events = vec![Happened::Configured(config.clone())];
        let genesis = Block {
            number: 0,
            hash: keccak256(b"genesis"),
            parent: None,
            seconds: EPOCH_MS / 1_000,
            base_fee: BASE_FEE,
            events,
            state: Rc::new(state),
            mined: Vec::new(),
            calls: Vec::new(),
        };
        Self {
            heads: vec![(0, Rc::new(genesis))],
            pool: Pool::default(),
            calls: Vec::new(),
            price: 1,
            deeds: BTreeMap::new(),
            checks,
            forks: 0,
        }
    }

    /// The newest block.
    ///
    /// # Panics
    /// Never: there is a first block.
    #[must_use]
    pub fn head(&self) -> &Rc<Block> {
        &self.heads.last().expect("the first block").1
    }

    /// The newest block as it was at a time.
    ///
    /// # Panics
    /// Never: there is a first block.
    #[must_use]
    pub fn head_at(&self, time: u64) -> &Rc<Block> {
        let place = self.heads.partition_point(|(at, _)| *at <= time).max(1);
        &self.heads[place - 1].1
    }

    /// Where a transaction was mined in the chain that ends with `head`, and what it did with a request.
    #[must_use]
    pub fn deed(&self, head: &Rc<Block>, transaction: &B256, id: &B256) -> Option<(u64, Deed)> {
        let places = self.deeds.get(transaction)?;
        let (number, _, deeds) = places.iter().find(|(number, hash, _)| head.holds(*number, *hash))?;
        let deed = deeds.iter().find(|(of, _)| of == id);
        Some((*number, deed.map_or(Deed::Cancelled, |(_, deed)| *deed)))
    }

    /// Makes a block of what waits.
    pub fn grow(&mut self, now: u64, random: &mut Random, certain: bool) {
        let (due, later) = std::mem::take(&mut self.calls).into_iter().partition(|(at, _)| *at <= now);
        self.calls = later;
        let parent = self.head().clone();
        let base_fee = BASE_FEE * self.price;
        let chosen = self.pool.choose(&parent.state, base_fee, || certain || random.percent(70));
        self.append(now, due, chosen);
    }

    fn append(&mut self, now: u64, calls: Vec<(u64, Call)>, transactions: Vec<Transaction>) {
        let parent = self.head().clone();
        let number = parent.number + 1;
        let hash =
            keccak256([parent.hash.as_slice(), &number.to_be_bytes(), &self.forks.to_be_bytes()].concat());
        let (mut state, mut events, mut mined) = (parent.state.clone(), Vec::new(), Vec::new());
        let seconds = ((EPOCH_MS + now) / 1_000).max(parent.seconds);
        let calls: Vec<Call> = calls.into_iter().map(|(_, call)| call).collect();
        for call in &calls {
            Rc::make_mut(&mut state).call(call, (number, hash, seconds), &mut events);
        }
        let base_fee = BASE_FEE * self.price;
        for transaction in transactions {
            let state = Rc::make_mut(&mut state);
            let deeds = state.transmit(&transaction, base_fee, &self.checks, &mut events);
            let ids =
                transaction.report.iter().flat_map(|carried| &carried.entries).map(|(key, _)| key.request);
            let by_request = ids.zip(deeds.iter().copied()).collect();
            self.deeds.entry(transaction.hash).or_default().push((number, hash, by_request));
            mined.push((transaction, deeds));
        }
        let block =
            Block { number, hash, parent: Some(parent), seconds, base_fee, events, state, mined, calls };
        self.pool.drop_used(&block.state);
        self.heads.push((now, Rc::new(block)));
    }

    /// Takes blocks back, never final ones, and puts as many and one more in their place. What the old ones held is in
    /// the new ones, in another order and place when `shuffled`.
    pub fn reorganise(&mut self, now: u64, depth: usize, shuffled: bool, random: &mut Random) {
        let old = self.head().clone();
        let depth = depth.min(usize::try_from(old.number).unwrap_or(0)).min(10);
        if depth == 0 {
            return;
        }
        self.forks += 1;
        let mut removed = Vec::new();
        let mut base = old;
        for _ in 0..depth {
            let parent = base.parent.clone().expect("not the first block");
            removed.push(base);
            base = parent;
        }
        removed.reverse();
        self.heads.push((now, base));
        let mut calls: BTreeMap<usize, Vec<(u64, Call)>> = BTreeMap::new();
        let mut transactions: BTreeMap<usize, Vec<Transaction>> = BTreeMap::new();
        for (place, block) in removed.iter().enumerate() {
            for call in &block.calls {
                let to = if shuffled { place + usize::try_from(random.below(4)).unwrap_or(0) } else { place };
                if to > depth {
                    self.calls.push((now + random.below(5_000), call.clone()));
                } else {
                    calls.entry(to).or_default().push((0, call.clone()));
                }
            }
            for (transaction, _) in &block.mined {
                if shuffled {
                    self.pool.put_back(transaction.clone());
                } else {
                    transactions.entry(place).or_default().push(transaction.clone());
                }
            }
        }
        for place in 0..=depth {
            let calls = calls.remove(&place).unwrap_or_default();
            let transactions = transactions.remove(&place).unwrap_or_default();
            self.append(now, calls, transactions);
        }
        // One moment has one newest block.
        let newest = self.heads.pop().expect("just made");
        self.heads.retain(|(at, _)| *at < now);
        self.heads.push(newest);
    }
}
