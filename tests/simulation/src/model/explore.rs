//! All states: by turns the nearest, and where most was said, so that few states lead to late attempts as well.

use std::{
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet},
    rc::Rc,
};

use oracle_ocr::{Attested, Body, Choice, OracleIndex, layout};

use super::{
    liar::menu,
    local::{Act, End, Local, ensure},
    scene::{Scene, Words},
};

/// Honest members.
const HONEST: usize = 3;

/// Where the search ends.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Deaths of processes, all members together.
    pub deaths: u8,
    /// Messages of the faulty member that change something.
    pub lies: u8,
    /// States of the whole.
    pub states: usize,
}

/// What a search saw.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// States of the whole.
    pub states: usize,
    /// States of one member.
    pub locals: usize,
    /// Steps to the farthest state.
    pub depth: u32,
    /// Whether these are all states within the bounds on deaths and lies.
    pub is_whole: bool,
    /// States in which somebody has a report.
    pub reports: usize,
    /// Attempts in which somebody has signed, in any state.
    pub signed_in: BTreeSet<u32>,
    /// The first rule that was broken, and what led there.
    pub violation: Option<String>,
}

impl Explored {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { states, locals, depth, is_whole, reports, signed_in, .. } = self;
        let end = if *is_whole { "all" } else { "only" };
        format!(
            "{end} {states} states, {locals} of one member, up to {depth} steps; \
             {reports} with a report, signed in attempts {signed_in:?}"
        )
    }
}

/// A state of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    members: [u32; HONEST],
    deaths: u8,
    lies: u8,
}

/// How a state was reached.
#[derive(Clone, Copy)]
struct Step {
    from: u32,
    depth: u32,
    who: usize,
    act: Act,
    dies: bool,
}

/// An act that changes a member: what it becomes, and whether it dies on the way.
#[derive(Clone, Copy)]
struct Move {
    act: Act,
    after: u32,
    dies: bool,
}

/// What makes a member act.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Itself,
    /// What the others have said, by its numbers.
    Others([u32; HONEST - 1]),
    /// A menu of the faulty member.
    Lies(u32),
    /// The reports of such a menu.
    Reports(u32),
}

/// A state of one member, and what is often asked of it.
struct Seen {
    local: Local,
    /// Number of what it has said.
    said: u32,
    signed: Vec<(u32, Choice)>,
    listens: bool,
}

struct Search<'a> {
    scene: &'a Scene,
    bounds: Bounds,
    words: Words,
    locals: Vec<Seen>,
    numbers: HashMap<u64, u32>,
    said: HashMap<BTreeSet<(Option<OracleIndex>, u32)>, u32>,
    moves: HashMap<(u32, Source), Rc<[Move]>>,
    /// What the faulty member can say when the others have said so much.
    menus: HashMap<[u32; HONEST], (u32, Rc<[u32]>)>,
    states: Vec<State>,
    known: HashSet<State>,
    steps: Vec<Step>,
    /// Whether a state's successors are known.
    expanded: Vec<bool>,
    /// States by how much was said, apart for each number of deaths and lies that are left: none is spent at once.
    by_said: BTreeMap<(u8, u8), BinaryHeap<(usize, usize)>>,
    explored: Explored,
}

/// Looks at every state of a scene within the bounds.
#[must_use]
pub fn explore(scene: &Scene, bounds: Bounds) -> Explored {
    let mut search = Search {
        scene,
        bounds,
        words: Words::default(),
        locals: Vec::new(),
        numbers: HashMap::new(),
        said: HashMap::new(),
        moves: HashMap::new(),
        menus: HashMap::new(),
        states: Vec::new(),
        known: HashSet::new(),
        steps: Vec::new(),
        expanded: Vec::new(),
        by_said: BTreeMap::new(),
        explored: Explored::default(),
    };
    let ended = search.run();
    let Search { states, locals, mut explored, .. } = search;
    (explored.states, explored.locals) = (states.len(), locals.len());
    match ended {
        Ok(is_whole) => explored.is_whole = is_whole,
        Err(violation) => explored.violation = Some(violation),
    }
    explored
}

