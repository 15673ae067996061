//! The host functions that read and compute without asking the chain, and the list of those that do.
//!
//! Each charges before it acts, in the order of the node, because the point at which ink runs out is observable.
//!
//! Upstream: `UserHost` (Nitro, `arbitrator/wasm-libraries/user-host-trait/src/lib.rs`).

use alloy_primitives::{Address, Bytes, U256, keccak256};

use crate::vm::{EVM_API, Escape, HOSTIO, PTR, Res, Vm};

/// `data[offset..offset + size]`, cut at the data's end.
pub(crate) fn part(data: &Bytes, offset: u32, size: u32) -> Bytes {
    let start = (offset as usize).min(data.len());
    let end = start.saturating_add(size as usize).min(data.len());
    data.slice(start..end)
}

impl Vm<'_> {
    pub(crate) fn read_args(&mut self, dst: u32) -> Res<()> {
        self.buy_ink(HOSTIO)?;
        let calldata = self.env().calldata.clone();
        self.pay_for_write(len(&calldata))?;
        self.write(dst, &calldata)
    }

    pub(crate) fn write_result(&mut self, at: u32, size: u32) -> Res<()> {
        self.buy_ink(HOSTIO)?;
        self.pay_for_read(size)?;
        self.pay_for_read(size)?;
        self.frame().output = self.read(at, size)?.to_vec();
        Ok(())
    }

    pub(crate) fn read_return_data(&mut self, dst: u32, offset: u32, size: u32) -> Res<u32> {
        self.buy_ink(HOSTIO + EVM_API)?;
        let data = self.frame().return_data.clone();
        let rest = len(&data).saturating_sub(offset);
        self.pay_for_write(size.min(rest))?;
        let data = part(&data, offset, size);
        if !data.is_empty() {
            self.write(dst, &data)?;
        }
        Ok(len(&data))
    }

    pub(crate) fn return_data_size(&mut self) -> Res<u32> {
        self.buy_ink(HOSTIO)?;
        Ok(len(&self.frame().return_data))
    }

    pub(crate) fn native_keccak256(&mut self, at: u32, size: u32, dst: u32) -> Res<()> {
        self.pay_for_keccak(size)?;
        let hash = keccak256(self.read(at, size)?);
        self.write(dst, hash.as_slice())
    }

    pub(crate) fn pay_for_memory_grow(&mut self, pages: u32) -> Res<()> {
        // The parameter is 16 bits wide upstream. A delta beyond that cannot be granted by any memory.
        let pages = pages as u16;
        if pages == 0 {
            return self.buy_ink(HOSTIO);
        }
        let gas = self.frame().pages.gas(pages, &self.params().clone());
        self.frame().pages.open(pages);
        self.buy_gas(gas)
    }

    /// A number that the frame knows.
    pub(crate) fn number(&mut self, value: impl Fn(&Self) -> u64) -> Res<u64> {
        self.buy_ink(HOSTIO)?;
        Ok(value(self))
    }

    /// A 32-byte number that the frame knows.
    pub(crate) fn word(&mut self, dst: u32, value: impl Fn(&Self) -> U256) -> Res<()> {
        self.buy_ink(HOSTIO + PTR)?;
        let value = value(self);
        self.write_u256(dst, value)
    }

    /// An address that the frame knows.
    pub(crate) fn address(&mut self, dst: u32, value: impl Fn(&Self) -> Address) -> Res<()> {
        self.buy_ink(HOSTIO + PTR)?;
        let value = value(self);
        self.write(dst, value.as_slice())
    }

    pub(crate) fn math_div(&mut self, a: u32, b: u32) -> Res<()> {
        self.binary(43_520, a, b, |a, b| a.checked_div(b).unwrap_or_default())
    }

    pub(crate) fn math_mod(&mut self, a: u32, b: u32) -> Res<()> {
        self.binary(43_520, a, b, |a, b| a.checked_rem(b).unwrap_or_default())
    }

    pub(crate) fn math_pow(&mut self, a: u32, exponent: u32) -> Res<()> {
        self.buy_ink(23_520)?;
        let base = self.read_u256(a)?;
        let exponent = self.read_u256(exponent)?;
        let zeros = exponent.to_be_bytes::<32>().iter().take_while(|byte| **byte == 0).count() as u64;
        self.buy_ink(3_000 + 17_500 * (33 - zeros))?;
        self.write_u256(a, base.wrapping_pow(exponent))
    }

    pub(crate) fn math_add_mod(&mut self, a: u32, b: u32, modulus: u32) -> Res<()> {
        self.ternary(49_560, a, b, modulus, |a, b, m| a.add_mod(b, m))
    }

    pub(crate) fn math_mul_mod(&mut self, a: u32, b: u32, modulus: u32) -> Res<()> {
        self.ternary(52_660, a, b, modulus, |a, b, m| a.mul_mod(b, m))
    }

    fn binary(&mut self, ink: u64, a: u32, b: u32, f: impl Fn(U256, U256) -> U256) -> Res<()> {
        self.buy_ink(ink)?;
        let value = f(self.read_u256(a)?, self.read_u256(b)?);
        self.write_u256(a, value)
    }

    fn ternary(&mut self, ink: u64, a: u32, b: u32, m: u32, f: impl Fn(U256, U256, U256) -> U256) -> Res<()> {
        self.buy_ink(ink)?;
        let value = f(self.read_u256(a)?, self.read_u256(b)?, self.read_u256(m)?);
        self.write_u256(a, value)
    }

    pub(crate) fn log_txt(&mut self, at: u32, size: u32) -> Res<()> {
        let text = String::from_utf8_lossy(self.read(at, size)?).into_owned();
        self.log(text)
    }

    /// Keeps a line of a debug chain's console; the oldest thousand lines only.
    pub(crate) fn log(&mut self, text: String) -> Res<()> {
        let lines = &mut self.frame().console;
        if lines.len() < 1_000 {
            lines.push(text);
        }
        Ok(())
    }

    pub(crate) fn exit_early(status: u32) -> Res<()> {
        Err(Escape::Exit(status))
    }
}

/// Length of data that the chain bounds far below 4 GiB.
pub(crate) fn len(data: &Bytes) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}
