//! The functions a program may import, with their types.

use wasmparser::{FuncType, ValType};

/// The module of every host function of production chains.
pub(crate) const MODULE: &str = "vm_hooks";
/// The hook that pays for memory; programs whose memory can grow must import it.
pub(crate) const PAY_FOR_MEMORY_GROW: &str = "pay_for_memory_grow";

/// Parameters and results: `i` is i32, `I` is i64.
pub(crate) struct Signature(&'static str, &'static str);

impl Signature {
    pub(crate) fn matches(&self, ty: &FuncType) -> bool {
        let same = |spelt: &str, types: &[ValType]| {
            spelt.len() == types.len()
                && spelt.bytes().zip(types).all(|(letter, ty)| match letter {
                    b'i' => *ty == ValType::I32,
                    _ => *ty == ValType::I64,
                })
        };
        same(self.0, ty.params()) && same(self.1, ty.results())
    }
}

/// The type of an import, `None` when there is no such import on this kind of chain.
pub(crate) fn signature(module: &str, name: &str, debug: bool) -> Option<Signature> {
    match module {
        MODULE => hook(name),
        "console" if debug => console(name),
        "debug" if debug && name == "null_host" => Some(Signature("", "")),
        _ => None,
    }
}

fn hook(name: &str) -> Option<Signature> {
    let (params, results) = match name {
        "read_args" | "exit_early" | "storage_flush_cache" | "pay_for_memory_grow" => ("i", ""),
        "block_basefee" | "block_coinbase" | "contract_address" | "msg_sender" | "msg_value"
        | "tx_origin" | "tx_gas_price" => ("i", ""),
        "write_result"
        | "storage_load_bytes32"
        | "storage_cache_bytes32"
        | "transient_load_bytes32"
        | "transient_store_bytes32"
        | "account_balance"
        | "account_codehash"
        | "math_div"
        | "math_mod"
        | "math_pow" => ("ii", ""),
        "emit_log" | "math_add_mod" | "math_mul_mod" | "native_keccak256" => ("iii", ""),
        "call_contract" => ("iiiiIi", "i"),
        "delegate_call_contract" | "static_call_contract" => ("iiiIi", "i"),
        "create1" => ("iiiii", ""),
        "create2" => ("iiiiii", ""),
        "read_return_data" => ("iii", "i"),
        "account_code" => ("iiii", "i"),
        "account_code_size" => ("i", "i"),
        "return_data_size" | "tx_ink_price" | "msg_reentrant" => ("", "i"),
        "evm_gas_left" | "evm_ink_left" | "block_gas_limit" | "block_number" | "block_timestamp"
        | "chainid" => ("", "I"),
        _ => return None,
    };
    Some(Signature(params, results))
}

fn console(name: &str) -> Option<Signature> {
    let (params, results) = match name {
        "log_txt" => ("ii", ""),
        "log_i32" => ("i", ""),
        "log_i64" => ("I", ""),
        "tee_i32" => ("i", "i"),
        "tee_i64" => ("I", "I"),
        _ => return None,
    };
    Some(Signature(params, results))
}
