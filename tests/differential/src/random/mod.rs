//! Random sequences of everything everybody can do, honest or not.
//!
//! A [`Case`] is a value: how the scene begins and what is done on it. It is drawn from a seed, says what it does when
//! printed, and shrinks to the least that still fails. [`Player`] does it on both chains; an [`Observer`] may look on
//! and object.
//!
//! | where | what |
//! | --- | --- |
//! | [`operation`] | one step, as a value |
//! | [`draw`] | which steps are drawn, and how often |
//! | [`player`] | from a value to transactions |
//! | [`fuzz`] | seeds, threads, progress, shrinking |

pub mod draw;
pub mod fuzz;
pub mod operation;
pub mod player;

use alloy::primitives::{Address, U256};

use crate::{
    Receipt,
    scene::{Pair, Setup, billing_config},
};
use operation::Operation;
use player::Player;

/// Wei per LINK so high that no gas costs a juel.
pub const FREE_GAS: u64 = 40;

/// How a sequence begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Start {
    /// EIP-155 chain id; on 42161 a request pays for the parent chain too.
    pub chain_id: u64,
    /// Wei per calldata unit.
    pub l1_price: u128,
    /// Gas costs nothing, so that consumers may have code whose gas differs between the engines.
    pub free_gas: bool,
    /// Which contracts are ours.
    pub pair: Pair,
}

impl Start {
    /// The scene it names.
    pub fn setup(self) -> Setup {
        let mut billing = billing_config();
        if self.free_gas {
            billing.fallbackNativePerUnitLink = free_price().to();
        }
        Setup {
            chain_id: self.chain_id,
            l1_price: self.l1_price,
            billing,
            pair: self.pair,
            ..Setup::default()
        }
    }
}

/// Wei per LINK at which gas is free.
pub fn free_price() -> U256 {
    U256::from(10).pow(U256::from(FREE_GAS))
}

/// A whole sequence.
#[derive(Clone, Debug)]
pub struct Case {
    /// How it begins.
    pub start: Start,
    /// What is done; shrinking leaves steps out.
    pub steps: Vec<Option<Operation>>,
}

impl Case {
    /// The steps that are left.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.steps.iter().flatten()
    }
}

/// One transaction of a sequence.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who sends it.
    pub from: Address,
    /// Which contract it is sent to.
    pub to: Address,
    /// Its calldata.
    pub data: Vec<u8>,
}

impl Call {
    /// The first four bytes of its calldata.
    pub fn selector(&self) -> [u8; 4] {
        self.data.first_chunk().copied().unwrap_or_default()
    }
}

/// Looks on while a sequence is played. What it returns as an error fails the sequence.
pub trait Observer {
    /// Before a transaction.
    fn before(&mut self, _player: &Player, _call: &Call) {}
    /// After it; the receipt is that of our contracts.
    ///
    /// # Errors
    /// What is wrong.
    fn after(&mut self, _player: &Player, _call: &Call, _receipt: &Receipt) -> Result<(), String> {
        Ok(())
    }
    /// When all is done.
    ///
    /// # Errors
    /// What is wrong.
    fn end(&mut self, _player: &Player) -> Result<(), String> {
        Ok(())
    }
}

/// Objects to nothing.
pub struct Silent;

impl Observer for Silent {}
