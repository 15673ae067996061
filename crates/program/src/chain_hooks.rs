//! The host functions that ask the chain: first half until the request, second half after the answer.

use alloy_primitives::{Address, B256, Bytes, U256};
use wasmi::Val;

use crate::{
    frame::{CallKind, Reply, Request},
    hooks::{len, part},
    pending::Pending,
    vm::{EVM_API, Escape, HOSTIO, PTR, Res, Vm},
};

const COLD_SLOAD_GAS: u64 = 2_100;
const COLD_ACCOUNT_GAS: u64 = 2_600;
const SSTORE_SENTRY_GAS: u64 = 2_300;
const TRANSIENT_GAS: u64 = 100;
/// The dearest tier of the storage cache, which every access must be able to pay.
const CACHE_ACCESS_GAS: u64 = 10;
const LOG_TOPIC_GAS: u64 = 375;
const LOG_BYTE_GAS: u64 = 8;
/// What a failed call returns to the program.
const CALL_FAILED: i32 = 2;

/// A call as the program describes it.
pub(crate) struct CallArgs {
    pub(crate) kind: CallKind,
    pub(crate) to: u32,
    pub(crate) data: u32,
    pub(crate) len: u32,
    pub(crate) value: Option<u32>,
    pub(crate) gas: u64,
    pub(crate) len_dst: u32,
}

