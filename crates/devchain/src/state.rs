//! Accounts and storage, now and at every earlier block.
//!
//! The present is a map; the past is a pile of [`Undo`] layers, each holding what was overwritten while it was open. A
//! layer ends with a block or a [`Mark`]. Reading block `n` walks the layers above its end and takes the first that
//! knows the key; going back to a mark undoes the layers above it, so that a mark itself costs nothing.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use alloy::{
    primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::AddressMap},
    rpc::types::state::StateOverride,
};
use revm::{
    DatabaseRef,
    bytecode::Bytecode,
    state::{Account as TouchedAccount, AccountInfo},
};

type Slot = (Address, U256);

/// What was overwritten while this layer was open: the values before it.
#[derive(Clone, Debug, Default)]
struct Undo {
    accounts: AddressMap<Option<AccountInfo>>,
    slots: HashMap<Slot, U256>,
}

impl Undo {
    fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.slots.is_empty()
    }
}

/// A point to which [`State::rewind`] goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    layers: usize,
    blocks: usize,
    root: B256,
}

impl Mark {
    /// Something happened between the other mark and this one.
    pub(crate) fn is_after(self, other: Self) -> bool {
        (self.layers, self.blocks) > (other.layers, other.blocks)
    }
}

/// All accounts, their storage, and how to go back.
#[derive(Clone, Debug, Default)]
pub struct State {
    accounts: AddressMap<AccountInfo>,
    storage: AddressMap<HashMap<U256, U256>>,
    open: Undo,
    layers: Vec<Arc<Undo>>,
    spans: Vec<Span>,
    /// Number of layers below the transactions of the block being built.
    start: Option<usize>,
    root: B256,
}

/// The layers of one block.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// Number of layers below its transactions. What was set by hand after the block before it lies below too.
    start: usize,
    /// Number of layers at its end.
    end: usize,
}

impl State {
    /// The account as it is now; `None` when it does not exist.
    pub fn account(&self, address: Address) -> Option<&AccountInfo> {
        self.accounts.get(&address)
    }

