//! Ties the host functions to their names.

use wasmi::{Caller, Engine, Error, Linker};

use crate::{
    chain_hooks::CallArgs,
    frame::CallKind,
    imports::MODULE,
    vm::{Escape, Frame, Res, Vm},
};

/// Runs a host function on the frame of its caller.
fn on<T>(caller: &mut Caller<'_, Frame>, f: impl FnOnce(&mut Vm<'_>) -> Res<T>) -> Result<T, Error> {
    Vm::new(caller).and_then(|mut vm| f(&mut vm)).map_err(Error::host::<Escape>)
}

/// Defines host functions: name, parameters, result, and the call on the frame.
macro_rules! hooks {
    ($linker:ident $module:expr; $($name:literal ($($arg:ident : $ty:ty),*) $(-> $ret:ty)? = |$vm:ident| $body:expr;)*) => {
        $(
            $linker.func_wrap($module, $name, |mut caller: Caller<'_, Frame>, $($arg: $ty),*| {
                on(&mut caller, |$vm| -> Res<hooks!(@ret $($ret)?)> { $body })
            })?;
        )*
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}

/// All host functions, for every program of the engine.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<Frame>, Error> {
    let mut linker = Linker::new(engine);
    hooks! { linker MODULE;
        "read_args" (dst: u32) = |vm| vm.read_args(dst);
        "write_result" (at: u32, len: u32) = |vm| vm.write_result(at, len);
        "exit_early" (status: u32) = |_vm| Vm::exit_early(status);
        "storage_load_bytes32" (key: u32, dst: u32) = |vm| vm.storage_load(key, dst);
        "storage_cache_bytes32" (key: u32, value: u32) = |vm| vm.storage_cache(key, value);
        "storage_flush_cache" (clear: u32) = |vm| vm.storage_flush(clear);
        "transient_load_bytes32" (key: u32, dst: u32) = |vm| vm.transient_load(key, dst);
        "transient_store_bytes32" (key: u32, value: u32) = |vm| vm.transient_store(key, value);
        "call_contract" (to: u32, data: u32, len: u32, value: u32, gas: u64, len_dst: u32) -> u32 = |vm|
            vm.call(&CallArgs { kind: CallKind::Call, to, data, len, value: Some(value), gas, len_dst });
        "delegate_call_contract" (to: u32, data: u32, len: u32, gas: u64, len_dst: u32) -> u32 = |vm|
            vm.call(&CallArgs { kind: CallKind::Delegate, to, data, len, value: None, gas, len_dst });
        "static_call_contract" (to: u32, data: u32, len: u32, gas: u64, len_dst: u32) -> u32 = |vm|
            vm.call(&CallArgs { kind: CallKind::Static, to, data, len, value: None, gas, len_dst });
        "create1" (code: u32, len: u32, endowment: u32, dst: u32, len_dst: u32) = |vm|
            vm.create((code, len), endowment, None, dst, len_dst);
        "create2" (code: u32, len: u32, endowment: u32, salt: u32, dst: u32, len_dst: u32) = |vm|
            vm.create((code, len), endowment, Some(salt), dst, len_dst);
        "read_return_data" (dst: u32, offset: u32, size: u32) -> u32 = |vm| vm.read_return_data(dst, offset, size);
        "return_data_size" () -> u32 = |vm| vm.return_data_size();
        "emit_log" (data: u32, len: u32, topics: u32) = |vm| vm.emit_log(data, len, topics);
        "account_balance" (address: u32, dst: u32) = |vm| vm.account_balance(address, dst);
        "account_code" (address: u32, offset: u32, size: u32, dst: u32) -> u32 = |vm|
            vm.account_code(address, offset, size, dst);
        "account_code_size" (address: u32) -> u32 = |vm| vm.account_code_size(address);
        "account_codehash" (address: u32, dst: u32) = |vm| vm.account_codehash(address, dst);
        "evm_gas_left" () -> u64 = |vm| vm.number(Vm::gas_left);
        "evm_ink_left" () -> u64 = |vm| vm.number(Vm::ink_left);
        "block_basefee" (dst: u32) = |vm| vm.word(dst, |vm| vm.env().base_fee);
        "block_coinbase" (dst: u32) = |vm| vm.address(dst, |vm| vm.env().coinbase);
        "block_gas_limit" () -> u64 = |vm| vm.number(|vm| vm.env().gas_limit);
        "block_number" () -> u64 = |vm| vm.number(|vm| vm.env().number);
        "block_timestamp" () -> u64 = |vm| vm.number(|vm| vm.env().timestamp);
        "chainid" () -> u64 = |vm| vm.number(|vm| vm.env().chain_id);
        "contract_address" (dst: u32) = |vm| vm.address(dst, |vm| vm.env().contract);
        "msg_sender" (dst: u32) = |vm| vm.address(dst, |vm| vm.env().sender);
        "msg_value" (dst: u32) = |vm| vm.word(dst, |vm| vm.env().value);
        "tx_origin" (dst: u32) = |vm| vm.address(dst, |vm| vm.env().origin);
        "tx_gas_price" (dst: u32) = |vm| vm.word(dst, |vm| vm.env().gas_price);
        "tx_ink_price" () -> u32 = |vm| vm.number(|vm| u64::from(vm.params().ink_price)).map(|x| x as u32);
        "msg_reentrant" () -> u32 = |vm| vm.number(|vm| u64::from(vm.env().is_reentrant)).map(|x| x as u32);
        "math_div" (a: u32, b: u32) = |vm| vm.math_div(a, b);
        "math_mod" (a: u32, b: u32) = |vm| vm.math_mod(a, b);
        "math_pow" (a: u32, b: u32) = |vm| vm.math_pow(a, b);
        "math_add_mod" (a: u32, b: u32, m: u32) = |vm| vm.math_add_mod(a, b, m);
        "math_mul_mod" (a: u32, b: u32, m: u32) = |vm| vm.math_mul_mod(a, b, m);
        "native_keccak256" (at: u32, len: u32, dst: u32) = |vm| vm.native_keccak256(at, len, dst);
        "pay_for_memory_grow" (pages: u32) = |vm| vm.pay_for_memory_grow(pages);
    }
    hooks! { linker "console";
        "log_txt" (at: u32, len: u32) = |vm| vm.log_txt(at, len);
        "log_i32" (value: i32) = |vm| vm.log(value.to_string());
        "log_i64" (value: i64) = |vm| vm.log(value.to_string());
        "tee_i32" (value: i32) -> i32 = |vm| vm.log(value.to_string()).map(|()| value);
        "tee_i64" (value: i64) -> i64 = |vm| vm.log(value.to_string()).map(|()| value);
    }
    hooks! { linker "debug";
        "null_host" () = |_vm| Ok(());
    }
    Ok(linker)
}
