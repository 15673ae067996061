//! One program frame as host functions see it: memory, ink, and the state beside them.

use alloy_primitives::{Address, B256, Bytes, U256};
use wasmi::{AsContextMut, Global, Memory, StoreContextMut, StoreLimits, Val};

use crate::{FrameEnv, Pages, StylusParams, frame::Request, pending::Pending, storage::StorageCache};

/// Base price of a host function, in ink.
pub(crate) const HOSTIO: u64 = 8_400;
/// Price of a fixed-size argument read from or written to memory.
pub(crate) const PTR: u64 = 5_040;
/// Price of reaching the chain.
pub(crate) const EVM_API: u64 = 59_673;

/// Why a host function did not return to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Escape {
    /// The program waits for the chain; the request lies in the frame.
    #[error("suspended")]
    Suspend,
    /// `exit_early`.
    #[error("exit with status {0}")]
    Exit(u32),
    /// Ink used up.
    #[error("out of ink")]
    OutOfInk,
    /// A host call that the rules refuse.
    #[error("{0}")]
    Logical(&'static str),
}

impl wasmi::errors::HostError for Escape {}

pub(crate) type Res<T> = Result<T, Escape>;

/// Where the program's memory and meters live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handles {
    pub(crate) memory: Memory,
    pub(crate) ink_left: Global,
    pub(crate) ink_status: Global,
    pub(crate) stack_left: Global,
}

/// The state of a frame outside its linear memory.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) env: FrameEnv,
    pub(crate) params: StylusParams,
    pub(crate) storage: StorageCache,
    pub(crate) pages: Pages,
    pub(crate) output: Vec<u8>,
    pub(crate) return_data: Bytes,
    pub(crate) last_code: Option<(Address, Bytes)>,
    pub(crate) request: Option<Request>,
    pub(crate) pending: Option<Pending>,
    pub(crate) console: Vec<String>,
    pub(crate) handles: Option<Handles>,
    pub(crate) limits: StoreLimits,
}

/// A frame in the hands of a host function.
pub(crate) struct Vm<'a> {
    store: StoreContextMut<'a, Frame>,
    handles: Handles,
}

impl<'a> Vm<'a> {
    /// Fails before the frame has an instance; programs cannot call out that early.
    pub(crate) fn new<C: AsContextMut<Data = Frame>>(context: &'a mut C) -> Res<Self> {
        let store = context.as_context_mut();
        let handles = store.data().handles.ok_or(Escape::Logical("the program is not running"))?;
        Ok(Self { store, handles })
    }

    pub(crate) fn frame(&mut self) -> &mut Frame {
        self.store.data_mut()
    }

    pub(crate) fn env(&self) -> &FrameEnv {
        &self.store.data().env
    }

    pub(crate) fn params(&self) -> &StylusParams {
        &self.store.data().params
    }

    pub(crate) fn ink_left(&self) -> u64 {
        match self.handles.ink_left.get(&self.store) {
            Val::I64(ink) => ink.cast_unsigned(),
            _ => 0,
        }
    }

    pub(crate) fn gas_left(&self) -> u64 {
        self.ink_left() / u64::from(self.params().ink_price.max(1))
    }

    fn set_ink(&mut self, ink: u64) -> Res<()> {
        let value = Val::I64(ink.cast_signed());
        self.handles.ink_left.set(&mut self.store, value).map_err(|_| Escape::Logical("no ink meter"))
    }

    fn out_of_ink<T>(&mut self) -> Res<T> {
        self.set_ink(0)?;
        let status = self.handles.ink_status.set(&mut self.store, Val::I32(1));
        status.map_err(|_| Escape::Logical("no ink meter"))?;
        Err(Escape::OutOfInk)
    }

    pub(crate) fn buy_ink(&mut self, ink: u64) -> Res<()> {
        match self.ink_left().checked_sub(ink) {
            Some(left) => self.set_ink(left),
            None => self.out_of_ink(),
        }
    }

    pub(crate) fn buy_gas(&mut self, gas: u64) -> Res<()> {
        let ink = gas.saturating_mul(u64::from(self.params().ink_price));
        self.buy_ink(ink)
    }

    /// Ends the program unless it still has this much gas; charges nothing.
    pub(crate) fn require_gas(&mut self, gas: u64) -> Res<()> {
        let ink = gas.saturating_mul(u64::from(self.params().ink_price));
        if self.ink_left() < ink { self.out_of_ink() } else { Ok(()) }
    }

    /// Reading `len` bytes of the program's memory.
    pub(crate) fn pay_for_read(&mut self, len: u32) -> Res<()> {
        self.buy_ink(16_381 + 55 * u64::from(len.saturating_sub(32)))
    }

    /// Writing `len` bytes into the program's memory.
    pub(crate) fn pay_for_write(&mut self, len: u32) -> Res<()> {
        self.buy_ink(5_040 + 30 * u64::from(len.saturating_sub(32)))
    }

    pub(crate) fn pay_for_keccak(&mut self, len: u32) -> Res<()> {
        let words = u64::from(len.div_ceil(32));
        self.buy_ink(121_800 + 21_000 * words.saturating_sub(2))
    }

    pub(crate) fn read(&self, at: u32, len: u32) -> Res<&[u8]> {
        let memory = self.handles.memory.data(&self.store);
        let end = (at as usize).saturating_add(len as usize);
        memory.get(at as usize..end).ok_or(Escape::Logical("access outside memory"))
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Res<()> {
        let memory = self.handles.memory.data_mut(&mut self.store);
        let end = (at as usize).saturating_add(bytes.len());
        let place = memory.get_mut(at as usize..end).ok_or(Escape::Logical("access outside memory"))?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn read_word(&self, at: u32) -> Res<B256> {
        self.read(at, 32).map(B256::from_slice)
    }

    pub(crate) fn read_u256(&self, at: u32) -> Res<U256> {
        self.read(at, 32).map(U256::from_be_slice)
    }

    pub(crate) fn read_address(&self, at: u32) -> Res<Address> {
        self.read(at, 20).map(Address::from_slice)
    }

    pub(crate) fn write_u256(&mut self, at: u32, value: U256) -> Res<()> {
        self.write(at, &value.to_be_bytes::<32>())
    }

    pub(crate) fn write_u32(&mut self, at: u32, value: u32) -> Res<()> {
        self.write(at, &value.to_le_bytes())
    }

    /// Leaves a request for the chain and suspends the program.
    pub(crate) fn ask<T>(&mut self, request: Request, pending: Pending) -> Res<T> {
        let frame = self.frame();
        frame.request = Some(request);
        frame.pending = Some(pending);
        Err(Escape::Suspend)
    }
}
