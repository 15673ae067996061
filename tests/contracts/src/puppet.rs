//! Small EVM contracts whose behaviour is chosen by their code.

use alloy::primitives::{Address, Bytes};

/// Copies what follows the code to memory and ends with `last` (RETURN `f3`, REVERT `fd`).
fn ends_with(data: &[u8], last: u8) -> Bytes {
    // PUSH2 len, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, last
    let len = u16::try_from(data.len()).expect("a puppet's data fits two bytes").to_be_bytes();
    let mut code = vec![0x61, len[0], len[1], 0x80, 0x60, 10, 0x5f, 0x39, 0x5f, last];
    assert_eq!(code.len(), 10);
    code.extend_from_slice(data);
    code.into()
}

/// Returns `data`, whatever it is asked.
pub fn returns(data: &[u8]) -> Bytes {
    ends_with(data, 0xf3)
}

/// Reverts with `data`, whatever it is asked.
pub fn reverts(data: &[u8]) -> Bytes {
    ends_with(data, 0xfd)
}

/// Burns all gas it is given.
pub fn burns() -> Bytes {
    vec![0xfe].into()
}

/// Returns the gas it was called with, less the 2 that asking takes.
pub fn returns_gas() -> Bytes {
    // GAS, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    vec![0x5a, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3].into()
}

/// Returns its calldata.
pub fn echoes() -> Bytes {
    // CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY, CALLDATASIZE, PUSH0, RETURN
    vec![0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0xf3].into()
}

/// Calls `target` with `data` and passes on what it returns or raises.
pub fn calls(target: Address, data: &[u8]) -> Bytes {
    let len = u16::try_from(data.len()).expect("a puppet's data fits two bytes").to_be_bytes();
    let mut code = vec![
        0x61, len[0], len[1], // PUSH2 len
        0x60, 0, // PUSH1 start of the data, below
        0x5f, 0x39, // PUSH0, CODECOPY
        0x5f, 0x5f, 0x61, len[0], len[1], 0x5f, 0x5f, // out len, out, in len, in, value
        0x73,
    ];
    code.extend_from_slice(target.as_slice());
    code.extend_from_slice(&[
        0x5a, 0xf1, // GAS, CALL
        0x3d, 0x5f, 0x5f, 0x3e, // RETURNDATACOPY all
        0x60, 0, 0x57, // PUSH1 success, JUMPI
        0x3d, 0x5f, 0xfd, // REVERT
        0x5b, 0x3d, 0x5f, 0xf3, // JUMPDEST, RETURN
    ]);
    let end = code.len();
    code[4] = end as u8;
    code[end - 9] = (end - 4) as u8;
    code.extend_from_slice(data);
    code.into()
}

/// A consumer that passes its calldata on to `router`, and does nothing when the Router calls it back.
pub fn forwards(router: Address) -> Bytes {
    let mut code = vec![0x33, 0x73]; // CALLER, PUSH20
    code.extend_from_slice(router.as_slice());
    code.extend_from_slice(&[
        0x14, 0x60, 72, 0x57, // EQ, PUSH1 end, JUMPI
        0x36, 0x5f, 0x5f, 0x37, // CALLDATACOPY all
        0x5f, 0x5f, 0x36, 0x5f, 0x5f, // out len, out, in len, in, value
        0x73,
    ]);
    code.extend_from_slice(router.as_slice());
    code.extend_from_slice(&[
        0x5a, 0xf1, // GAS, CALL
        0x3d, 0x5f, 0x5f, 0x3e, // RETURNDATACOPY all
        0x60, 68, 0x57, // PUSH1 success, JUMPI
        0x3d, 0x5f, 0xfd, // REVERT
        0x5b, 0x3d, 0x5f, 0xf3, // JUMPDEST, RETURN
        0x5b, 0x00, // JUMPDEST, STOP
    ]);
    code.into()
}

/// Calls `target` with `data` so many times, and reverts when one of the calls does.
pub fn calls_often(target: Address, data: &[u8], times: usize) -> Bytes {
    let len = u16::try_from(data.len()).expect("a puppet's data fits two bytes").to_be_bytes();
    let once = |code: &mut Vec<u8>| {
        code.extend_from_slice(&[0x5f, 0x5f, 0x61, len[0], len[1], 0x5f, 0x5f, 0x73]); // out len, out, in len, in, value, PUSH20
        code.extend_from_slice(target.as_slice());
        let next = u16::try_from(code.len() + 9).expect("a puppet's code fits two bytes").to_be_bytes();
        // GAS, CALL, PUSH2 next, JUMPI, PUSH0, PUSH0, REVERT, JUMPDEST
        code.extend_from_slice(&[0x5a, 0xf1, 0x61, next[0], next[1], 0x57, 0x5f, 0x5f, 0xfd, 0x5b]);
    };
    let mut code = vec![0x61, len[0], len[1], 0x61, 0, 0, 0x5f, 0x39]; // PUSH2 len, PUSH2 start, PUSH0, CODECOPY
    (0..times).for_each(|_| once(&mut code));
    code.push(0x00);
    let start = u16::try_from(code.len()).expect("a puppet's code fits two bytes").to_be_bytes();
    code[4..6].copy_from_slice(&start);
    code.extend_from_slice(data);
    code.into()
}
