//! What a running program knows, what it asks the chain for, and how it ends.

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::Pages;

/// Everything a frame may read without asking: its call, its transaction, its block.
#[derive(Debug, Clone, Default)]
pub struct FrameEnv {
    /// Call data.
    pub calldata: Bytes,
    /// Whose storage, balance and address the program acts with.
    pub contract: Address,
    /// The caller it sees.
    pub sender: Address,
    /// The value it sees, in wei.
    pub value: U256,
    /// Whether writes are forbidden.
    pub is_static: bool,
    /// Whether the acting account already has an open frame in this transaction.
    pub is_reentrant: bool,
    /// The account that signed the transaction.
    pub origin: Address,
    /// Wei paid for each gas.
    pub gas_price: U256,
    /// The chain's id.
    pub chain_id: u64,
    /// Base fee in wei.
    pub base_fee: U256,
    /// Address of the block's producer.
    pub coinbase: Address,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Block number as programs see it: the parent chain's.
    pub number: u64,
    /// Unix seconds.
    pub timestamp: u64,
    /// The transaction's memory pages, this frame's footprint included.
    pub pages: Pages,
}

/// How an outgoing call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// CALL.
    Call,
    /// DELEGATECALL.
    Delegate,
    /// STATICCALL.
    Static,
}

/// What a program asks the chain for. Each variant names the [`Reply`] it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// SLOAD; answered by [`Reply::Slot`].
    LoadStorage {
        /// Slot of the acting account.
        key: B256,
    },
    /// SSTORE of every pair; answered by [`Reply::Flushed`].
    FlushStorage {
        /// Slots and their new values.
        slots: Vec<(B256, B256)>,
        /// Gas the writes may use.
        gas_left: u64,
    },
    /// TLOAD; answered by [`Reply::Word`].
    LoadTransient {
        /// Slot of the acting account.
        key: B256,
    },
    /// TSTORE; answered by [`Reply::Done`].
    StoreTransient {
        /// Slot of the acting account.
        key: B256,
        /// Its new value.
        value: B256,
    },
    /// Runs another account's code; answered by [`Reply::Called`].
    Call {
        /// Context of the callee.
        kind: CallKind,
        /// Whose code runs.
        to: Address,
        /// Wei sent along; zero unless `kind` is [`CallKind::Call`].
        value: U256,
        /// Call data.
        input: Bytes,
        /// Gas the program asks for.
        gas: u64,
        /// Gas the program has.
        gas_left: u64,
    },
    /// Creates a contract; answered by [`Reply::Created`].
    Create {
        /// Creation code.
        code: Bytes,
        /// Wei for the new account.
        endowment: U256,
        /// CREATE2 salt, or none for CREATE.
        salt: Option<B256>,
        /// Gas the program has.
        gas_left: u64,
    },
    /// Emits a log; answered by [`Reply::Done`].
    Log {
        /// Up to four topics.
        topics: Vec<B256>,
        /// The rest.
        data: Bytes,
    },
    /// Balance of an account; answered by [`Reply::Balance`].
    Balance(Address),
    /// Code of an account; answered by [`Reply::Code`].
    Code {
        /// The account.
        address: Address,
        /// Gas the program has; when the touch costs more, the code need not be loaded.
        gas_left: u64,
    },
    /// Code hash of an account; answered by [`Reply::Hash`].
    CodeHash(Address),
}

/// The chain's answer. `gas` is what the program is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A storage value.
    Slot {
        /// Its value.
        value: B256,
        /// Access price.
        gas: u64,
    },
    /// The end of a flush.
    Flushed {
        /// Price of the writes made.
        gas: u64,
        /// Whether the gas did not reach for all of them.
        out_of_gas: bool,
    },
    /// A transient value.
    Word(B256),
    /// Nothing to tell.
    Done,
    /// The end of a call.
    Called {
        /// Whether the callee succeeded.
        success: bool,
        /// Base price and gas used by the callee.
        gas: u64,
        /// Return data, also of a revert.
        output: Bytes,
        /// The transaction's peak of open pages after the call.
        pages_ever: u16,
    },
    /// The end of a creation.
    Created {
        /// The new account, or none after a failure.
        address: Option<Address>,
        /// Base price and gas used by the creation code.
        gas: u64,
        /// Return data; only a revert has any.
        output: Bytes,
        /// The transaction's peak of open pages after the creation.
        pages_ever: u16,
    },
    /// A balance.
    Balance {
        /// In wei.
        value: U256,
        /// Touch price.
        gas: u64,
    },
    /// A code.
    Code {
        /// All of it.
        code: Bytes,
        /// Touch price.
        gas: u64,
    },
    /// A code hash.
    Hash {
        /// Zero for an account that does not exist.
        hash: B256,
        /// Touch price.
        gas: u64,
    },
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The entry point returned 0.
    Success,
    /// The entry point returned something else.
    Revert,
    /// A trap or a refused host call: a revert without data. The text says which.
    Failure(String),
    /// The ink did not reach.
    OutOfInk,
    /// The stack did not reach.
    OutOfStack,
}

/// The end of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// How it ended.
    pub ending: Ending,
    /// Ink not used. Zero when out of ink; the caller consumes it when out of stack.
    pub ink_left: u64,
    /// What it wrote last; empty unless it succeeded or reverted.
    pub output: Bytes,
}
