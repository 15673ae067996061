//! Whatever the chain, the endpoints and the process do, in any order: no transaction is paid after one was, none is
//! sent while another may still be mined (unless blocks left the chain), no offer is raised in vain, and no delivery
//! ends early or never.
//!
//! `TRANSMIT_SEEDS=100000` plays more histories, `TRANSMIT_FIRST_SEED=1234` begins elsewhere.

mod tally;

use alloy::primitives::B256;

use self::tally::Tally;
use super::*;
use crate::{
    journal::TransmissionState,
    transmit::{gate::Simulated, price::Price},
};

const SECOND: Duration = Duration::from_secs(1);
/// Most steps of a history in which anything may happen.
const WILD: u64 = 200;
/// Steps in which everything works, and which end every delivery.
const CALM: u32 = 200;

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// What is stored of a transaction.
struct Row {
    attempt: u64,
    nonce: u64,
    state: TransmissionState,
    /// What each version offers, oldest first.
    prices: Vec<Price>,
    sent_ms: u64,
}

impl Row {
    fn standing(&self) -> Standing {
        Standing {
            attempt: self.attempt,
            stage: 1,
            tx_hash: Some(B256::with_last_byte(u8::try_from(self.prices.len()).unwrap_or(u8::MAX))),
            is_prepared: self.state == TransmissionState::Prepared,
            price: *self.prices.last().expect("a version"),
            sent_ms: self.sent_ms,
        }
    }
}

/// A block with a transaction of ours.
struct Block {
    number: u64,
    attempt: u64,
    nonce: u64,
    deed: Deed,
}

struct World<'a> {
    random: Random,
    tally: &'a mut Tally,
    delivery: Delivery,
    now: Instant,
    unix_ms: u64,
    /// Nothing goes wrong any more.
    is_calm: bool,
    // The chain.
    next_nonce: u64,
    /// Attempts whose transaction waits for a block, with their nonce.
    pool: Vec<(u64, u64)>,
    /// Attempts whose transaction was mined.
    mined: Vec<Block>,
    height: u64,
    final_block: u64,
    /// Blocks left the chain: what was mined may be mined once more, and then in vain.
    has_moved: bool,
    /// Answered by another node, or out of time.
    is_over: bool,
    // What the node knows.
    is_told: bool,
    rows: Vec<Row>,
    given_up: bool,
    begins_anew: bool,
    history: Vec<String>,
}

