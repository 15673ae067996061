//! The report as the chain has it, and the configuration under which it was signed.

use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall as _;
use functions_client::abi::Coordinator;
use functions_client::{Chain, ClientError};
use functions_report::context;
use functions_report::quorum::Recover as _;
use functions_report::software::Software;
use oracle_ocr::evidence::{Evidence, Flaw};
use oracle_ocr::{
    Attested, Curves, OracleIndex, Outcome, ReportSignature, RequestKey, Roster, layout, report,
};

use crate::network::Connected;
use crate::request::found::Found;

/// A report that was accepted.
pub(super) struct OnChain {
    /// The request, as its signatures name it.
    pub(super) key: RequestKey,
    /// The members under whose configuration it was signed.
    pub(super) roster: Roster,
    /// Its outcome, attempt, evidence and signatures.
    pub(super) attested: Attested,
    /// Its extra hash, which is that evidence unless it carries several requests.
    pub(super) extra_hash: B256,
    /// Its bytes, where it carries several.
    batch: Option<Bytes>,
    /// How many requests it answered together.
    pub(super) requests: usize,
    /// Gas its transaction used, for all of them, and wei paid for each.
    pub(super) gas: (u64, u128),
}

impl OnChain {
    /// The report that answered a request. `None` while there is none, and where it did not come in a plain `transmit`
    /// of a configuration that the Coordinator announced.
    ///
    /// # Errors
    /// When the endpoint fails.
    pub(super) async fn read(at: &Connected, found: &Found) -> Result<Option<Self>, ClientError> {
        let Some(done) = found.done() else { return Ok(None) };
        let calldata = at.chain.calldata(done.transaction).await?.unwrap_or_default();
        let Ok(call) = Coordinator::transmitCall::abi_decode(&calldata) else { return Ok(None) };
        let words = call.reportContext.map(|word| word.0);
        let coordinator = found.terms.coordinator;
        let Some(roster) = roster(&at.chain, coordinator, at.from_block, words[0].into()).await? else {
            return Ok(None);
        };
        let hash = context::signed_hash(&call.report, &words);
        let signed = call.rs.iter().zip(&call.ss).zip(call.rawVs.iter());
        let signatures = signed.filter_map(|((r, s), v)| {
            let signer = Software.recover(&hash, v.checked_add(27)?, &r.0, &s.0)?;
            let is_it = |index: &OracleIndex| roster.oracle(*index).is_some_and(|one| one.signer == signer);
            Some((roster.indexes().find(is_it)?, ReportSignature { r: r.0, s: s.0, v: *v }))
        });
        let signatures = signatures.collect();
        let outcome = if done.error.is_empty() {
            Outcome::Result(done.response.to_vec())
        } else {
            Outcome::Error(done.error.to_vec())
        };
        let (id, extra_hash) = (found.started.id.0, B256::from(words[2]));
        let requests: Vec<B256> = report::decided_in(&call.report).into_iter().map(|(id, _)| id).collect();
        let is_batch = requests.len() > 1 && extra_hash == layout::batch_evidence(requests.iter());
        let evidence = if is_batch { layout::fast_evidence(&id) } else { extra_hash };
        let receipt = at.chain.receipt("read the report's costs", done.transaction).await?;
        Ok(Some(Self {
            key: RequestKey { request: id, commitment: found.terms.hash() },
            attested: Attested { attempt: context::epoch(&words), outcome, evidence, signatures },
            extra_hash,
            batch: is_batch.then_some(call.report),
            requests: requests.len().max(1),
            roster,
            gas: (receipt.gas_used, receipt.effective_gas_price),
        }))
    }

    /// What evidence may be held against: the report as the chain has it, and where it holds no byte, which results and
    /// errors have in common, also the other reading.
    fn readings(&self) -> impl Iterator<Item = Attested> {
        let is_empty = matches!(&self.attested.outcome, Outcome::Result(bytes) if bytes.is_empty());
        let other =
            is_empty.then(|| Attested { outcome: Outcome::Error(Vec::new()), ..self.attested.clone() });
        std::iter::once(self.attested.clone()).chain(other)
    }

    /// Whether evidence proves it.
    ///
    /// # Errors
    /// The first flaw, by one of the readings.
    pub(super) fn check(&self, evidence: &Evidence) -> Result<(), Flaw> {
        let check = |attested: Attested| match &self.batch {
            Some(batch) => evidence.verify_in_batch(&self.roster, &attested, batch, &Curves),
            None => evidence.verify(&self.roster, &attested, &Curves),
        };
        let mut checks = self.readings().map(check);
        let first = checks.next().expect("there is one");
        checks.fold(first, Result::or)
    }

    /// Whether the member's signature is under it.
    pub(super) fn is_signed_by(&self, oracle: OracleIndex) -> bool {
        self.attested.signatures.iter().any(|(signer, _)| *signer == oracle)
    }
}

/// The members of the configuration with this digest, if the Coordinator announced it and its content has that digest.
async fn roster(
    chain: &Chain,
    coordinator: Address,
    from_block: u64,
    digest: alloy::primitives::B256,
) -> Result<Option<Roster>, ClientError> {
    let announced = chain.events::<Coordinator::ConfigSet>(coordinator, from_block, None).await?;
    let event = announced.into_iter().map(|(event, _)| event).find(|event| event.configDigest == digest);
    Ok(event
        .and_then(|event| Roster::announced(&event, chain.id(), coordinator).ok())
        .map(|(roster, _)| roster))
}
