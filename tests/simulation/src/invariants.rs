//! What must hold, whatever happens, looked at after every commit, message and report. Honest nodes are held to it.
//!
//! | rule | looked at |
//! | --- | --- |
//! | agreement: one outcome of a request can have a quorum of signatures, with every faulty key signing everything, | |
//! | and one can be acceptable to the chain, under whatever configurations it was signed ([`acceptable`]) | SIG, reports |
//! | justification: a vote rests on a proposal that the voter has met and that follows from observations and STATUS | |
//! | ([`justified`]), a lock and a report on a quorum | PREPARE, locks, reports |
//! | once: one answer whatever the configuration, one report; one vote and one SIG an attempt; a STATUS names the highest lock | commits, messages |
//! | order: nothing below the attempt once entered; nobody goes ahead alone; nothing is said before it is stored | commits, messages |
//! | batches: what is signed together is decided, and stored by the signer ([`batches`]) | BATCH, BSIG, reports |
//! | bounds: messages and attempts | messages |
//! | delay: nobody waits for faulty members, and late ones are told ([`timely`]) | reports, blocks |
//! | forgery: no script but the chain's is run, whatever one endpoint of a node says (`world/endpoints.rs`) | runs, looks |
//!
//! Secrets are not part of these nodes, so the sixth promise of the protocol is not looked at.

pub mod acceptable;
pub mod batches;
pub mod justified;
pub mod timely;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use alloy::primitives::B256;
use oracle_ocr::{
    Answer, Attested, Body, Choice, MAX_MESSAGE_BYTES, Message, OracleIndex, Order, Outcome, ReadyReport,
    Record, RecordId, RequestKey, Slot, layout,
    message::{Attest, Prepare, Proposal, Status},
};

use test_signing::Checks;

use self::{acceptable::Signatures, batches::Batches, justified::justified};
use crate::{don::Config, node::journal::Journal};

/// What was checked.
pub type Checked = Result<(), String>;
/// A request under a configuration.
type Key = (B256, RequestKey);

/// Attempts that no run has a reason to reach.
const MOST_ATTEMPTS: u32 = 200;

/// What honest nodes have said so far.
pub struct Invariants {
    honest: BTreeSet<usize>,
    checks: Checks,
    /// Who leads, by configuration and request.
    orders: BTreeMap<(B256, B256), Order>,
    /// Observations by author, and the digest of the outcome that each speaks for; none for a failure.
    observed: BTreeMap<(Key, usize), (B256, Option<B256>)>,
    /// Answers of scripts by author, whatever the configuration.
    answered: BTreeMap<(RequestKey, usize), Answer>,
    prepared: BTreeMap<(Key, u32, usize), Choice>,
    attested: BTreeMap<(Key, u32, usize), Choice>,
    /// Honest signers of each choice.
    signatures: Signatures,
    /// Proposals, and who has met them, their authors included.
    proposals: BTreeMap<(Key, u32, Choice), Vec<Met>>,
    /// What every node has stored.
    stored: BTreeMap<(Key, usize), Stored>,
    /// Highest attempt of each node, lost disks or not.
    entered: BTreeMap<(Key, usize), u32>,
    reports: BTreeMap<Key, (u32, Outcome)>,
    batches: Batches,
}

/// A proposal that somebody has met.
struct Met {
    message: Rc<Message>,
    by: BTreeSet<usize>,
    /// Why it is not allowed, once somebody asked.
    verdict: OnceCell<Result<(), String>>,
}

impl Met {
    fn is(&self, message: &Rc<Message>) -> bool {
        Rc::ptr_eq(&self.message, message) || self.message == *message
    }

    fn is_justified(&self, config: &Config, checks: &Checks, leader: OracleIndex) -> Result<(), String> {
        let Body::Propose(proposal) = &self.message.body else { return Err("is no proposal".to_owned()) };
        self.verdict.get_or_init(|| justified(config, checks, &self.message, proposal, leader)).clone()
    }
}

/// One node's records of one request.
#[derive(Default)]
struct Stored {
    attempt: u32,
    locks: BTreeSet<u32>,
    bodies: BTreeMap<(Slot, u32), Vec<u8>>,
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

impl Invariants {
    /// For these honest nodes.
    #[must_use]
    pub fn new(honest: BTreeSet<usize>, checks: Checks) -> Self {
        Self {
            signatures: Signatures::new(honest.clone()),
            honest,
            checks,
            orders: BTreeMap::new(),
            observed: BTreeMap::new(),
            answered: BTreeMap::new(),
            prepared: BTreeMap::new(),
            attested: BTreeMap::new(),
            proposals: BTreeMap::new(),
            stored: BTreeMap::new(),
            entered: BTreeMap::new(),
            reports: BTreeMap::new(),
            batches: Batches::default(),
        }
    }

