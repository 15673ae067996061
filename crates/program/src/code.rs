//! The bytes of a program account: prefixes, dictionaries, fragments, decompression.

use std::io::Read;

use alloy_primitives::{Address, Bytes};

use crate::ActivationError;

/// What an account's code starting with `EF F0` announces.
///
/// | bytes | meaning |
/// |---|---|
/// | `EF F0 00 dict brotli…` | one whole program |
/// | `EF F0 01 slice…` | a fragment; never run on its own |
/// | `EF F0 02 dict len:u32be address…` | the root of a program cut into fragments |
///
/// Upstream: `state.NewStylusPrefix` and its neighbours (Offchain Labs' go-ethereum, ArbOS 60).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// One whole program.
    Whole,
    /// A slice of a compressed program.
    Fragment,
    /// The list of a program's fragments.
    Root,
}

/// Reads the prefix of a code; `None` for ordinary EVM code. Fragments and roots exist from ArbOS 60 on.
#[must_use]
pub fn code_kind(code: &[u8], fragments: bool) -> Option<CodeKind> {
    match code {
        [0xEF, 0xF0, 0x00, ..] => Some(CodeKind::Whole),
        [0xEF, 0xF0, 0x01, ..] if fragments => Some(CodeKind::Fragment),
        [0xEF, 0xF0, 0x02, ..] if fragments => Some(CodeKind::Root),
        _ => None,
    }
}

/// Whether a code runs on the Stylus machine: a whole program or the root of a cut one.
#[must_use]
pub fn is_program(code: &[u8], fragments: bool) -> bool {
    matches!(code_kind(code, fragments), Some(CodeKind::Whole | CodeKind::Root))
}

/// The header of a cut program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The dictionary the stream was compressed with; only zero, none, is accepted.
    pub dictionary: u8,
    /// Length of the decompressed module in bytes.
    pub wasm_len: u32,
    /// The accounts that hold the slices, in order.
    pub fragments: Vec<Address>,
}

/// Parses the code of a [`CodeKind::Root`].
///
/// # Errors
/// [`ActivationError::BadCompression`] when the header is cut short;
/// [`ActivationError::Refused`] when there are no or more than `max_fragments` fragments, or the announced
/// length is above `max_wasm_size`.
pub fn parse_root(code: &[u8], max_fragments: usize, max_wasm_size: u32) -> Result<Root, ActivationError> {
    let body = code.get(3..).ok_or(ActivationError::NotWasm)?;
    let Some((header, list)) = body.split_first_chunk::<5>() else {
        return Err(ActivationError::BadCompression("root header cut short"));
    };
    let wasm_len = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    let (addresses, rest) = list.as_chunks::<20>();
    if !rest.is_empty() {
        return Err(ActivationError::BadCompression("fragment list cut short"));
    }
    if addresses.is_empty() || addresses.len() > max_fragments {
        return crate::error::refused(format!(
            "{} fragments, allowed are 1 to {max_fragments}",
            addresses.len()
        ));
    }
    if wasm_len > max_wasm_size {
        return crate::error::refused("announced length above the limit");
    }
    let fragments = addresses.iter().map(Address::from).collect();
    Ok(Root { dictionary: header[0], wasm_len, fragments })
}

/// Decompresses a whole program's code (prefix included).
///
/// # Errors
/// [`ActivationError::NotWasm`] without the prefix, [`ActivationError::BadCompression`] when the stream is
/// broken, uses a dictionary, or yields more than `max_wasm_size` bytes.
pub fn decompress(code: &[u8], max_wasm_size: u32) -> Result<Vec<u8>, ActivationError> {
    let Some(body) = code.strip_prefix(&[0xEF, 0xF0, 0x00]) else {
        return Err(ActivationError::NotWasm);
    };
    match body.split_first() {
        Some((0, stream)) => brotli_bounded(stream, max_wasm_size),
        Some(_) => Err(ActivationError::BadCompression("unknown dictionary")),
        None => Err(ActivationError::BadCompression("no dictionary byte")),
    }
}

