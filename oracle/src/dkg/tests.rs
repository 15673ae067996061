//! Four members in memory: what they say arrives in order, what was on its way to or from one that is killed does not.

use std::collections::{BTreeMap, VecDeque};

use alloy::primitives::B256;
use oracle_keys::{Keystore, Plan};

use super::{Action, End, Event, Session, frame, is_frame};

const TIMEOUT_MS: u64 = 120_000;

struct Member {
    keys: Keystore,
    session: Option<Session>,
    stored: Option<Vec<u8>>,
    kept: bool,
    lines: Vec<String>,
}

/// When a member is killed: before it does this, or after, and before it does anything else.
#[derive(Clone, Copy, Debug)]
struct Kill {
    whom: u8,
    /// Counted over what it stores and keeps.
    at: usize,
    after: bool,
}

struct Net {
    plan: Plan,
    members: Vec<Member>,
    channels: BTreeMap<(u8, u8), VecDeque<Vec<u8>>>,
    now_ms: u64,
    kill: Option<Kill>,
    durable: usize,
}

fn stores(count: u8) -> Vec<Keystore> {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |index: u8| {
        let path = folder.path().join(index.to_string());
        Keystore::create(&path, "correct horse battery").expect("made")
    };
    (0..count).map(make).collect()
}

impl Net {
    fn new(count: u8) -> Self {
        Self::of(stores(count))
    }

    fn of(stores: Vec<Keystore>) -> Self {
        let members = stores.iter().map(|keys| keys.public().offchain_public_key.0).collect();
        let plan = Plan { digest: B256::repeat_byte(3), attempt: 0, members, needed: 3 };
        let member = |keys| Member { keys, session: None, stored: None, kept: false, lines: Vec::new() };
        Self {
            plan,
            members: stores.into_iter().map(member).collect(),
            channels: BTreeMap::new(),
            now_ms: 1_000,
            kill: None,
            durable: 0,
        }
    }

    fn names(&self) -> Vec<String> {
        (0..self.members.len()).map(|index| format!("peer-{index}")).collect()
    }

    /// Starts a member on what it has on its disk, and connects it with those that run.
    fn start(&mut self, index: u8) {
        let (names, plan) = (self.names(), self.plan.clone());
        let member = &mut self.members[usize::from(index)];
        let made = member.keys.make_secrets_keys(plan, member.stored.as_deref()).expect("goes on");
        if member.stored.is_none() {
            member.stored = Some(made.seal().expect("sealed"));
        }
        member.session = Some(Session::new(made, names, TIMEOUT_MS, member.kept, self.now_ms));
        for other in 0..self.members.len() as u8 {
            if other != index && self.members[usize::from(other)].session.is_some() {
                self.hear(index, Event::Connected(other));
                self.hear(other, Event::Connected(index));
            }
        }
    }

    fn kill(&mut self, index: u8) {
        self.members[usize::from(index)].session = None;
        self.channels.retain(|(from, to), _| *from != index && *to != index);
    }

    fn hear(&mut self, index: u8, event: Event<'_>) {
        let Some(session) = &mut self.members[usize::from(index)].session else { return };
        for action in session.on(self.now_ms, event) {
            let is_durable = matches!(action, Action::Store | Action::Keep);
            let kill = self.kill.filter(|kill| is_durable && kill.whom == index && kill.at == self.durable);
            self.durable += usize::from(is_durable && self.kill.is_some_and(|kill| kill.whom == index));
            if kill.is_some_and(|kill| !kill.after) {
                return self.kill(index);
            }
            let member = &mut self.members[usize::from(index)];
            let session = member.session.as_ref().expect("it runs");
            match action {
                Action::Store => member.stored = Some(session.ceremonies().seal().expect("sealed")),
                Action::Send { to, frame } => {
                    if self.members[usize::from(to)].session.is_some() {
                        self.channels.entry((index, to)).or_default().push_back(frame);
                    }
                }
                Action::Keep => {
                    member.keys.add_generation(session.ceremonies()).expect("room");
                    member.kept = true;
                }
                Action::Say(line) => member.lines.push(line),
                Action::Leave => return self.kill(index),
            }
            if kill.is_some() {
                return self.kill(index);
            }
        }
    }

