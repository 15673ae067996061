//! The vault's task.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use alloy::primitives::B256;
use functions_tdh2::{Label, MAX_HOSTED_BYTES, MAX_REMOTE_BYTES};
use oracle_ocr::{OracleIndex, RequestKey};
use oracle_vault::{Early, Key, Kind, Message, Origin, Row, ShareOf};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{Duration, MissedTickBehavior, interval},
};

use super::{
    Desk, NOT_FOUND_TEXT, Opened, Parts, Place, Told, Wanted,
    looking::{Look, Looks},
    member::Rows,
    opening::{self, Given},
    remote, unbound,
};
use crate::{clock::now_ms, journal::JournalError};

/// Requests whose secrets are looked for or open at the same time.
const MAX_CASES: usize = 1_024;
/// Messages of owners that this member's gateway handed on and that wait for answers.
const MAX_ASKED: usize = 256;
/// Messages of gateways that are answered at once; more are not heard.
const MAX_ANSWERING: usize = 256;
/// Shares of one request that wait for it.
const SHARES_WAITING: usize = 64;
/// How often the members compare their rows.
const COMPARE: Duration = Duration::from_secs(10);
/// How often a row that a request names is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Milliseconds after which a request is forgotten whose end was never seen: by then it has timed out on chain.
const FORGET_MS: u64 = 3_600_000;
/// Comparisons between two removals of expired rows.
const EXPIRE_EVERY: u32 = 6;

/// A request whose secrets are wanted.
struct Case {
    since_ms: u64,
    wanted: Wanted,
    result: watch::Sender<Option<Opened>>,
    stage: Stage,
}

enum Stage {
    /// The row is not here; these members lack it too.
    Looking(BTreeSet<OracleIndex>),
    /// Its URLs are asked.
    Fetching { _asking: Asking },
    /// A task opens it.
    Opening { given: mpsc::Sender<Given> },
    /// It has a result, and nothing is given; to members that have a share this one says that it has none, where its
    /// URLs gave it nothing.
    Over { is_empty: bool },
}

