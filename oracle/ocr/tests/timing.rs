//! How long agreement takes where every message takes the same time: virtual time, no randomness, one silent member.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, missing_docs)]
#![expect(clippy::disallowed_macros, reason = "the figures are what the test shows")]

mod by_hand;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use by_hand::{Checks, Keys, event, keys, roster};
use oracle_ocr::{Effect, Input, Message, Observation, OracleIndex, Protocol, Timer};

enum Event {
    Executed,
    Message(OracleIndex, Message),
    Timer(Timer),
}

/// When the first member has the report, in milliseconds since everybody saw the event, and its attempt.
type Reported = (u64, u32);

struct World {
    nodes: Vec<Protocol<Keys, Checks>>,
    timers: BTreeMap<(usize, Timer), u64>,
    queue: BTreeMap<(u64, u64), (usize, Event)>,
    sent: u64,
    delay: u64,
    mute: BTreeSet<usize>,
    /// When each member has the report, and the attempt.
    reports: BTreeMap<usize, Reported>,
}

impl World {
    /// Every message takes `delay` ms, and the members know it if it `is_measured`.
    fn new(n: u8, delay: u64, mute: impl IntoIterator<Item = usize>, is_measured: bool) -> Self {
        let indexes = || (0..n).map(OracleIndex::new);
        let nodes = indexes().map(|index| {
            let keys = keys(index.get());
            let mut node = Protocol::with_verifier(roster(n), index, keys, Checks::Fast);
            for oracle in indexes().filter(|other| is_measured && *other != index) {
                node.step(0, Input::RoundTrip { oracle, millis: 2 * delay });
            }
            node
        });
        let nodes = nodes.collect();
        Self {
            nodes,
            timers: BTreeMap::new(),
            queue: BTreeMap::new(),
            sent: 0,
            delay,
            mute: mute.into_iter().collect(),
            reports: BTreeMap::new(),
        }
    }

    fn at(&mut self, time: u64, node: usize, event: Event) {
        self.sent += 1;
        self.queue.insert((time, self.sent), (node, event));
    }

    fn send(&mut self, now: u64, from: usize, to: usize, message: Message) {
        if !self.mute.contains(&from) {
            let from = OracleIndex::new(from as u8);
            self.at(now + self.delay, to, Event::Message(from, message));
        }
    }

    /// The first report. Member `i` has executed after `i` ms; answers all differ or are all equal.
    fn run(&mut self, differ: bool) -> Reported {
        self.run_until(differ, 1);
        *self.reports.values().min().unwrap()
    }

    /// Goes on until so many members that are not silent have the report.
    fn run_until(&mut self, differ: bool, reports: usize) {
        for node in 0..self.nodes.len() {
            self.step(0, node, Input::Request(event()));
            self.at(node as u64, node, Event::Executed);
        }
        while self.reports.len() < reports {
            let ((now, _), (node, happened)) = self.queue.pop_first().expect("somebody goes on");
            let input = match happened {
                Event::Executed => {
                    let value = if differ { node as u8 } else { 0 };
                    let observation = Observation::result(vec![value; 32], B256::ZERO);
                    Input::Observed { key: event().key(), observation }
                }
                Event::Message(from, message) => Input::Message { from, message },
                Event::Timer(timer) if self.timers.get(&(node, timer)) == Some(&now) => Input::Timer(timer),
                Event::Timer(_) => continue,
            };
            self.step(now, node, input);
        }
    }

    fn step(&mut self, now: u64, node: usize, input: Input) {
        for effect in self.nodes[node].step(now, input) {
            match effect {
                Effect::Send { to, message } => self.send(now, node, usize::from(to.get()), message),
                Effect::Broadcast(message) => {
                    for to in (0..self.nodes.len()).filter(|to| *to != node) {
                        self.send(now, node, to, message.clone());
                    }
                }
                Effect::SetTimer { timer, at } => {
                    self.timers.insert((node, timer), at.max(now));
                    self.at(at.max(now), node, Event::Timer(timer));
                }
                Effect::Report(ready) if !self.mute.contains(&node) => {
                    self.reports.entry(node).or_insert((now, ready.attested.attempt));
                }
                Effect::Blame { oracle, misbehavior } => panic!("{oracle} is blamed: {misbehavior}"),
                _ => {}
            }
        }
    }
}