    fn leader(&mut self, config: &Config, key: &RequestKey, attempt: u32) -> OracleIndex {
        let order = self.orders.entry((config.digest, key.request));
        order.or_insert_with(|| config.roster.order(&key.request)).leader(attempt)
    }

    fn faulty(&self, config: &Config) -> usize {
        config.members.iter().filter(|who| !self.honest.contains(who)).count()
    }

    /// The disk of a node is lost; what it said stays said.
    pub fn forget(&mut self, who: usize) {
        self.stored.retain(|(_, of), _| *of != who);
    }

    /// There is a configuration.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn on_config(&mut self, config: &Rc<Config>) -> Checked {
        self.signatures.on_config(config)
    }

    /// An honest node meets a message, of others or its own.
    pub fn on_meet(&mut self, who: usize, message: &Rc<Message>) {
        if let Body::Batch(entries) = &message.body {
            self.batches.hash(message.config_digest, entries);
        }
        if let Body::Propose(proposal) = &message.body {
            let key = (message.config_digest, message.key);
            let known = self.proposals.entry((key, proposal.attempt, proposal.choice())).or_default();
            // However often somebody says it again, also in its own name: the one that counts may come last.
            if let Some(met) = known.iter_mut().find(|met| met.is(message)) {
                met.by.insert(who);
            } else {
                let (message, by) = (message.clone(), BTreeSet::from([who]));
                known.push(Met { message, by, verdict: OnceCell::new() });
            }
        }
    }

