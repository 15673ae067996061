//! What changed a ceremony, in the order in which it was heard.

use zeroize::Zeroizing;

/// In the sender's place: the time was up.
pub(crate) const EXPIRE: u8 = u8::MAX;

pub(crate) struct Heard {
    pub(crate) from: u8,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}
