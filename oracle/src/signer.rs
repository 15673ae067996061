//! The agreement protocol's signer over the keystore; the keys stay where they are.

use std::sync::Arc;

use alloy::primitives::B256;
use oracle_keys::Keystore;
use oracle_ocr::ReportSignature;

/// Signs protocol messages and reports for this node.
#[derive(Clone)]
pub struct NodeSigner(Arc<Keystore>);

impl NodeSigner {
    /// A signer over unlocked keys.
    #[must_use]
    pub const fn new(keys: Arc<Keystore>) -> Self {
        Self(keys)
    }
}

impl oracle_ocr::Signer for NodeSigner {
    fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign_offchain(bytes)
    }

    fn sign_report(&self, hash: &B256) -> ReportSignature {
        self.0.sign_report(hash)
    }
}