/// Joins and decompresses the fragments' codes of a root.
///
/// # Errors
/// As [`decompress`]; also when a part is no fragment, the root names a dictionary, or the result has not exactly the
/// announced length.
pub fn decompress_fragments(root: &Root, codes: &[Bytes]) -> Result<Vec<u8>, ActivationError> {
    let mut stream = Vec::new();
    for code in codes {
        let part = code
            .strip_prefix(&[0xEF, 0xF0, 0x01])
            .ok_or(ActivationError::BadCompression("a listed account holds no fragment"))?;
        stream.extend_from_slice(part);
    }
    if root.dictionary != 0 {
        return Err(ActivationError::BadCompression("unknown dictionary"));
    }
    let wasm = brotli_bounded(&stream, root.wasm_len)?;
    if wasm.len() != root.wasm_len as usize {
        return Err(ActivationError::BadCompression("length differs from the announced one"));
    }
    Ok(wasm)
}

fn brotli_bounded(stream: &[u8], limit: u32) -> Result<Vec<u8>, ActivationError> {
    let mut wasm = Vec::new();
    brotli::Decompressor::new(stream, 4096)
        .take(u64::from(limit) + 1)
        .read_to_end(&mut wasm)
        .map_err(|_| ActivationError::BadCompression("broken brotli stream"))?;
    if wasm.len() > limit as usize {
        return Err(ActivationError::BadCompression("decompressed module above the limit"));
    }
    Ok(wasm)
}

/// Compresses a module into the code of a whole program, as deployment tools do (quality 11, window 22).
#[must_use]
pub fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut code = vec![0xEF, 0xF0, 0x00, 0x00];
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &wasm[..], &mut code, &params).expect("writing to memory does not fail");
    code
}

/// Wraps a runtime code into creation code: a 43-byte prelude which returns what follows it.
#[must_use]
pub fn init_code(runtime: &[u8]) -> Vec<u8> {
    let mut code = vec![0x7F]; // PUSH32 length
    code.extend_from_slice(&[0u8; 28]);
    code.extend_from_slice(&(runtime.len() as u32).to_be_bytes());
    // DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN, version 0
    code.extend_from_slice(&[0x80, 0x60, 0x2B, 0x60, 0x00, 0x39, 0x60, 0x00, 0xF3, 0x00]);
    code.extend_from_slice(runtime);
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decompress_returns_what_was_compressed() {
        let wasm = b"\0asm\x01\0\0\0 and some more bytes, some more bytes".repeat(50);
        let code = compress(&wasm);
        assert_eq!(decompress(&code, 131_072).unwrap(), wasm);
        assert_eq!(decompress(&code, wasm.len() as u32).unwrap(), wasm);
        assert_eq!(
            decompress(&code, wasm.len() as u32 - 1),
            Err(ActivationError::BadCompression("decompressed module above the limit"))
        );
    }

    #[test]
    fn decompress_fails_when_stream_is_cut() {
        let code = compress(&[7; 3000]);
        assert!(decompress(&code[..code.len() - 1], 131_072).is_err());
        assert!(decompress(&[0xEF, 0xF0, 0x00], 131_072).is_err());
        assert!(decompress(&[0xEF, 0xF0, 0x00, 0x01, 0x00], 131_072).is_err());
        assert_eq!(decompress(&[0x60, 0x00], 131_072), Err(ActivationError::NotWasm));
    }

    #[test]
    fn fragments_join_to_the_whole() {
        let wasm: Vec<u8> = (0..5000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let code = compress(&wasm);
        let (a, b) = code[4..].split_at(code.len() / 2);
        let part = |bytes: &[u8]| Bytes::from([&[0xEF, 0xF0, 0x01], bytes].concat());
        let mut root = vec![0xEF, 0xF0, 0x02, 0x00];
        root.extend_from_slice(&(wasm.len() as u32).to_be_bytes());
        root.extend_from_slice(&[1; 20]);
        root.extend_from_slice(&[2; 20]);
        let parsed = parse_root(&root, 2, 131_072).unwrap();
        assert_eq!(parsed.fragments, [Address::repeat_byte(1), Address::repeat_byte(2)]);
        assert_eq!(decompress_fragments(&parsed, &[part(a), part(b)]).unwrap(), wasm);
        assert!(decompress_fragments(&parsed, &[part(b), part(a)]).is_err());
        assert!(parse_root(&root, 1, 131_072).is_err());
        assert!(parse_root(&root[..30], 2, 131_072).is_err());
    }

    #[test]
    fn init_code_has_a_prelude_of_43_bytes() {
        let code = init_code(&[0xEF, 0xF0, 0x00, 0x00]);
        assert_eq!(code.len(), 43 + 4);
        assert_eq!(&code[29..43], [0, 0, 0, 4, 0x80, 0x60, 0x2B, 0x60, 0, 0x39, 0x60, 0, 0xF3, 0]);
    }
}
