//! The agreement protocol's signatures: made by the keystore, where the keys stay, and checked on the real curves. The
//! time that takes is counted.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use alloy::primitives::B256;
use nix::time::{ClockId, clock_gettime};
use oracle_keys::Keystore;
use oracle_ocr::{Curves, Oracle, ReportSignature};
use prometheus_client::metrics::gauge::Gauge;

/// Seconds of processor time spent on signatures so far.
pub type Spent = Gauge<f64, AtomicU64>;

fn counted<T>(spent: &Spent, work: impl FnOnce() -> T) -> T {
    let begin = thread_time();
    let done = work();
    spent.inc_by(thread_time().saturating_sub(begin).as_secs_f64());
    done
}

/// What this thread has used of the processor; on a busy machine the wall's clock also counts what others use.
fn thread_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

/// Signs protocol messages and reports for this node.
#[derive(Clone)]
pub struct NodeSigner {
    keys: Arc<Keystore>,
    spent: Spent,
}

impl NodeSigner {
    /// A signer over unlocked keys.
    #[must_use]
    pub const fn new(keys: Arc<Keystore>, spent: Spent) -> Self {
        Self { keys, spent }
    }
}

impl oracle_ocr::Signer for NodeSigner {
    fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        counted(&self.spent, || self.keys.sign_offchain(bytes))
    }

    fn sign_report(&self, hash: &B256) -> ReportSignature {
        counted(&self.spent, || self.keys.sign_report(hash))
    }
}

/// Checks the signatures of the other members.
#[derive(Clone, Debug)]
pub struct NodeVerifier(Spent);

impl NodeVerifier {
    /// One that counts there.
    #[must_use]
    pub const fn new(spent: Spent) -> Self {
        Self(spent)
    }
}

impl oracle_ocr::Verifier for NodeVerifier {
    fn verify_offchain(&self, oracle: &Oracle, bytes: &[u8], signature: &[u8; 64]) -> bool {
        counted(&self.0, || Curves.verify_offchain(oracle, bytes, signature))
    }

    fn verify_report(&self, oracle: &Oracle, hash: &B256, signature: &ReportSignature) -> bool {
        counted(&self.0, || Curves.verify_report(oracle, hash, signature))
    }
}
