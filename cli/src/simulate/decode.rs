//! What a result means: the four readings `--returns` offers.

use alloy::primitives::{I256, U256};

/// How the bytes of a result are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Returns {
    /// An unsigned integer of at most 32 bytes, big-endian; no bytes are 0
    Uint256,
    /// A signed integer: 32 bytes in two's complement; fewer bytes are not negative
    Int256,
    /// UTF-8 text
    String,
    /// The bytes themselves
    Bytes,
}

impl Returns {
    /// The word of the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Uint256 => "uint256",
            Self::Int256 => "int256",
            Self::String => "string",
            Self::Bytes => "bytes",
        }
    }

    /// The result in words.
    ///
    /// # Errors
    /// What keeps the bytes from being read so.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<String, String> {
        match self {
            Self::Uint256 => word(bytes).map(|value| value.to_string()),
            Self::Int256 => word(bytes).map(|value| I256::from_raw(value).to_string()),
            Self::String => String::from_utf8(bytes.to_vec()).map_err(|_| "the bytes are not UTF-8".into()),
            Self::Bytes => Ok(hex(bytes)),
        }
    }
}

/// Bytes as they are written everywhere: `0x` and two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn word(bytes: &[u8]) -> Result<U256, String> {
    U256::try_from_be_slice(bytes)
        .ok_or_else(|| format!("{} bytes are more than an integer of 256 bits has", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_upstreams_toolkit_reads_them() {
        assert_eq!(Returns::Uint256.decode(&[]), Ok("0".into()));
        assert_eq!(Returns::Uint256.decode(&[1, 0]), Ok("256".into()));
        assert_eq!(Returns::Int256.decode(&[0xff]), Ok("255".into()));
        assert_eq!(Returns::Int256.decode(&[0xff; 32]), Ok("-1".into()));
        assert!(Returns::Uint256.decode(&[0; 33]).is_err());
        let largest = U256::MAX.to_string();
        assert_eq!(Returns::Uint256.decode(&[0xff; 32]), Ok(largest));
    }

    #[test]
    fn text_and_bytes_are_read() {
        assert_eq!(Returns::String.decode("é".as_bytes()), Ok("é".into()));
        assert!(Returns::String.decode(&[0xff]).is_err());
        assert_eq!(Returns::Bytes.decode(&[]), Ok("0x".into()));
    }
}