    /// Records become durable, in this order.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn on_commit(&mut self, who: usize, config: &Config, records: &[Record]) -> Checked {
        for Record { id: RecordId { key, slot, attempt }, body } in records {
            let stored = self.stored.entry(((config.digest, *key), who)).or_default();
            let before = stored.bodies.insert((*slot, *attempt), body.clone());
            let is_new = before.is_none();
            let is_same = before.is_none_or(|before| before == *body);
            match slot {
                Slot::Attempt => {
                    let entered = u32::from_be_bytes(body.as_slice().try_into().unwrap_or_default());
                    let known = stored.attempt;
                    ensure(entered >= known, || {
                        format!("order: {who} went from attempt {known} to {entered}")
                    })?;
                    ensure(entered < MOST_ATTEMPTS, || format!("bounds: {who} is in attempt {entered}"))?;
                    stored.attempt = entered;
                    self.check_company(who, config, *key, entered)?;
                }
                Slot::Lock => {
                    let (now, is_late) = (stored.attempt, is_new && *attempt < stored.attempt);
                    ensure(!is_late, || format!("order: {who} locked in {attempt} though it was in {now}"))?;
                    ensure(is_same, || format!("once: {who} locked twice in {attempt}"))?;
                    stored.locks.insert(*attempt);
                }
                Slot::Prepare => {
                    let now = stored.attempt;
                    ensure(*attempt == now, || format!("order: {who} voted in {attempt}, being in {now}"))?;
                    ensure(is_same, || format!("once: {who} voted twice in {attempt}"))?;
                }
                Slot::Observation | Slot::Proposal | Slot::Attest => {
                    ensure(is_same, || format!("once: {who} replaced its {slot:?} of attempt {attempt}"))?;
                }
                Slot::Report => ensure(is_new, || format!("once: {who} made its report again"))?,
                Slot::Event | Slot::Quarantine | Slot::Bound => {}
            }
        }
        Ok(())
    }

    /// Whoever enters an attempt beyond the second by itself knows `n - f` members in the one before; whoever is pulled
    /// is so by an honest one (docs/spec/agreement.md A18, A20).
    fn check_company(&mut self, who: usize, config: &Config, key: RequestKey, attempt: u32) -> Checked {
        let key = (config.digest, key);
        let as_far = |least: u32| {
            let at = |other: &&usize| self.entered.get(&(key, **other)).is_some_and(|at| *at >= least);
            config.members.iter().filter(|other| self.honest.contains(other)).filter(at).count()
        };
        let (pulled, company) = (as_far(attempt) > 0, as_far(attempt.saturating_sub(1)));
        let enough = company + self.faulty(config) >= config.roster.live();
        let highest = self.entered.entry((key, who)).or_default();
        *highest = attempt.max(*highest);
        ensure(attempt < 3 || pulled || enough, || {
            format!("order: {who} went ahead to attempt {attempt} with {company} honest members behind it")
        })
    }

    /// An honest node sends a message to these nodes; `disk` is what it has after a crash now.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn on_send(
        &mut self,
        who: usize,
        config: &Rc<Config>,
        message: &Rc<Message>,
        disk: &Journal,
        receivers: &[usize],
    ) -> Checked {
        self.on_meet(who, message);
        let key = (config.digest, message.key);
        let stored = |slot, attempt| disk.holds(config.digest, RecordId { key: message.key, slot, attempt });
        let durable = match &message.body {
            // Told back to its author.
            Body::Observation(signed) if signed.sender != message.sender => true,
            Body::Observation(signed) => {
                let digest = signed.digest();
                let known = self.observed.entry((key, who)).or_insert_with(|| {
                    let outcome = Outcome::of_answer(&signed.observation.answer);
                    (digest, outcome.as_ref().map(layout::outcome))
                });
                ensure(known.0 == digest, || format!("once: {who} signed two observations"))?;
                let answer = &signed.observation.answer;
                self.batches.note_outcome(Outcome::of_answer(answer));
                if answer.is_from_script() {
                    let known = self.answered.entry((message.key, who)).or_insert_with(|| answer.clone());
                    ensure(known == answer, || {
                        format!("once: {who} answers otherwise under another configuration")
                    })?;
                }
                stored(Slot::Observation, 0)
            }
            Body::Prepare(prepare) => {
                self.check_vote(who, config, key, prepare)?;
                stored(Slot::Prepare, prepare.attempt)
            }
            Body::Attest(attest) => {
                self.check_attest(who, config, key, attest)?;
                stored(Slot::Lock, attest.attempt) && stored(Slot::Attest, attest.attempt)
            }
            Body::Status(status) => {
                self.check_status(who, key, status)?;
                stored(Slot::Attempt, 0)
            }
            Body::Propose(proposal) => {
                let leader = self.leader(config, &message.key, proposal.attempt);
                ensure(config.node(leader) == who, || format!("order: {who} proposes as no leader"))?;
                self.check_proposal(config, message, proposal)?;
                stored(Slot::Proposal, proposal.attempt)
            }
            Body::Report(attested) => {
                self.count_own(who, config, key, attested)?;
                let known = self.reports.get(&key).map(|(_, outcome)| outcome);
                ensure(known.is_none_or(|known| *known == attested.outcome), || {
                    format!("agreement: {who} shows a report of another outcome")
                })?;
                stored(Slot::Report, 0)
            }
            // Who asks signs too.
            Body::Batch(entries) => {
                let hash = self.batches.hash(config.digest, entries).unwrap_or_default();
                self.check_batch(who, config, hash, disk)?;
                true
            }
            Body::BatchSignature(signed) => {
                self.check_batch(who, config, signed.hash, disk)?;
                true
            }
        };
        ensure(durable, || format!("durability: {who} sent {} before it was stored", message.body.name()))?;
        // The longest are proposals; others are not worth their encoding.
        if matches!(message.body, Body::Propose(_)) && !receivers.is_empty() {
            let bytes = message.encode().len();
            ensure(bytes <= MAX_MESSAGE_BYTES, || format!("bounds: a message of {bytes} bytes"))?;
        }
        Ok(())
    }

    fn check_vote(&mut self, who: usize, config: &Config, key: Key, prepare: &Prepare) -> Checked {
        let Prepare { attempt, choice, .. } = prepare;
        if let Some(known) = self.prepared.get(&(key, *attempt, who)) {
            return ensure(known == choice, || format!("once: {who} voted twice in {attempt}"));
        }
        self.prepared.insert((key, *attempt, who), *choice);
        let leader = self.leader(config, &key.1, *attempt);
        let proposals = self.proposals.get(&(key, *attempt, *choice));
        let mut why = "nobody proposed to it".to_owned();
        for met in proposals.into_iter().flatten().filter(|met| met.by.contains(&who)) {
            match met.is_justified(config, &self.checks, leader) {
                Ok(()) => return Ok(()),
                Err(reason) => why = reason,
            }
        }
        Err(format!("justification: {who} voted in {attempt} for what {why}"))
    }

    fn check_proposal(&mut self, config: &Config, message: &Rc<Message>, proposal: &Proposal) -> Checked {
        let leader = self.leader(config, &message.key, proposal.attempt);
        let known = self.proposals.get(&((config.digest, message.key), proposal.attempt, proposal.choice()));
        let met = known.into_iter().flatten().find(|met| met.is(message));
        let judged = match met {
            Some(met) => met.is_justified(config, &self.checks, leader),
            None => justified(config, &self.checks, message, proposal, leader),
        };
        judged.map_err(|why| format!("justification: an honest proposal that {why}"))
    }

    fn check_status(&self, who: usize, key: Key, status: &Status) -> Checked {
        let Some(stored) = self.stored.get(&(key, who)) else { return Ok(()) };
        let claim = &status.claim;
        let highest = stored.locks.range(..claim.attempt).next_back().copied();
        let claimed = claim.lock.map(|lock| lock.attempt);
        ensure(claimed == highest, || {
            format!("once: {who} claims the lock of {claimed:?} in {}, it has {highest:?}", claim.attempt)
        })
    }

    /// A SIG rests on a quorum, and at most one outcome can ever collect enough of them.
    fn check_attest(&mut self, who: usize, config: &Config, key: Key, attest: &Attest) -> Checked {
        let Attest { attempt, choice, .. } = attest;
        if let Some(known) = self.attested.get(&(key, *attempt, who)) {
            return ensure(known == choice, || format!("once: {who} attested twice in {attempt}"));
        }
        self.attested.insert((key, *attempt, who), *choice);
        let (quorum, faulty) = (config.roster.quorum(), self.faulty(config));
        let votes = if *attempt == 0 {
            let all = self.observed.range((key, 0)..=(key, usize::MAX));
            let votes = all.filter(|(_, (_, outcome))| *outcome == Some(choice.outcome)).count();
            let is_fast = choice.evidence == layout::fast_evidence(&key.1.request);
            ensure(is_fast, || format!("justification: {who} locked other evidence in the fast path"))?;
            votes
        } else {
            let all = self.prepared.range((key, *attempt, 0)..=(key, *attempt, usize::MAX));
            all.filter(|(_, voted)| *voted == choice).count()
        };
        ensure(votes + faulty >= quorum, || {
            format!("justification: {who} locked in {attempt} with {votes} honest votes of {quorum}")
        })?;
        self.signatures.add(who, key, *attempt, *choice)
    }

    /// A signature may be in its author's report before it was ever sent alone: the process died in between.
    fn count_own(&mut self, who: usize, config: &Config, key: Key, attested: &Attested) -> Checked {
        let is_own = |(signer, _): &(OracleIndex, _)| config.node(*signer) == who;
        if attested.signatures.iter().any(is_own) {
            return self.signatures.add(who, key, attested.attempt, choice_of(attested));
        }
        Ok(())
    }

    /// An honest node has a report.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn on_report(&mut self, who: usize, config: &Config, ready: &ReadyReport) -> Checked {
        let attested = &ready.attested;
        let signers: Vec<OracleIndex> = attested.signatures.iter().map(|(signer, _)| *signer).collect();
        let quorum = config.roster.quorum();
        ensure(signers.len() == quorum, || format!("report: {who} has {} signatures", signers.len()))?;
        ensure(signers.windows(2).all(|pair| pair[0] < pair[1]), || "report: signers not ascending".into())?;
        use oracle_ocr::Verifier as _;
        let good = attested.signatures.iter().all(|(signer, signature)| {
            config
                .roster
                .oracle(*signer)
                .is_some_and(|oracle| self.checks.verify_report(oracle, &ready.hash, signature))
        });
        ensure(good, || format!("report: {who} has a bad signature"))?;
        let key = (config.digest, ready.key);
        let first = (attested.attempt, attested.outcome.clone());
        let known = self.reports.entry(key).or_insert(first);
        ensure(known.1 == attested.outcome, || "agreement: two reports with different outcomes".into())?;
        self.count_own(who, config, key, attested)?;
        self.signatures.check(config, key, attested.attempt, choice_of(attested))
    }

    /// Attempts that decided.
    #[must_use]
    pub fn attempts(&self) -> Vec<u32> {
        self.reports.values().map(|(attempt, _)| *attempt).collect()
    }
}

fn choice_of(attested: &Attested) -> Choice {
    Choice { outcome: layout::outcome(&attested.outcome), evidence: attested.evidence }
}