impl Search<'_> {
    /// Whether all states were seen.
    fn run(&mut self) -> Result<bool, String> {
        let mut members = [0; HONEST];
        for (member, me) in members.iter_mut().zip(&self.scene.honest) {
            let local = Local::new(self.scene, &mut self.words, *me)?;
            *member = self.intern(local);
        }
        let first = State { members, deaths: self.bounds.deaths, lies: self.bounds.lies };
        self.known.insert(first);
        self.add(first, Step { from: 0, depth: 0, who: 0, act: Act::Observe, dies: false });
        let mut nearest = 0;
        while nearest < self.states.len() {
            if self.states.len() >= self.bounds.states {
                return Ok(false);
            }
            let farthest = self.by_said.values_mut().filter_map(BinaryHeap::pop).map(|(_, place)| place);
            let farthest: Vec<usize> = farthest.collect();
            for place in farthest.into_iter().chain([nearest]) {
                if !std::mem::replace(&mut self.expanded[place], true) {
                    self.expand(place)?;
                }
            }
            nearest += 1;
        }
        Ok(true)
    }

    fn add(&mut self, state: State, step: Step) {
        let said = state.members.iter().map(|member| self.locals[*member as usize].local.said.len());
        let left = self.by_said.entry((state.deaths, state.lies)).or_default();
        left.push((said.sum(), self.states.len()));
        self.states.push(state);
        self.steps.push(step);
        self.expanded.push(false);
    }

    fn expand(&mut self, place: usize) -> Result<(), String> {
        let state = self.states[place];
        let said = state.members.map(|member| self.locals[member as usize].said);
        let (menu, lies) = self.menu(&state, said);
        // Until all scripts have ended they end in one order: what was said can be heard later all the same.
        let observes = |who: &usize| self.locals[state.members[*who] as usize].local.is_to_observe();
        let next_to_observe = (0..HONEST).find(observes);
        for who in (0..HONEST).filter(|who| next_to_observe.is_none_or(|next| next == *who)) {
            let seen = &self.locals[state.members[who] as usize];
            let listens = seen.listens;
            let acts = seen.local.own_acts();
            self.go(place, who, Source::Itself, || acts)?;
            if !listens {
                continue;
            }
            let others = [(who + 1) % HONEST, (who + 2) % HONEST];
            let heard = self.addressed_to(&state, who, others);
            self.go(place, who, Source::Others(others.map(|other| said[other])), || heard)?;
            let mut told: Vec<Act> = lies.iter().copied().map(Act::Hear).collect();
            if state.lies == 0 {
                told.retain(|act| self.is_report(*act));
                self.go(place, who, Source::Reports(menu), || told)?;
            } else {
                self.go(place, who, Source::Lies(menu), || told)?;
            }
        }
        Ok(())
    }

    /// What others said to a member, but for signatures: these come as the report that they make.
    fn addressed_to(&self, state: &State, who: usize, others: [usize; HONEST - 1]) -> Vec<Act> {
        let me = self.scene.honest[who];
        let said = others.iter().flat_map(|other| &self.locals[state.members[*other] as usize].local.said);
        let to_me = said.filter(|(to, _)| to.is_none_or(|to| to == me)).map(|(_, number)| *number);
        let heard = to_me.filter(|number| !matches!(self.words.get(*number).body, Body::Attest(_)));
        heard.map(Act::Hear).collect()
    }

    fn menu(&mut self, state: &State, said: [u32; HONEST]) -> (u32, Rc<[u32]>) {
        if let Some(known) = self.menus.get(&said) {
            return known.clone();
        }
        let all = state.members.iter().flat_map(|member| &self.locals[*member as usize].local.said);
        let all: BTreeSet<u32> = all.map(|(_, number)| *number).collect();
        let number = u32::try_from(self.menus.len()).expect("fewer menus than numbers");
        let menu = (number, menu(self.scene, &mut self.words, &all).into());
        self.menus.insert(said, menu.clone());
        menu
    }

    /// To all states that a member's acts lead to.
    fn go(
        &mut self,
        place: usize,
        who: usize,
        source: Source,
        acts: impl FnOnce() -> Vec<Act>,
    ) -> Result<(), String> {
        let state = self.states[place];
        let before = state.members[who];
        let moves = match self.moves.get(&(before, source)) {
            Some(known) => known.clone(),
            None => {
                let mut moves = Vec::new();
                for act in acts() {
                    let made = self.moves_of(before, act);
                    moves.extend(made.map_err(|why| self.tell(&why, self.step(place, who, act, false)))?);
                }
                moves.retain(|made| made.after != before);
                let moves: Rc<[Move]> = moves.into();
                self.moves.insert((before, source), moves.clone());
                moves
            }
        };
        for Move { act, after, dies } in moves.iter().copied() {
            let is_lie = matches!(source, Source::Lies(_)) && !self.is_report(act);
            if dies && state.deaths == 0 || is_lie && state.lies == 0 {
                continue;
            }
            let step = self.step(place, who, act, dies);
            if self.locals[after as usize].local.report.is_some() {
                self.check_report(&state, act).map_err(|why| self.tell(&why, step))?;
            }
            let mut members = state.members;
            members[who] = after;
            let deaths = state.deaths - u8::from(dies);
            let next = State { members, deaths, lies: state.lies - u8::from(is_lie) };
            if self.known.insert(next) {
                self.check(&next).map_err(|why| self.tell(&why, step))?;
                self.add(next, step);
                self.explored.depth = self.explored.depth.max(step.depth);
            }
        }
        Ok(())
    }

    fn is_report(&self, act: Act) -> bool {
        matches!(act, Act::Hear(number) if matches!(self.words.get(number).body, Body::Report(_)))
    }

    fn step(&self, place: usize, who: usize, act: Act, dies: bool) -> Step {
        let from = u32::try_from(place).unwrap_or(u32::MAX);
        Step { from, depth: self.steps[place].depth + 1, who, act, dies }
    }

    /// What an act makes of a member's state, whole and with a death.
    fn moves_of(&mut self, before: u32, act: Act) -> Result<Vec<Move>, String> {
        let local = self.locals[before as usize].local.clone();
        let (scene, mut moves) = (self.scene, Vec::new());
        if let Some(after) = local.after(scene, &mut self.words, act, End::Whole)? {
            moves.push(Move { act, after: self.intern(after), dies: false });
        }
        if self.bounds.deaths > 0 {
            for records in 0.. {
                let end = End::Dies { records, keeps_disk: true };
                let Some(after) = local.after(scene, &mut self.words, act, end)? else { break };
                moves.push(Move { act, after: self.intern(after), dies: true });
            }
            let end = End::Dies { records: 0, keeps_disk: false };
            if let Some(after) = local.after(scene, &mut self.words, act, end)? {
                moves.push(Move { act, after: self.intern(after), dies: true });
            }
        }
        Ok(moves)
    }

    fn intern(&mut self, local: Local) -> u32 {
        let fingerprint = local.fingerprint();
        if let Some(known) = self.numbers.get(&fingerprint) {
            return *known;
        }
        let next = u32::try_from(self.locals.len()).expect("fewer states than numbers");
        let new = u32::try_from(self.said.len()).expect("fewer states than numbers");
        let said = *self.said.entry(local.said.clone()).or_insert(new);
        let (signed, listens) = (local.signed(&self.words), local.listens());
        self.locals.push(Seen { local, said, signed, listens });
        self.numbers.insert(fingerprint, next);
        next
    }

    /// Agreement, and that locks hold: where two of three honest members signed a choice, the faulty one makes it a
    /// quorum.
    fn check(&mut self, state: &State) -> Result<(), String> {
        let members = state.members.map(|member| &self.locals[member as usize]);
        let signed = members.map(|seen| &seen.signed);
        let enough = self.scene.config.roster.quorum() - 1;
        for (attempt, choice) in signed.iter().copied().flatten() {
            let signers = signed.iter().filter(|own| own.contains(&(*attempt, *choice))).count();
            if signers < enough {
                continue;
            }
            for (later, other) in signed.iter().copied().flatten() {
                let is_same = other.outcome == choice.outcome;
                ensure(is_same || later < attempt, || {
                    format!(
                        "agreement: a quorum may have signed in {attempt}, and {later} has another outcome"
                    )
                })?;
                let rivals = signed.iter().filter(|own| own.contains(&(*later, *other))).count();
                ensure(is_same || rivals < enough, || "agreement: two outcomes have a quorum".to_owned())?;
            }
        }
        self.explored.signed_in.extend(signed.iter().copied().flatten().map(|(attempt, _)| *attempt));
        self.explored.reports += usize::from(members.iter().any(|seen| seen.local.report.is_some()));
        Ok(())
    }

    /// A report that is adopted holds signatures that were given.
    fn check_report(&self, state: &State, act: Act) -> Result<(), String> {
        let Act::Hear(number) = act else { return Ok(()) };
        let Body::Report(attested) = &self.words.get(number).body else { return Ok(()) };
        let Attested { attempt, outcome, evidence, signatures } = &**attested;
        let choice = Choice { outcome: layout::outcome(outcome), evidence: *evidence };
        let gave = |signer: &OracleIndex| {
            let place = self.scene.honest.iter().position(|member| member == signer);
            let local = place.map(|place| &self.locals[state.members[place] as usize]);
            local.is_none_or(|seen| seen.signed.contains(&(*attempt, choice)))
        };
        let signers: BTreeSet<OracleIndex> = signatures.iter().map(|(signer, _)| *signer).collect();
        ensure(signers.iter().all(gave), || "justification: a report with signatures nobody gave".into())?;
        let is_quorum = signers.len() >= self.scene.config.roster.quorum();
        ensure(is_quorum, || "justification: a report without a quorum".to_owned())
    }

    /// A violation, and what led there.
    fn tell(&self, why: &str, last: Step) -> String {
        let mut steps = vec![last];
        let mut at = last.from as usize;
        while at > 0 {
            steps.push(self.steps[at]);
            at = self.steps[at].from as usize;
        }
        let mut text = format!("{why}; {}:", self.scene);
        for Step { who, act, dies, .. } in steps.into_iter().rev() {
            let member = self.scene.honest[who];
            let act = match act {
                Act::Observe => "observes".to_owned(),
                Act::Ring(kind) => format!("sees {kind:?} ring"),
                Act::Hear(number) => {
                    let message = self.words.get(number);
                    format!("hears {} of {}", message.body.name(), message.sender)
                }
            };
            let end = if dies { " and dies" } else { "" };
            text += &format!("\n  {member} {act}{end}");
        }
        text
    }
}
