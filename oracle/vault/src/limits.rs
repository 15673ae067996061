//! How much may be stored, and for how long.

use functions_tdh2::MAX_HOSTED_BYTES;

use crate::row::Kind;

/// Parts of the owners' addresses that members compare one by one: by the first four bits.
pub const SHARDS: usize = 16;
/// Most rows that a message names.
pub const MAX_ENTRIES: usize = 2_000;

/// Bounds of what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Slots of an owner, for each kind; they are numbered from 0.
    pub slots: u32,
    /// Versions of a slot that live side by side.
    pub versions: usize,
    /// Bytes of encrypted secrets.
    pub secrets_bytes: usize,
    /// Bytes of code.
    pub code_bytes: usize,
    /// Longest time until a row expires, in milliseconds.
    pub lifetime_ms: u64,
    /// Rows of all owners together.
    pub rows: usize,
}

impl Default for Limits {
    /// 5 slots, 8 versions, 20 000 bytes of secrets, 64 KiB of code, 90 days, 10 000 rows.
    fn default() -> Self {
        Self {
            slots: 5,
            versions: 8,
            secrets_bytes: MAX_HOSTED_BYTES,
            code_bytes: 64 * 1024,
            lifetime_ms: 90 * 24 * 3_600_000,
            rows: 10_000,
        }
    }
}

impl Limits {
    /// Most bytes of a row's content.
    pub const fn bytes(&self, kind: Kind) -> usize {
        match kind {
            Kind::Secrets => self.secrets_bytes,
            Kind::Code => self.code_bytes,
        }
    }
}