    /// Delivers until nothing is on its way. Channels take turns, so that the order is the same in every run.
    fn settle(&mut self) {
        while let Some(pair) =
            self.channels.iter().find(|(_, queue)| !queue.is_empty()).map(|(pair, _)| *pair)
        {
            let bytes = self.channels.get_mut(&pair).and_then(VecDeque::pop_front).expect("one waits");
            self.hear(pair.1, Event::Frame { from: pair.0, bytes: &bytes });
        }
    }

    fn tick(&mut self, millis: u64) {
        self.now_ms += millis;
        for index in 0..self.members.len() as u8 {
            self.hear(index, Event::Tick);
        }
        self.settle();
    }

    fn end(&self, index: u8) -> Option<&End> {
        self.members[usize::from(index)].session.as_ref()?.end()
    }

    fn lines(&self, index: u8) -> String {
        self.members[usize::from(index)].lines.join("\n")
    }

    /// The keystores, as they were before.
    fn into_stores(self) -> Vec<Keystore> {
        let stores = self.members.into_iter().map(|member| member.keys);
        let forget = |mut keys: Keystore| {
            let made: Vec<B256> = keys.secrets_keys().map(|keys| keys.transcript).collect();
            made.into_iter().for_each(|transcript| assert!(keys.drop_generation(transcript)));
            keys
        };
        stores.map(forget).collect()
    }

    /// All members have the same keys.
    fn assert_kept(&self) {
        let keys =
            |member: &Member| member.keys.secrets_keys().map(|keys| keys.transcript).collect::<Vec<_>>();
        let first = keys(&self.members[0]);
        assert_eq!(first.len(), 1);
        assert!(self.members.iter().all(|member| member.kept && keys(member) == first));
    }
}

fn all(count: u8) -> Net {
    let mut net = Net::new(count);
    (0..count).for_each(|index| net.start(index));
    net
}

#[test]
fn members_make_keys_and_leave_when_nobody_needs_them() {
    let mut net = all(4);
    net.settle();
    net.assert_kept();
    assert!((0..4).all(|index| net.end(index) == Some(&End::Kept)));
    net.tick(1);
    assert!((0..4).all(|index| net.end(index).is_some()), "what was said last needs a moment");
    net.tick(1_000);
    assert!(net.members.iter().all(|member| member.session.is_none()));
}

#[test]
fn a_member_that_is_killed_whenever_it_stored_something_goes_on() {
    let mut points = 0;
    let mut stores = stores(4);
    for at in 0.. {
        let mut hit = false;
        for after in [false, true] {
            let mut net = Net::of(stores);
            (0..4).for_each(|index| net.start(index));
            net.kill = Some(Kill { whom: 2, at, after });
            net.settle();
            if net.members[2].session.is_none() {
                hit = true;
                net.tick(10_000);
                net.start(2);
                net.settle();
            }
            net.assert_kept();
            stores = net.into_stores();
        }
        if !hit {
            break;
        }
        points += 1;
    }
    assert!(points >= 5, "it stores and keeps {points} times");
}