impl World<'_> {
    fn paid(&self) -> usize {
        self.mined.iter().filter(|block| block.deed == Deed::Paid).count()
    }

    fn is_settled(&self) -> bool {
        self.is_over || self.paid() > 0
    }

    fn trouble(&mut self, chance: u64) -> bool {
        !self.is_calm && self.random.percent(chance)
    }

    fn open(&self) -> &Row {
        self.rows.last().filter(|row| row.state.is_open()).expect("asked about an open transaction")
    }

    fn open_mut(&mut self) -> &mut Row {
        self.rows.last_mut().filter(|row| row.state.is_open()).expect("asked about an open transaction")
    }

    fn deed_of(&self, attempt: u64) -> Option<Deed> {
        self.mined.iter().find(|block| block.attempt == attempt).map(|block| block.deed)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.unix_ms += u64::try_from(time.as_millis()).expect("short");
    }

    /// The chain moves.
    fn happen(&mut self) {
        // What has no job any more is brought to its end by another task, which fills gaps.
        if self.is_calm
            && self.pool.iter().all(|(_, nonce)| *nonce > self.next_nonce)
            && !self.pool.is_empty()
        {
            self.next_nonce += 1;
        }
        let mineable = self.pool.iter().position(|(_, nonce)| *nonce == self.next_nonce);
        if let Some(at) = mineable.filter(|_| self.is_calm || self.random.percent(15)) {
            let (attempt, nonce) = self.pool.remove(at);
            self.next_nonce += 1;
            self.height += 1;
            let deed = match self.random.below(10) {
                _ if self.paid() > 0 && !self.has_moved => {
                    panic!("a transaction is paid for after one was paid")
                }
                _ if self.is_settled() => Deed::CameSecond,
                0..5 => Deed::Paid,
                5 => Deed::Reverted,
                _ if self.is_calm => Deed::Paid,
                code => Deed::Refused(u8::try_from(code).expect("small") - 3),
            };
            self.mined.push(Block { number: self.height, attempt, nonce, deed });
            self.history.push(format!("mined: {attempt} {deed:?}"));
        }
        if self.is_calm {
            self.final_block = self.height;
            self.is_told = self.is_settled();
            return;
        }
        match self.random.below(100) {
            0 | 1 => {
                let lost = self.next_nonce;
                self.next_nonce += 1;
                self.pool.retain(|(_, nonce)| *nonce != lost);
                self.history.push(format!("nonce {lost} is used by another transaction"));
            }
            2 | 3 => {
                self.history.push(format!("the pool forgets {:?}", self.pool));
                self.pool.clear();
            }
            4 if self.paid() == 0 => {
                self.is_over = true;
                self.history.push("another node answers, or time is out".to_owned());
            }
            5..15 => self.is_told |= self.is_settled(),
            30..34 => self.final_block = self.height.saturating_sub(self.random.below(3)),
            34..37 if self.mined.iter().any(|block| block.number > self.final_block) => self.reorganise(),
            15..30 => {
                let time = Duration::from_millis(self.random.below(4_000));
                self.pass(time);
            }
            _ => {}
        }
    }

    /// Blocks leave the chain, down to a final one; their transactions wait again, or are forgotten. Whoever was told
    /// of a response is told otherwise, and the delivery begins anew.
    fn reorganise(&mut self) {
        self.tally.reorganisations += 1;
        let first = self.final_block + 1 + self.random.below(self.height - self.final_block);
        self.history.push(format!("blocks from {first} on leave the chain"));
        self.has_moved = true;
        self.height = first - 1;
        while let Some(block) = self.mined.pop_if(|block| block.number >= first) {
            self.next_nonce = block.nonce;
            if self.random.percent(70) {
                self.pool.push((block.attempt, block.nonce));
            }
        }
        if self.is_told && !self.is_settled() {
            self.is_told = false;
            self.begins_anew = true;
        }
    }

    fn perform(&mut self, effect: Effect) {
        self.history.push(format!("{effect:?}"));
        match effect {
            Effect::Drop => {
                let attempt = self.open().attempt;
                assert!(self.deed_of(attempt).is_none() || self.is_told, "dropped {attempt}");
                self.tally.nonces_lost += u32::from(!self.is_told);
                self.open_mut().state = TransmissionState::Dropped;
            }
            Effect::Note(TransmitNote::Included { .. }) => self.tally.paid += 1,
            Effect::Note(TransmitNote::Unpaid { .. }) => self.tally.unpaid += 1,
            Effect::Note(TransmitNote::Unneeded { .. }) => self.tally.unneeded += 1,
            Effect::Note(TransmitNote::Undeliverable { .. }) => {
                self.tally.undeliverable += 1;
                self.given_up = true;
            }
            Effect::Note(_) | Effect::Waits { .. } => {}
        }
    }

    /// The answer to a question; `None` when the process ends before it hears it.
    fn answer(&mut self, next: Next) -> Option<Seen> {
        self.history.push(format!("{next:?}"));
        Some(match next {
            Next::Load => {
                let open = self.rows.last().filter(|row| row.state.is_open()).map(Row::standing);
                let others = &self.rows[..self.rows.len() - usize::from(open.is_some())];
                let in_vain = others.iter().filter(|row| row.state == TransmissionState::Sent);
                let failures = u32::try_from(in_vain.count()).expect("few");
                Seen::Stored { attempts: self.rows.len() as u64, failures, open }
            }
            Next::AskProgress => Seen::Progress(self.random.percent(20).then_some(self.now)),
            Next::AskAhead => {
                let window = Duration::from_millis(self.random.below(2) * 500);
                Seen::Ahead { pending: self.random.percent(30), window }
            }
            Next::Sleep { until, or_answered } => {
                if !(or_answered && self.is_told) {
                    let pause = until.saturating_duration_since(self.now);
                    assert!(pause <= 100 * SECOND, "a pause of {pause:?}");
                    self.pass(pause);
                }
                Seen::Woke
            }
            Next::Linger { until } => {
                self.pass(until.saturating_duration_since(self.now));
                Seen::Woke
            }
            Next::Look { .. } => return self.look(),
            Next::Gather => match self.random.below(3) {
                0 => Seen::Trouble,
                1 => Seen::Gathered(None),
                _ => Seen::Gathered(Some(Together {
                    gas_limit: 900_000,
                    price: Price { max_fee_wei: 2_000, tip_wei: 50 },
                    carried: !self.is_calm && self.random.percent(10),
                })),
            },
            Next::AskFunds { .. } => Seen::Funds { enough: self.is_calm || self.random.percent(30) },
            Next::Send { attempt, price, .. } => return self.send(attempt, price),
            Next::AskReceipt(_) if self.trouble(8) => Seen::Trouble,
            Next::AskReceipt(reach) => {
                let attempt = self.open().attempt;
                let is_hidden = reach == Reach::First && self.trouble(20);
                let found = self.mined.iter().find(|block| block.attempt == attempt && !is_hidden);
                let tx_hash = B256::with_last_byte(u8::try_from(attempt).unwrap_or(u8::MAX));
                Seen::Receipt(found.map(|block| Mined { tx_hash, block: block.number, deed: block.deed }))
            }
            Next::AskNonce if self.trouble(8) => Seen::Trouble,
            Next::AskNonce => {
                let is_used = self.next_nonce > self.open().nonce;
                Seen::NonceUsed(is_used && !self.trouble(20))
            }
            Next::Resend => return self.resend(),
            Next::AskMarket if self.trouble(8) => Seen::Trouble,
            Next::AskMarket => Seen::Market { market: self.market(), ceiling_wei: self.ceiling() },
            Next::Bump { price, .. } => return self.bump(price),
            Next::End => panic!("an end asks nothing"),
        })
    }

    fn market(&mut self) -> Market {
        Market {
            base_fee_wei: u128::from(self.random.below(1_000)),
            tip_wei: u128::from(self.random.below(50)),
        }
    }

    fn ceiling(&mut self) -> u128 {
        if self.is_calm { u128::MAX } else { u128::from(self.random.below(5_000)) }
    }

    fn look(&mut self) -> Option<Seen> {
        if self.trouble(10) {
            return Some(Seen::Trouble);
        }
        let simulated = match self.random.below(40) {
            // An endpoint that lags may still take it for open.
            _ if self.is_settled() && !self.trouble(10) => Simulated::Code(2),
            _ if self.is_calm => Simulated::Code(0),
            0..20 => Simulated::Code(0),
            20..24 => Simulated::Code(1),
            24..28 => Simulated::Code(3),
            28..30 => Simulated::Code(4),
            30 => Simulated::Code(5),
            31..34 => Simulated::Reverts("r".to_owned()),
            34..37 => Simulated::Unfunded("u".to_owned()),
            _ => Simulated::Code(0),
        };
        Some(Seen::Looked(Look {
            chain_time: self.unix_ms / 1_000,
            market: self.market(),
            ceiling_wei: self.ceiling(),
            carried: !self.is_calm && self.random.percent(10),
            waiting: if self.random.percent(20) { 5 } else { 0 },
            confirmed: self.is_calm || self.random.percent(80),
            gas_limit: 500_000,
            need_wei: U256::from(1),
            simulated,
        }))
    }

    fn send(&mut self, attempt: u64, price: Price) -> Option<Seen> {
        if self.trouble(5) {
            return Some(Seen::Trouble);
        }
        let is_in_vain = |row: &Row| self.deed_of(row.attempt).is_some_and(|deed| deed != Deed::Paid);
        let may_be_mined = |row: &Row| row.state.is_open() && !is_in_vain(row);
        assert!(self.has_moved || !self.rows.iter().any(may_be_mined), "a second one beside an open one");
        assert!(self.has_moved || self.pool.is_empty(), "a second transaction beside {:?}", self.pool);
        assert!(self.rows.iter().all(|row| row.attempt != attempt), "attempt {attempt} is overwritten");
        self.tally.sends += 1;
        // The first that neither the chain nor a transaction before uses.
        let nonce = self.pool.iter().map(|(_, nonce)| nonce + 1).max().unwrap_or(0).max(self.next_nonce);
        let (state, sent_ms) = (TransmissionState::Prepared, self.unix_ms);
        self.rows.push(Row { attempt, nonce, state, prices: vec![price], sent_ms });
        if self.trouble(8) {
            return None;
        }
        if self.trouble(8) {
            self.open_mut().state = TransmissionState::Dropped;
            return Some(Seen::Trouble);
        }
        // No answer: it may have arrived all the same.
        let is_heard = !self.trouble(15);
        if is_heard || self.random.percent(50) {
            self.pool.push((attempt, nonce));
        }
        if is_heard {
            self.open_mut().state = TransmissionState::Sent;
        }
        Some(Seen::Stands(self.open().standing()))
    }

    fn resend(&mut self) -> Option<Seen> {
        if self.trouble(8) {
            return Some(Seen::Trouble);
        }
        let (attempt, nonce) = (self.open().attempt, self.open().nonce);
        let is_known = self.pool.contains(&(attempt, nonce)) || self.deed_of(attempt).is_some();
        if !is_known && (nonce < self.next_nonce || self.trouble(10)) {
            self.open_mut().state = TransmissionState::Dropped;
            return Some(Seen::Refused);
        }
        if !is_known {
            self.pool.push((attempt, nonce));
        }
        self.open_mut().state = TransmissionState::Sent;
        Some(Seen::Stands(self.open().standing()))
    }

    fn bump(&mut self, price: Price) -> Option<Seen> {
        self.tally.bumps += 1;
        let unix_ms = self.unix_ms;
        let row = self.open_mut();
        let most = row.prices.last().expect("a version");
        let is_more = price.max_fee_wei > most.max_fee_wei && price.tip_wei > most.tip_wei;
        assert!(is_more, "an offer of {price:?} after {:?}", row.prices);
        row.prices.push(price);
        row.sent_ms = unix_ms;
        let (attempt, nonce) = (row.attempt, row.nonce);
        if self.trouble(8) {
            return None;
        }
        let is_known = self.pool.contains(&(attempt, nonce));
        if !self.trouble(20) && !is_known && nonce >= self.next_nonce {
            self.pool.push((attempt, nonce));
        }
        Some(Seen::Stands(self.open().standing()))
    }

    /// Lives one history to its end.
    fn live(&mut self, mut step: Step) {
        let wild = u32::try_from(self.random.below(WILD)).expect("small");
        for number in 0..wild + CALM {
            self.is_calm = number >= wild;
            for effect in std::mem::take(&mut step.first) {
                self.perform(effect);
            }
            if step.then == Next::End {
                assert!(self.is_settled() || self.given_up, "it ended early");
                self.tally.late_ends += u32::from(self.is_calm);
                return;
            }
            self.happen();
            let is_cut = std::mem::take(&mut self.begins_anew) || self.trouble(3);
            let seen = if is_cut { None } else { self.answer(step.then) };
            self.tally.troubles += u32::from(matches!(seen, Some(Seen::Trouble)));
            let (answered, final_block) = (self.is_told, self.final_block);
            let now = Moment { at: self.now, unix_ms: self.unix_ms, answered, final_block };
            step = match seen {
                Some(seen) => self.delivery.on(now, seen),
                None => {
                    self.history.push("restart".to_owned());
                    self.tally.restarts += 1;
                    let (delivery, step) = Delivery::begin(self.delivery.assignment);
                    self.delivery = delivery;
                    step
                }
            };
        }
        panic!("it never ended");
    }
}