    /// The next nonce of an account.
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).map_or(0, |account| account.nonce)
    }

    /// A storage word as it is now.
    pub fn slot(&self, address: Address, key: U256) -> U256 {
        self.storage.get(&address).and_then(|slots| slots.get(&key)).copied().unwrap_or_default()
    }

    /// Every storage word of an account that is not zero now, in no order.
    pub fn slots(&self, address: Address) -> impl Iterator<Item = (U256, U256)> {
        self.storage.get(&address).into_iter().flatten().map(|(key, value)| (*key, *value))
    }

    /// Replaces or, with `None`, removes an account. Its storage stays.
    pub fn set_account(&mut self, address: Address, account: Option<AccountInfo>) {
        let before = match account {
            Some(account) => self.accounts.insert(address, account),
            None => self.accounts.remove(&address),
        };
        self.open.accounts.entry(address).or_insert(before);
    }

    /// Changes an account in place, creating it when it does not exist.
    pub fn update_account(&mut self, address: Address, change: impl FnOnce(&mut AccountInfo)) {
        let mut account = self.account(address).cloned().unwrap_or_default();
        change(&mut account);
        self.set_account(address, Some(account));
    }

    /// Gives an account this code.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.update_account(address, |account| {
            (account.code_hash, account.code) = code_parts(code);
        });
    }

    /// Writes a storage word.
    pub fn set_slot(&mut self, address: Address, key: U256, value: U256) {
        let slots = self.storage.entry(address).or_default();
        let before = if value.is_zero() { slots.remove(&key) } else { slots.insert(key, value) };
        self.open.slots.entry((address, key)).or_insert(before.unwrap_or_default());
    }

    /// Stores what a transaction did.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = (Address, TouchedAccount)>) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            let vanishes = account.is_selfdestructed() || account.info.is_empty();
            if vanishes {
                let keys: Vec<U256> = self
                    .storage
                    .get(&address)
                    .map(|slots| slots.keys().copied().collect())
                    .unwrap_or_default();
                for key in keys {
                    self.set_slot(address, key, U256::ZERO);
                }
                if self.accounts.contains_key(&address) {
                    self.set_account(address, None);
                }
                continue;
            }
            if self.account(address) != Some(&account.info) {
                self.set_account(address, Some(account.info));
            }
            for (key, slot) in account.storage {
                if slot.is_changed() {
                    self.set_slot(address, key, slot.present_value);
                }
            }
        }
    }

    /// Ends the block being built: later reads of it see the state as it is now. Returns a digest of all changes since
    /// genesis, which stands where other chains have the root of the state's Merkle trie.
    pub fn seal(&mut self) -> B256 {
        let first = self.spans.last().map_or(0, |last| last.end);
        self.close_layer();
        let end = self.layers.len();
        let mut changes: Vec<B256> = Vec::new();
        for layer in &self.layers[first..] {
            for address in layer.accounts.keys() {
                let account = self.account(*address).cloned().unwrap_or_default();
                let fields = (account.balance.to_be_bytes::<32>(), account.nonce.to_be_bytes());
                changes.push(keccak256(
                    [address.as_slice(), &fields.0, &fields.1, account.code_hash.as_slice()].concat(),
                ));
            }
            for (address, key) in layer.slots.keys() {
                let value = self.slot(*address, *key);
                changes.push(keccak256(
                    [address.as_slice(), &key.to_be_bytes::<32>(), &value.to_be_bytes::<32>()].concat(),
                ));
            }
        }
        changes.sort_unstable();
        // What several layers of the block touched counts once.
        changes.dedup();
        if !changes.is_empty() {
            changes.push(self.root);
            self.root = keccak256(changes.concat());
        }
        self.spans.push(Span { start: self.start.take().unwrap_or(end), end });
        self.root
    }

    /// What is changed from here on is done by the transactions of the next block.
    pub(crate) fn begin_transactions(&mut self) {
        self.close_layer();
        self.start = Some(self.layers.len());
    }

    /// Marks the state as it is now.
    pub(crate) fn mark(&mut self) -> Mark {
        self.close_layer();
        Mark { layers: self.layers.len(), blocks: self.spans.len(), root: self.root }
    }

    /// The end of block `number`, whose digest is `root`; `None` when there is no such block.
    pub(crate) fn mark_of(&self, number: u64, root: B256) -> Option<Mark> {
        let number = usize::try_from(number).ok()?;
        Some(Mark { layers: self.spans.get(number)?.end, blocks: number + 1, root })
    }

    /// Goes back to a mark that was set on this state and is not above one it has gone back to since.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.close_layer();
        for layer in self.layers.split_off(mark.layers).into_iter().rev() {
            let Undo { accounts, slots } = Arc::unwrap_or_clone(layer);
            for (address, before) in accounts {
                match before {
                    Some(account) => self.accounts.insert(address, account),
                    None => self.accounts.remove(&address),
                };
            }
            for ((address, key), before) in slots {
                let slots = self.storage.entry(address).or_default();
                if before.is_zero() {
                    slots.remove(&key)
                } else {
                    slots.insert(key, before)
                };
            }
        }
        self.spans.truncate(mark.blocks);
        self.start = None;
        self.root = mark.root;
    }

    fn close_layer(&mut self) {
        if !self.open.is_empty() {
            self.layers.push(Arc::new(std::mem::take(&mut self.open)));
        }
    }

    /// The state after block `number`; the present when that is the newest block.
    pub fn at(&self, number: u64) -> StateAt<'_> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let is_past = number.saturating_add(1) < self.spans.len();
        StateAt { state: self, above: is_past.then(|| self.spans[number].end) }
    }

    /// The state before the transactions of block `number`; the present when there is no such block.
    pub fn before(&self, number: u64) -> StateAt<'_> {
        let span = usize::try_from(number).ok().and_then(|number| self.spans.get(number));
        StateAt { state: self, above: span.map(|span| span.start) }
    }
}

/// [`State`] seen from the end of one block.
#[derive(Clone, Copy, Debug)]
pub struct StateAt<'a> {
    state: &'a State,
    /// First layer to undo; `None` reads the present.
    above: Option<usize>,
}

