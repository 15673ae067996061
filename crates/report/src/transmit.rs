//! Calldata of `transmit(bytes32[3] reportContext, bytes report, bytes32[] rs, bytes32[] ss, bytes32 rawVs)`.

use alloc::vec::Vec;

use functions_types::{selectors::functions::coordinator::TRANSMIT, word::WORD};

use crate::report::{bytes, number, padded};

/// One oracle's signature over the signed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// r, big-endian.
    pub r: [u8; WORD],
    /// s, big-endian.
    pub s: [u8; WORD],
    /// Recovery id, 0 or 1.
    pub v: u8,
}

/// Bytes of calldata that are neither report nor signatures.
pub const CONSTANT_LEN: usize = 4 + WORD * 10;

/// Encodes the call. At most 32 signatures have a place in `rawVs`; more are left out, and the contract refuses the
/// call.
///
/// The contract demands exactly [`CONSTANT_LEN`] + report + 64 bytes a signature, so the report must be whole words, as
/// [`crate::report::encode`] makes it.
pub fn encode(context: &[[u8; WORD]; 3], report: &[u8], signatures: &[Signature]) -> Vec<u8> {
    let signatures = signatures.get(..WORD).unwrap_or(signatures);
    let array = WORD + signatures.len() * WORD;
    let report_at = 7 * WORD;
    let rs_at = report_at + WORD + padded(report.len());
    let mut raw_vs = [0; WORD];
    for (byte, signature) in raw_vs.iter_mut().zip(signatures) {
        *byte = signature.v;
    }
    let mut out = Vec::with_capacity(4 + rs_at + 2 * array);
    out.extend_from_slice(&TRANSMIT.to_be_bytes());
    out.extend_from_slice(context.as_flattened());
    number(&mut out, report_at);
    number(&mut out, rs_at);
    number(&mut out, rs_at + array);
    out.extend_from_slice(&raw_vs);
    bytes(&mut out, report);
    number(&mut out, signatures.len());
    signatures.iter().for_each(|signature| out.extend_from_slice(&signature.r));
    number(&mut out, signatures.len());
    signatures.iter().for_each(|signature| out.extend_from_slice(&signature.s));
    out
}
