//! Reports, honest and forged.

use super::*;
use alloy::sol_types::SolValue;
use functions_types::abi;

use crate::random::operation::{Answer, Forgery};

impl Player {
    pub(super) fn report(&mut self, answer: &Answer) {
        let mut list: Vec<Request> = answer.requests.iter().filter_map(|age| self.known(*age)).collect();
        if list.is_empty() {
            return;
        }
        let at = |index: u8| usize::from(index) % answer.requests.len();
        match answer.forgery {
            Some(Forgery::Fee(index)) => list[at(index)].commitment.donFee = U256::ONE.to(),
            Some(Forgery::Coordinator(index)) => list[at(index)].commitment.coordinator = STRANGER,
            Some(Forgery::Client(index)) => list[at(index)].commitment.client = STRANGER,
            Some(Forgery::ReportId(index)) => list[at(index)].requestId = B256::repeat_byte(1),
            Some(Forgery::CommitmentId(index)) => list[at(index)].commitment.requestId = B256::repeat_byte(1),
            _ => {}
        }
        let count = list.len();
        let mut report = abi::Report {
            requestIds: list.iter().map(|request| request.requestId).collect(),
            results: vec![vec![1; usize::from(answer.result)].into(); count],
            errors: vec![vec![2; usize::from(answer.error)].into(); count],
            onchainMetadata: list.iter().map(|request| request.commitment.abi_encode().into()).collect(),
            offchainMetadata: vec![Bytes::new(); count],
        };
        match answer.forgery {
            Some(Forgery::Metadata(index)) => {
                let metadata = &mut report.onchainMetadata[at(index)];
                *metadata = metadata.slice(..351);
            }
            Some(Forgery::Lists) => drop(report.errors.pop()),
            _ => {}
        }
        let quorum = functions_types::members::quorum(self.scene.oracles.len(), self.f.into());
        let signers: Vec<usize> = (0..quorum).collect();
        let mut signed = self.scene.sign(report.abi_encode_params(), &signers);
        match answer.forgery {
            Some(Forgery::RepeatedSignature) => signed.signatures[1] = signed.signatures[0],
            Some(Forgery::MissingSignature) => drop(signed.signatures.pop()),
            Some(Forgery::RecoveryId) => signed.signatures[2].v ^= 1,
            Some(Forgery::HugeRecoveryId) => signed.signatures[2].v = 229,
            Some(Forgery::Report(at)) => {
                let at = usize::from(at) % signed.report.len();
                signed.report[at] ^= 1;
            }
            Some(Forgery::Epoch) => signed.context[1][30] ^= 1,
            _ => {}
        }
        let mut data = signed.calldata();
        if answer.forgery == Some(Forgery::Calldata) {
            data.push(1);
        }
        let (from, to) = (self.who(answer.by, self.scene.coordinator), self.scene.coordinator);
        self.send("transmit", Call { from, to, data });
    }
}