#[test]
fn a_member_that_never_comes_is_waited_for_and_one_that_falls_silent_is_named() {
    let mut net = Net::new(4);
    (0..3).for_each(|index| net.start(index));
    net.settle();
    net.tick(10 * TIMEOUT_MS);
    assert!((0..3).all(|index| net.end(index).is_none()));
    assert!(
        net.lines(0).contains("waiting for oracle 3 (peer-3): run `functions-node dkg` there"),
        "{}",
        net.lines(0)
    );

    // It is there, and says nothing that matters.
    for to in 0..3 {
        let id = net.members[0].session.as_ref().expect("runs").ceremonies().id();
        let hello = frame::encode(id, frame::Content::Hello);
        net.hear(to, Event::Frame { from: 3, bytes: &hello });
    }
    net.tick(TIMEOUT_MS - 1);
    assert!(net.end(0).is_none());
    net.tick(1);
    for index in 0..3 {
        let Some(End::Failed(lines)) = net.end(index) else { panic!("it goes on") };
        assert_eq!(lines, &["oracle 3 (peer-3) did not say what was due"]);
        assert!(!net.members[usize::from(index)].kept);
    }
    net.tick(30_000);
    assert!(net.members.iter().all(|member| member.session.is_none()));
    // The same command says the same again.
    net.start(1);
    assert!(matches!(net.end(1), Some(End::Failed(lines)) if lines.len() == 1));
}

#[test]
fn garbage_is_dropped_with_a_line_a_minute_and_no_honest_member_is_named() {
    let mut net = all(4);
    let ours = net.members[0].session.as_ref().expect("runs").ceremonies().id();
    let mut garbage = vec![vec![], b"\0keys\x01".to_vec(), vec![0x0a; 300], b"\0keys\x02".to_vec()];
    for kind in 0..6_u8 {
        for length in [0, 1, 31, 32, 33, 500] {
            for id in [ours, B256::ZERO] {
                let rest = [vec![kind], vec![kind; length]].concat();
                garbage.push([b"\0keys\x01".as_slice(), id.as_slice(), &rest].concat());
            }
        }
    }
    // A transcript that is none would be believed, and an end: those are for the test below.
    garbage.retain(|bytes| !matches!(frame::decode(bytes), Some((id, frame::Content::Transcript(_) | frame::Content::Ended)) if id == ours));
    for bytes in &garbage {
        net.hear(0, Event::Frame { from: 3, bytes });
    }
    assert_eq!(net.lines(0).matches("oracle 3 (peer-3)").count(), 1, "{}", net.lines(0));
    net.settle();
    net.assert_kept();
}

#[test]
fn keys_of_which_a_member_tells_another_transcript_are_not_kept() {
    let mut net = all(4);
    let id = net.members[0].session.as_ref().expect("runs").ceremonies().id();
    let other = frame::encode(id, frame::Content::Transcript(B256::ZERO));
    net.hear(0, Event::Frame { from: 3, bytes: &other });
    net.settle();
    let Some(End::Failed(lines)) = net.end(0) else { panic!("it is kept") };
    assert_eq!(lines, &["oracle 3 (peer-3) tells of another outcome"]);
    assert!(!net.members[0].kept && net.members[1].kept);
}

#[test]
fn a_member_with_other_options_is_told_apart() {
    let mut net = Net::new(4);
    net.start(0);
    net.plan.needed = 2;
    net.start(1);
    net.settle();
    assert!(
        net.lines(0).contains("oracle 1 (peer-1) makes keys for another configuration, threshold or attempt")
    );
    assert!(net.lines(1).contains("oracle 0 (peer-0) makes keys for another"));
}

#[test]
fn no_frame_is_a_message_of_the_protocol_and_none_of_its_is_a_frame() {
    for content in [
        frame::Content::Hello,
        frame::Content::Ceremony(&[0x0a, 1, 2]),
        frame::Content::Transcript(B256::repeat_byte(9)),
        frame::Content::Ended,
    ] {
        let bytes = frame::encode(B256::repeat_byte(7), content);
        assert_eq!(frame::decode(&bytes), Some((B256::repeat_byte(7), content)));
        assert!(is_frame(&bytes) && oracle_ocr::Message::decode(&bytes).is_err());
    }
    // A message begins with the number of a field, which is never zero.
    assert!(!is_frame(&[0x0a, 32]));
}