impl StateAt<'_> {
    fn undone(&self) -> impl Iterator<Item = &Undo> {
        let layers = self.above.map(|first| &self.state.layers[first..]).unwrap_or_default();
        let open = self.above.map(|_| &self.state.open);
        layers.iter().map(Arc::as_ref).chain(open)
    }

    /// The account; `None` when it does not exist.
    pub fn account(&self, address: Address) -> Option<AccountInfo> {
        match self.undone().find_map(|layer| layer.accounts.get(&address)) {
            Some(before) => before.clone(),
            None => self.state.account(address).cloned(),
        }
    }

    /// A storage word.
    pub fn slot(&self, address: Address, key: U256) -> U256 {
        let before = self.undone().find_map(|layer| layer.slots.get(&(address, key)));
        before.copied().unwrap_or_else(|| self.state.slot(address, key))
    }
}

impl DatabaseRef for StateAt<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(address))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        // Accounts carry their code, so revm asks only for hashes no account has.
        let code = self.state.accounts.values().find(|account| account.code_hash == code_hash);
        Ok(code.and_then(|account| account.code.clone()).unwrap_or_default())
    }

    fn storage_ref(&self, address: Address, key: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, key))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(parent_chain_hash(number))
    }
}

/// Hash of a block of the parent chain, which is what BLOCKHASH returns. There is no parent chain: the hashes are made
/// up, and are the same for a number on every chain and at every time.
fn parent_chain_hash(number: u64) -> B256 {
    keccak256([b"parent chain block ".as_slice(), &number.to_be_bytes()].concat())
}

/// A state with some accounts replaced for the length of one call.
#[derive(Debug)]
pub struct Overridden<'a> {
    base: StateAt<'a>,
    accounts: AddressMap<AccountInfo>,
    slots: HashMap<Slot, U256>,
    /// Accounts whose storage is empty but for `slots`.
    cleared: Vec<Address>,
}

impl<'a> Overridden<'a> {
    /// Lays the third parameter of eth_call over a state.
    ///
    /// # Errors
    /// A sentence for the caller, when an account sets both `state` and `stateDiff` or asks for a moved precompile.
    pub fn new(base: StateAt<'a>, overrides: StateOverride) -> Result<Self, String> {
        let mut this =
            Self { base, accounts: AddressMap::default(), slots: HashMap::new(), cleared: Vec::new() };
        for (address, change) in overrides {
            if change.state.is_some() && change.state_diff.is_some() {
                return Err(format!("account {address} has both 'state' and 'stateDiff'"));
            }
            if change.move_precompile_to.is_some() {
                return Err(format!("account {address}: moving a precompile is not supported"));
            }
            let mut account = base.account(address).unwrap_or_default();
            account.balance = change.balance.unwrap_or(account.balance);
            account.nonce = change.nonce.unwrap_or(account.nonce);
            if let Some(code) = change.code {
                (account.code_hash, account.code) = code_parts(code);
            }
            this.accounts.insert(address, account);
            if change.state.is_some() {
                this.cleared.push(address);
            }
            for (key, value) in change.state.or(change.state_diff).into_iter().flatten() {
                this.slots.insert((address, key.into()), value.into());
            }
        }
        Ok(this)
    }
}

impl DatabaseRef for Overridden<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        match self.accounts.get(&address) {
            Some(account) => Ok(Some(account.clone())),
            None => self.base.basic_ref(address),
        }
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        self.base.code_by_hash_ref(code_hash)
    }

    fn storage_ref(&self, address: Address, key: U256) -> Result<U256, Infallible> {
        match self.slots.get(&(address, key)) {
            Some(value) => Ok(*value),
            None if self.cleared.contains(&address) => Ok(U256::ZERO),
            None => self.base.storage_ref(address, key),
        }
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        self.base.block_hash_ref(number)
    }
}

/// Hash and parsed form of code. Bytes that look like a broken delegation are kept as ordinary code.
fn code_parts(code: Bytes) -> (B256, Option<Bytecode>) {
    if code.is_empty() {
        return (KECCAK256_EMPTY, None);
    }
    let parsed = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
    (parsed.hash_slow(), Some(parsed))
}