#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by hand")]
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
#[expect(clippy::disallowed_macros, reason = "the seeds are what a failure is repeated with")]
fn no_history_pays_twice_or_ends_early_or_never() {
    let (first, seeds) = (number("TRANSMIT_FIRST_SEED", 1), number("TRANSMIT_SEEDS", 3_000));
    println!("seeds {first} to {}", first + seeds - 1);
    let mut tally = Tally::default();
    for seed in first..first + seeds {
        let mut random = Random(seed);
        let assignment = Assignment {
            request_id: B256::repeat_byte(7),
            stage: random.below(4),
            delta_stage: Duration::from_millis(random.below(5_000)),
            poll_interval: Duration::from_millis(50 + random.below(1_000)),
            timeout_timestamp: 300 + random.below(3_000),
        };
        let (delivery, step) = Delivery::begin(assignment);
        let mut world = World {
            random,
            tally: &mut tally,
            delivery,
            now: Instant::now(),
            unix_ms: 1_000,
            is_calm: false,
            next_nonce: 0,
            pool: Vec::new(),
            mined: Vec::new(),
            height: 0,
            final_block: 0,
            has_moved: false,
            is_over: false,
            is_told: false,
            rows: Vec::new(),
            given_up: false,
            begins_anew: false,
            history: Vec::new(),
        };
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.live(step)));
        assert!(lived.is_ok(), "seed {seed}, {assignment:?}:\n{}", world.history.join("\n"));
    }
    println!("{tally:?}");
    if seeds >= 1_000 {
        for (what, count) in tally.counts() {
            assert!(count > 0, "{what} never happened");
        }
    }
}