const SIZES: [u8; 3] = [4, 7, 31];
const DELAYS: [u64; 3] = [5, 50, 150];

#[test]
fn l1_one_silent_member_costs_at_most_an_attempt_and_little_time() {
    for n in SIZES {
        for delay in DELAYS {
            for &is_measured in if n == 31 { &[true][..] } else { &[true, false] } {
                let (calm, attempt) = World::new(n, delay, None, is_measured).run(true);
                let silent = (0..usize::from(n))
                    .map(|mute| World::new(n, delay, [mute], is_measured).run(true))
                    .collect::<Vec<_>>();
                let worst = silent.iter().map(|(at, _)| *at).max().unwrap();
                let later = silent.iter().filter(|(_, used)| *used > attempt).count();
                println!(
                    "n = {n}, delay {delay} ms, measured {is_measured}: {calm} ms, one silent at most {worst} ms, {later} of {n} positions cost an attempt"
                );
                for (mute, (at, used)) in silent.into_iter().enumerate() {
                    let case = format!("n = {n}, delay {delay} ms, measured {is_measured}, {mute} silent");
                    assert!(used <= attempt + 1, "{case}: attempt {used} instead of {attempt}");
                    assert!(at <= calm + 600, "{case}: {at} ms instead of {calm}");
                }
                assert!(later <= 1, "only the first leader's silence costs an attempt");
            }
        }
    }
}

#[test]
fn l1_equal_answers_take_two_delays_whoever_is_silent() {
    for n in SIZES {
        for delay in DELAYS {
            let quorum = roster(n).quorum() as u64;
            for mute in (0..usize::from(n)).map(Some).chain([None]) {
                let (at, attempt) = World::new(n, delay, mute, true).run(false);
                // Member i executes after i ms; a silent one in front leaves the quorum to the next.
                let last = quorum - 1 + u64::from(mute.is_some_and(|mute| (mute as u64) < quorum));
                assert!(at <= last + 2 * delay, "n = {n}, delay {delay} ms, {mute:?} silent: {at} ms");
                assert_eq!(attempt, 0);
            }
        }
    }
}

#[test]
fn l1_longer_delays_than_the_configuration_expects_do_not_fail_attempts() {
    for n in SIZES {
        for delay in [200, 300, 500] {
            let (calm, attempt) = World::new(n, delay, None, true).run(true);
            println!("n = {n}, delay {delay} ms: {calm} ms, attempt {attempt}");
            assert_eq!(attempt, 1, "n = {n}, delay {delay} ms");
        }
    }
}

#[test]
fn l1_what_f_members_pretend_about_delays_changes_nothing() {
    let report = |lie: bool| {
        let mut world = World::new(7, 50, [3], true);
        for node in &mut world.nodes {
            for oracle in [1, 2].map(OracleIndex::new).into_iter().filter(|_| lie) {
                for _ in 0..50 {
                    node.step(0, Input::RoundTrip { oracle, millis: 1_000_000 });
                }
            }
        }
        world.run(true)
    };
    assert_eq!(report(true), report(false));
}

/// Above 16 members `f + 1` collect signatures: with `f` of them silent the last one serves everybody.
#[test]
fn one_honest_collector_gives_everybody_the_report_in_time() {
    for (n, delay) in [(17_u8, 50), (19, 50), (31, 150)] {
        let order = roster(n).order(&event().request);
        let f = usize::from((n - 1) / 3);
        for honest in [0, f / 2, f] {
            let collectors = order.iter().take(f + 1).map(|index| usize::from(index.get()));
            let silent = collectors.enumerate().filter(|(place, _)| *place != honest).map(|(_, node)| node);
            let mut world = World::new(n, delay, silent, true);
            world.run_until(false, usize::from(n) - f);
            // OBS and SIG to the collector, REPORT from it; the last quorum member executes after n ms at most.
            let last = world.reports.values().map(|(at, _)| *at).max().unwrap();
            assert!(last <= u64::from(n) + 3 * delay, "n = {n}, collector {honest}: {last} ms");
            assert!(world.reports.values().all(|(_, attempt)| *attempt == 0));
        }
    }
}