impl Vm<'_> {
    fn api_gas(&self) -> u64 {
        EVM_API / u64::from(self.params().ink_price.max(1))
    }

    pub(crate) fn storage_load(&mut self, key: u32, dst: u32) -> Res<()> {
        self.buy_ink(HOSTIO + 2 * PTR)?;
        let api_gas = self.api_gas();
        self.require_gas(COLD_SLOAD_GAS + api_gas + CACHE_ACCESS_GAS)?;
        let key = self.read_word(key)?;
        let cost = self.frame().storage.read_gas();
        match self.frame().storage.get(key) {
            Some(value) => {
                self.buy_gas(cost)?;
                self.write(dst, value.as_slice())
            }
            None => {
                let cost = cost + api_gas;
                self.ask(Request::LoadStorage { key }, Pending::Load { key, cost, dst })
            }
        }
    }

    pub(crate) fn storage_cache(&mut self, key: u32, value: u32) -> Res<()> {
        self.buy_ink(HOSTIO + 2 * PTR)?;
        self.require_gas(SSTORE_SENTRY_GAS + CACHE_ACCESS_GAS)?;
        let key = self.read_word(key)?;
        let value = self.read_word(value)?;
        let cost = self.frame().storage.write_gas();
        self.frame().storage.write(key, value);
        self.buy_gas(cost)
    }

    pub(crate) fn storage_flush(&mut self, clear: u32) -> Res<()> {
        self.buy_ink(HOSTIO + EVM_API)?;
        self.require_gas(SSTORE_SENTRY_GAS)?;
        let slots = self.frame().storage.flush(clear != 0);
        if slots.is_empty() {
            return Ok(());
        }
        self.refuse_if_static("storage write in a static call")?;
        let gas_left = self.gas_left();
        self.ask(Request::FlushStorage { slots, gas_left }, Pending::Flush)
    }

    pub(crate) fn transient_load(&mut self, key: u32, dst: u32) -> Res<()> {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.buy_gas(TRANSIENT_GAS)?;
        let key = self.read_word(key)?;
        self.ask(Request::LoadTransient { key }, Pending::LoadTransient { dst })
    }

    pub(crate) fn transient_store(&mut self, key: u32, value: u32) -> Res<()> {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.buy_gas(TRANSIENT_GAS)?;
        let key = self.read_word(key)?;
        let value = self.read_word(value)?;
        self.refuse_if_static("transient write in a static call")?;
        self.ask(Request::StoreTransient { key, value }, Pending::Nothing)
    }

    pub(crate) fn call(&mut self, args: &CallArgs) -> Res<u32> {
        self.buy_ink(HOSTIO + 3 * PTR + EVM_API)?;
        self.pay_for_read(args.len)?;
        self.pay_for_read(args.len)?;
        let gas_left = self.gas_left();
        let to = self.read_address(args.to)?;
        let input = Bytes::copy_from_slice(self.read(args.data, args.len)?);
        let value = args.value.map(|at| self.read_u256(at)).transpose()?.unwrap_or_default();
        if self.env().is_static && !value.is_zero() {
            self.frame().return_data = Bytes::new();
            self.write_u32(args.len_dst, 0)?;
            return Ok(CALL_FAILED.cast_unsigned());
        }
        let request = Request::Call { kind: args.kind, to, value, input, gas: args.gas, gas_left };
        self.ask(request, Pending::Call { len_dst: args.len_dst })
    }

    pub(crate) fn create(
        &mut self,
        (code, code_len): (u32, u32),
        endowment: u32,
        salt: Option<u32>,
        address_dst: u32,
        len_dst: u32,
    ) -> Res<()> {
        let pointers = if salt.is_some() { 4 } else { 3 };
        self.buy_ink(HOSTIO + pointers * PTR + EVM_API)?;
        self.pay_for_read(code_len)?;
        self.pay_for_read(code_len)?;
        let code = Bytes::copy_from_slice(self.read(code, code_len)?);
        let endowment = self.read_u256(endowment)?;
        let salt = salt.map(|at| self.read_word(at)).transpose()?;
        let gas_left = self.gas_left();
        self.refuse_if_static("creation in a static call")?;
        let request = Request::Create { code, endowment, salt, gas_left };
        self.ask(request, Pending::Create { address_dst, len_dst })
    }

    pub(crate) fn emit_log(&mut self, data: u32, size: u32, topics: u32) -> Res<()> {
        self.buy_ink(HOSTIO + EVM_API)?;
        if topics > 4 || size < topics * 32 {
            return Err(Escape::Logical("bad log topics"));
        }
        self.pay_for_read(size)?;
        let rest = u64::from(size - topics * 32);
        self.buy_gas(LOG_TOPIC_GAS * (1 + u64::from(topics)) + LOG_BYTE_GAS * rest)?;
        let bytes = self.read(data, size)?;
        let (head, rest) = bytes.split_at(topics as usize * 32);
        let topics = head.as_chunks::<32>().0.iter().map(B256::from).collect();
        let data = Bytes::copy_from_slice(rest);
        self.refuse_if_static("log in a static call")?;
        self.ask(Request::Log { topics, data }, Pending::Nothing)
    }

    pub(crate) fn account_balance(&mut self, address: u32, dst: u32) -> Res<()> {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.require_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        self.ask(Request::Balance(address), Pending::Balance { dst })
    }

    pub(crate) fn account_codehash(&mut self, address: u32, dst: u32) -> Res<()> {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.require_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        self.ask(Request::CodeHash(address), Pending::Hash { dst })
    }

    pub(crate) fn account_code(&mut self, address: u32, offset: u32, size: u32, dst: u32) -> Res<u32> {
        let (address, code) = self.find_code(address)?;
        match code {
            Some(code) => self.put_code(&code, offset, size, dst),
            None => self.ask_code(address, Pending::Code { address, offset, size, dst }),
        }
    }

    pub(crate) fn account_code_size(&mut self, address: u32) -> Res<u32> {
        let (address, code) = self.find_code(address)?;
        match code {
            Some(code) => Ok(len(&code)),
            None => self.ask_code(address, Pending::CodeSize { address }),
        }
    }

    /// Base price of a code access, and the code if the last access was to the same account.
    fn find_code(&mut self, address: u32) -> Res<(Address, Option<Bytes>)> {
        self.buy_ink(HOSTIO + EVM_API)?;
        self.require_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let code = match &self.frame().last_code {
            Some((last, code)) if *last == address => Some(code.clone()),
            _ => None,
        };
        Ok((address, code))
    }

    fn ask_code<T>(&mut self, address: Address, pending: Pending) -> Res<T> {
        let gas_left = self.gas_left();
        self.ask(Request::Code { address, gas_left }, pending)
    }

    fn learn_code(&mut self, address: Address, code: &Bytes) {
        // Accounts without code are asked for again: a deployment may have happened in between.
        if !code.is_empty() {
            self.frame().last_code = Some((address, code.clone()));
        }
    }

    fn put_code(&mut self, code: &Bytes, offset: u32, size: u32, dst: u32) -> Res<u32> {
        self.pay_for_write(len(code))?;
        let code = part(code, offset, size);
        self.write(dst, &code)?;
        Ok(len(&code))
    }

    fn refuse_if_static(&self, why: &'static str) -> Res<()> {
        if self.env().is_static { Err(Escape::Logical(why)) } else { Ok(()) }
    }

    /// The second half: what the waiting host function does with the answer, and what it returns.
    pub(crate) fn answer(&mut self, reply: Reply) -> Res<Option<Val>> {
        let Some(pending) = self.frame().pending.take() else {
            return Err(Escape::Logical("no request is open"));
        };
        match (pending, reply) {
            (Pending::Load { key, cost, dst }, Reply::Slot { value, gas }) => {
                self.frame().storage.learn(key, value);
                self.buy_gas(cost.saturating_add(gas))?;
                self.write(dst, value.as_slice())?;
                Ok(None)
            }
            (Pending::Flush, Reply::Flushed { gas, out_of_gas }) => {
                self.buy_gas(gas)?;
                if out_of_gas {
                    self.buy_ink(u64::MAX)?;
                }
                Ok(None)
            }
            (Pending::LoadTransient { dst }, Reply::Word(value)) => {
                self.write(dst, value.as_slice())?;
                Ok(None)
            }
            (Pending::Nothing, Reply::Done) => Ok(None),
            (Pending::Call { len_dst }, Reply::Called { success, gas, output, pages_ever }) => {
                self.buy_gas(gas)?;
                self.end_of_call(output, pages_ever, len_dst)?;
                Ok(Some(Val::I32(if success { 0 } else { CALL_FAILED })))
            }
            (
                Pending::Create { address_dst, len_dst },
                Reply::Created { address, gas, output, pages_ever },
            ) => {
                self.buy_gas(gas)?;
                self.write(address_dst, address.unwrap_or_default().as_slice())?;
                self.end_of_call(output, pages_ever, len_dst)?;
                Ok(None)
            }
            (Pending::Balance { dst }, Reply::Balance { value, gas }) => self.touched(gas, dst, value),
            (Pending::Hash { dst }, Reply::Hash { hash, gas }) => {
                self.touched(gas, dst, U256::from_be_bytes(hash.0))
            }
            (Pending::Code { address, offset, size, dst }, Reply::Code { code, gas }) => {
                self.buy_gas(gas)?;
                self.learn_code(address, &code);
                let copied = self.put_code(&code, offset, size, dst)?;
                Ok(Some(Val::I32(copied.cast_signed())))
            }
            (Pending::CodeSize { address }, Reply::Code { code, gas }) => {
                self.buy_gas(gas)?;
                self.learn_code(address, &code);
                Ok(Some(Val::I32(len(&code).cast_signed())))
            }
            _ => Err(Escape::Logical("the answer does not fit the request")),
        }
    }

    fn touched(&mut self, gas: u64, dst: u32, value: U256) -> Res<Option<Val>> {
        self.buy_gas(gas)?;
        self.write_u256(dst, value)?;
        Ok(None)
    }

    fn end_of_call(&mut self, output: Bytes, pages_ever: u16, len_dst: u32) -> Res<()> {
        self.write_u32(len_dst, len(&output))?;
        let frame = self.frame();
        frame.return_data = output;
        frame.pages.ever = frame.pages.ever.max(pages_ever);
        Ok(())
    }
}