/// Ends with the case.
struct Asking(AbortHandle);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What URLs gave, and for which request.
type Fetched = (RequestKey, Result<Vec<u8>, &'static str>);

pub(super) struct Task {
    parts: Parts,
    rows: Rows,
    early: Early,
    cases: HashMap<RequestKey, Case>,
    fetches: JoinSet<Fetched>,
    looks: Looks,
    compared: u32,
    desk: Option<Desk>,
    /// Messages that this member's gateway handed on, by number, and where answers go.
    asked: HashMap<u64, mpsc::Sender<(usize, String)>>,
    last_asked: u64,
    /// Turns to answer messages of gateways.
    answering: Arc<Semaphore>,
}

impl Task {
    pub(super) async fn new(parts: Parts) -> Result<Self, JournalError> {
        let rows = Rows::read(parts.limits.clone(), parts.journal.clone(), parts.voice.clone()).await?;
        Ok(Self {
            parts,
            rows,
            early: Early::default(),
            cases: HashMap::new(),
            fetches: JoinSet::new(),
            looks: Looks::default(),
            compared: 0,
            desk: None,
            asked: HashMap::new(),
            last_asked: 0,
            answering: Arc::new(Semaphore::new(MAX_ANSWERING)),
        })
    }

    /// Runs until nobody can tell it anything any more.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Told>) {
        let [mut compare, mut ask] = [COMPARE, ASK_AGAIN].map(|period| {
            let mut timer = interval(period);
            timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
            timer
        });
        loop {
            let done = tokio::select! {
                told = inbox.recv() => match told {
                    Some(told) => self.on(told).await,
                    None => return,
                },
                Some(fetched) = self.fetches.join_next() => match fetched {
                    Ok((request, fetched)) => self.on_fetched(request, fetched).await,
                    Err(err) if err.is_cancelled() => Ok(()),
                    Err(err) => {
                        tracing::error!(%err, "remote secrets could not be asked for");
                        Ok(())
                    }
                },
                _ = compare.tick() => self.compare().await,
                _ = ask.tick() => {
                    self.ask_again();
                    Ok(())
                }
            };
            if let Err(err) = done {
                tracing::warn!(%err, "the vault's rows could not be read or written");
            }
        }
    }

    async fn on(&mut self, told: Told) -> Result<(), JournalError> {
        match told {
            Told::Heard { from, bytes } => match Message::decode(&bytes) {
                Some(message) => self.hear(from, message).await?,
                None => tracing::debug!(oracle = from.get(), "a malformed message about the vault"),
            },
            Told::Connected(peer) => self.rows.tell(Some(peer)),
            Told::Begin { wanted, reply } => {
                let request = wanted.request;
                self.begin(wanted).await?;
                if let (Some(case), Some(reply)) = (self.cases.get(&request), reply) {
                    let _ = reply.send(case.result.subscribe());
                }
            }
            Told::Find(look) => self.find(look).await?,
            // The opening's task ends when its sender is dropped.
            Told::End(id) => self.cases.retain(|request, _| request.request != id),
            Told::Put { row, reply } => {
                let stored = self.put(&row, Origin::Owner, now_ms()).await;
                let told = match &stored {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(refused)) => Err(refused.clone()),
                    Err(_) => Err("the row could not be stored here: try again".to_owned()),
                };
                let _ = reply.send(told);
                if let Ok(true) = stored? {
                    self.open_those_that_look_for(&row).await?;
                }
            }
            Told::OpenDesk(desk) => self.desk = Some(desk),
            Told::Ask { message, answer } => self.ask(&message, answer),
            Told::List { kind, owner, reply } => {
                let _ = reply.send(self.rows.list(kind, owner));
            }
        }
        Ok(())
    }

    /// Stores a row, unless the rules or another owner's say no.
    async fn put(
        &mut self,
        row: &Row,
        origin: Origin,
        now_ms: u64,
    ) -> Result<Result<bool, String>, JournalError> {
        if let Some(digest) = unbound::digest(row.key.kind, &row.payload) {
            // Whose it is, only a signature says.
            if row.check().is_ok() && !unbound::claim(&self.parts.journal, digest, row.key.owner).await? {
                return Ok(Err(unbound::TAKEN_TEXT.to_owned()));
            }
        }
        Ok(self.rows.put(row, origin, now_ms).await?.map_err(|refused| refused.to_string()))
    }

    async fn hear(&mut self, from: OracleIndex, message: Message) -> Result<(), JournalError> {
        match message {
            Message::Digests(digests) => self.rows.on_digests(from, &digests),
            Message::Summary { shard, after, entries, is_last } => {
                let part = (shard, after, is_last);
                self.rows.on_summary(from, part, &entries, now_ms()).await?;
            }
            Message::Want(keys) => self.rows.on_want(from, keys).await?,
            Message::Row(row) => self.on_row(from, *row).await?,
            Message::Lacks(key) => self.on_lacks(from, key),
            Message::Share { of, share } => self.on_share(from, of, share),
            Message::Ask { number, bytes } => self.on_ask(from, number, bytes),
            Message::Answer { number, bytes } => self.on_answer(from, number, bytes),
        }
        Ok(())
    }

    /// Hands an owner's message to all members.
    fn ask(&mut self, message: &str, answer: mpsc::Sender<(usize, String)>) {
        self.asked.retain(|_, answer| !answer.is_closed());
        if self.asked.len() >= MAX_ASKED {
            return;
        }
        self.last_asked += 1;
        let bytes = message.as_bytes().to_vec();
        self.parts.voice.say(None, Message::Ask { number: self.last_asked, bytes }.encode());
        if let Some(desk) = &self.desk {
            let (me, said) = (self.parts.me, desk(self.parts.me, message.to_owned()));
            let answer = answer.clone();
            tokio::spawn(async move {
                if let Some(text) = said.await {
                    let _ = answer.try_send((usize::from(me.get()), text));
                }
            });
        }
        self.asked.insert(self.last_asked, answer);
    }

    /// The gateway of a member hands an owner's message on.
    fn on_ask(&self, from: OracleIndex, number: u64, bytes: Vec<u8>) {
        let (Some(desk), Ok(text)) = (&self.desk, String::from_utf8(bytes)) else { return };
        let Ok(turn) = self.answering.clone().try_acquire_owned() else { return };
        let (said, voice) = (desk(from, text), self.parts.voice.clone());
        tokio::spawn(async move {
            if let Some(text) = said.await {
                voice.say(Some(from), Message::Answer { number, bytes: text.into_bytes() }.encode());
            }
            drop(turn);
        });
    }

    fn on_answer(&self, from: OracleIndex, number: u64, bytes: Vec<u8>) {
        if let (Some(answer), Ok(text)) = (self.asked.get(&number), String::from_utf8(bytes)) {
            let _ = answer.try_send((usize::from(from.get()), text));
        }
    }

    async fn begin(&mut self, wanted: Wanted) -> Result<(), JournalError> {
        if self.cases.contains_key(&wanted.request) || self.cases.len() >= MAX_CASES {
            return Ok(());
        }
        let (request, place, block_ms) = (wanted.request, wanted.place.clone(), wanted.block_ms);
        let (result, stage) = (watch::Sender::new(None), Stage::Looking(BTreeSet::new()));
        let case = Case { since_ms: now_ms(), wanted, result, stage };
        let case = self.cases.entry(request).or_insert(case);
        match place {
            Place::Row(key) => match self.rows.get(&key).await? {
                Some(row) if row.is_live(block_ms) => {
                    self.open(request, row.payload, MAX_HOSTED_BYTES).await?
                }
                Some(_) => self.end(&request, NOT_FOUND_TEXT, false),
                None => self.parts.voice.say(None, Message::Want(vec![key]).encode()),
            },
            Place::Urls(sealed) => {
                let asked = remote::get(self.parts.keys.clone(), sealed, self.parts.fetch.clone());
                let task = self.fetches.spawn(async move { (request, asked.await) });
                case.stage = Stage::Fetching { _asking: Asking(task) };
            }
        }
        Ok(())
    }

    /// A request wants a row as it is.
    async fn find(&mut self, look: Look) -> Result<(), JournalError> {
        if let Some(row) = self.rows.get(&look.key).await? {
            look.end(Some(row));
        } else {
            self.parts.voice.say(None, Message::Want(vec![look.key]).encode());
            self.looks.add(look);
        }
        Ok(())
    }

    /// URLs have answered, or not. What they gave is opened as a row's content is.
    async fn on_fetched(
        &mut self,
        request: RequestKey,
        fetched: Result<Vec<u8>, &'static str>,
    ) -> Result<(), JournalError> {
        match fetched {
            Ok(payload) => self.open(request, payload, MAX_REMOTE_BYTES).await?,
            Err(text) => {
                self.end(&request, text, true);
                self.parts.voice.say(None, lacking(&request));
            }
        }
        Ok(())
    }

    /// Starts to open a request's secrets: a payload of at most `limit` bytes.
    async fn open(
        &mut self,
        request: RequestKey,
        payload: Vec<u8>,
        limit: usize,
    ) -> Result<(), JournalError> {
        let Some(case) = self.cases.get_mut(&request) else { return Ok(()) };
        let owner = case.wanted.owner;
        let mut labels = case.wanted.labels(self.parts.chain_id, self.parts.coordinator).to_vec();
        if let Some(digest) = unbound::digest(Kind::Secrets, &payload)
            && self.parts.allow_unbound
            && unbound::claim(&self.parts.journal, digest, owner).await?
        {
            labels.push(Label::UNBOUND);
        }
        let of = share_of(&request, Sha256::digest(&payload).into());
        let (given, came) = mpsc::channel(SHARES_WAITING);
        for (from, of, share) in self.early.take(now_ms(), &of) {
            let _ = given.try_send(Given { from: OracleIndex::new(from), of, share });
        }
        case.stage = Stage::Opening { given };
        let task = opening::Task {
            keys: self.parts.keys.clone(),
            me: self.parts.me,
            members: self.parts.n,
            of,
            payload,
            limit,
            labels,
            owner,
            voice: self.parts.voice.clone(),
        };
        tokio::spawn(task.run(came, case.result.clone()));
        Ok(())
    }

    /// A row is its owner's, whoever brings it. Requests that name it use it also where there is no room to keep it.
    async fn on_row(&mut self, from: OracleIndex, row: Row) -> Result<(), JournalError> {
        self.rows.came(from, &row.key);
        // It is the time of a request's block that counts for what a request names.
        let named = self.looking().filter(|case| case.wanted.is_row(&row.key));
        let at = named.map(|case| case.wanted.block_ms).chain(self.looks.earliest(&row.key)).min();
        let stored = self.put(&row, Origin::Member, at.unwrap_or_else(now_ms).min(now_ms())).await?;
        if let Err(refused) = &stored {
            tracing::debug!(oracle = from.get(), %refused, "a member's row is not stored");
        }
        if at.is_some() && (stored.is_ok() || row.check().is_ok()) {
            self.open_those_that_look_for(&row).await?;
        }
        Ok(())
    }

    async fn open_those_that_look_for(&mut self, row: &Row) -> Result<(), JournalError> {
        self.looks.came(row);
        let named = self.looking().map(|case| &case.wanted).filter(|wanted| wanted.is_row(&row.key));
        for (request, block_ms) in named.map(|wanted| (wanted.request, wanted.block_ms)).collect::<Vec<_>>() {
            if row.is_live(block_ms) {
                self.open(request, row.payload.clone(), MAX_HOSTED_BYTES).await?;
            } else {
                self.end(&request, NOT_FOUND_TEXT, false);
            }
        }
        Ok(())
    }

    /// A request ends in an error before there was anything to open.
    fn end(&mut self, request: &RequestKey, text: &str, is_empty: bool) {
        let Some(case) = self.cases.get_mut(request) else { return };
        case.stage = Stage::Over { is_empty };
        case.result.send_replace(Some(Err(text.to_owned())));
    }

    /// What `n - f` members lack was never confirmed by a quorum: nobody has to look any longer.
    fn on_lacks(&mut self, from: OracleIndex, key: Key) {
        self.rows.came(from, &key);
        let enough = self.parts.n - self.parts.f;
        self.looks.lacks(from, &key, enough);
        let mut over = Vec::new();
        for case in self.cases.values_mut().filter(|case| case.wanted.is_row(&key)) {
            let Stage::Looking(lacking) = &mut case.stage else { continue };
            lacking.insert(from);
            if lacking.len() + 1 >= enough {
                over.push(case.wanted.request);
            }
        }
        over.iter().for_each(|request| self.end(request, NOT_FOUND_TEXT, false));
    }

    fn on_share(&mut self, from: OracleIndex, of: ShareOf, share: Vec<u8>) {
        let request = RequestKey { request: B256::from(of.request), commitment: B256::from(of.commitment) };
        match self.cases.get(&request).map(|case| &case.stage) {
            Some(Stage::Opening { given }) => {
                let _ = given.try_send(Given { from, of, share });
            }
            Some(Stage::Over { is_empty: true }) if of.is_of_ciphertext() => {
                self.parts.voice.say(Some(from), lacking(&request));
            }
            Some(Stage::Over { .. }) => {}
            Some(Stage::Looking(_) | Stage::Fetching { .. }) | None => {
                self.early.keep(now_ms(), from.get(), of, share);
            }
        }
    }

    fn looking(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().filter(|case| matches!(case.stage, Stage::Looking(_)))
    }

    fn ask_again(&mut self) {
        let rows = self.looking().filter_map(|case| match case.wanted.place {
            Place::Row(key) => Some(key),
            Place::Urls(_) => None,
        });
        let mut keys: BTreeSet<Key> = rows.collect();
        keys.extend(self.looks.keys());
        if !keys.is_empty() {
            self.parts.voice.say(None, Message::Want(keys.into_iter().take(16).collect()).encode());
        }
    }

    async fn compare(&mut self) -> Result<(), JournalError> {
        self.rows.tell(None);
        // One whose block was taken back never ends.
        let now = now_ms();
        self.cases.retain(|_, case| now.saturating_sub(case.since_ms) < FORGET_MS);
        self.compared += 1;
        if self.compared.is_multiple_of(EXPIRE_EVERY) {
            self.rows.expire(now_ms()).await?;
        }
        Ok(())
    }
}

const fn share_of(request: &RequestKey, ciphertext: [u8; 32]) -> ShareOf {
    ShareOf { request: request.request.0, commitment: request.commitment.0, ciphertext }
}

/// That this member could get no encrypted secrets for a request.
fn lacking(request: &RequestKey) -> Vec<u8> {
    Message::Share { of: share_of(request, [0; 32]), share: Vec::new() }.encode()
}
