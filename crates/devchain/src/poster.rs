//! What the poster of batches charges for: the compressed length of a transaction.

use brotlic::{CompressionMode, Quality, WindowSize};

/// Calldata units of a compressed byte.
const UNITS_PER_BYTE: u64 = 16;
const QUALITY: Quality = match Quality::new(1) {
    Ok(quality) => quality,
    Err(_) => Quality::worst(),
};

/// Calldata units of an encoded transaction: 16 for every byte it has after brotli at level 1, compressed in one piece.
///
/// Upstream: `byteCountAfterBrotliLevel` (Nitro, `arbos/l1pricing/l1pricing.go`). The lengths are those of the library
/// the node uses; cut into smaller pieces a transaction would come out longer, and other encoders find other matches.
pub(crate) fn units(encoded: &[u8]) -> u64 {
    // An encoder that fails counts the transaction as incompressible.
    UNITS_PER_BYTE * compressed_len(encoded).unwrap_or(encoded.len()) as u64
}

/// The length after compression.
fn compressed_len(input: &[u8]) -> Option<usize> {
    let mut output = vec![0; input.len() + (input.len() >> 10) * 8 + 64];
    brotlic::compress(input, &mut output, QUALITY, WindowSize::default(), CompressionMode::Generic).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a kind: 0 random, 1 words with twenty zeros, 2 sixteen letters, 3 random and repetitive by turns.
    fn bytes(kind: usize, len: usize) -> Vec<u8> {
        let mut x = 0x9E37_79B9_7F4A_7C15u64 ^ len as u64;
        let next = |at: usize| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            let random = (x >> 32) as u8;
            match kind {
                1 if at % 32 < 20 => 0,
                2 => 97 + random % 16,
                3 if (at / 2000).is_multiple_of(2) => (at % 7) as u8,
                _ => random,
            }
        };
        (0..len).map(next).collect()
    }

    #[test]
    fn lengths_equal_those_of_the_c_library() {
        // Written down from libbrotlienc 1.0.9: quality 1, window 22, one call of its stream with everything.
        let known: [[(usize, usize); 6]; 4] = [
            [(1, 5), (200, 204), (4_096, 4_100), (5_000, 5_004), (24_000, 24_004), (94_999, 95_004)],
            [(1, 5), (200, 156), (4_096, 1_829), (5_000, 2_199), (24_000, 10_187), (94_999, 39_067)],
            [(1, 5), (200, 129), (4_096, 2_097), (5_000, 2_559), (24_000, 12_667), (94_999, 47_529)],
            [(1, 5), (200, 29), (4_096, 2_128), (5_000, 2_133), (24_000, 12_085), (94_999, 47_186)],
        ];
        for (kind, row) in known.iter().enumerate() {
            for (len, compressed) in row {
                let found = compressed_len(&bytes(kind, *len));
                assert_eq!(found, Some(*compressed), "{len} bytes of kind {kind}");
            }
        }
    }
}
