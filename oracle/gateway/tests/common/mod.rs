//! Accounts that sign, members that remember, and a network between them that does to messages what a test wants.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::{Address, eip191_hash_message};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use functions_types::Juels;
use k256::ecdsa::SigningKey;
use oracle_gateway::{
    Balances, Counters, Gateway, Member, Members, Message, PATIENCE, Reply, Roster, Rules, Signer, Store,
    payload::{Row, Upload},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio::sync::mpsc;

pub(crate) const DON: &str = "fun-local-1";
/// What members take for the time: in milliseconds of Unix time.
pub(crate) const NOW_MS: u64 = 1_795_170_364_000;
const MAX_SLOTS: u64 = 5;
const MAX_PAYLOAD: usize = 20_000;
const LONGEST_MS: u64 = 72 * 3_600_000;

#[derive(Clone)]
pub(crate) struct Account(SigningKey);

impl Account {
    pub(crate) fn new(byte: u8) -> Self {
        Self(SigningKey::from_slice(&[byte; 32]).expect("a key"))
    }

    /// Who signed the vectors.
    pub(crate) fn of_vectors() -> Self {
        let key = hex::decode("b6ea619142ff1a25af434cebe5c024172d4b8e246fd078a52aa215d897da3bd4");
        Self(SigningKey::from_slice(&key.expect("hex")).expect("a key"))
    }

    pub(crate) fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }
}

impl Signer for Account {
    fn sign(&self, message: &[u8]) -> [u8; 65] {
        let hash = eip191_hash_message(message);
        let (signature, id) = self.0.sign_prehash_recoverable(hash.as_slice()).expect("a signature");
        let mut bytes = [27 + id.to_byte(); 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes
    }
}

/// The envelope of a message that `account` signs.
pub(crate) fn signed(account: &Account, id: &str, method: &str, payload: Option<&str>) -> String {
    envelope(account, [id, method, DON, ""], payload)
}

/// The same of any id, method, DON and receiver.
pub(crate) fn envelope(account: &Account, names: [&str; 4], payload: Option<&str>) -> String {
    let mut bytes = Vec::new();
    for (name, width) in names.iter().zip([128, 64, 64, 42]) {
        bytes.extend_from_slice(name.as_bytes());
        bytes.resize(bytes.len() + width - name.len(), 0);
    }
    bytes.extend_from_slice(payload.unwrap_or_default().as_bytes());
    let [id, method, don, receiver] = names.map(|name| Value::from(name).to_string());
    let payload = payload.map(|payload| format!(r#","payload":{payload}"#)).unwrap_or_default();
    let signature = hex::encode(account.sign(&bytes));
    format!(
        r#"{{"body":{{"message_id":{id},"method":{method},"don_id":{don},"receiver":{receiver}{payload}}},"signature":"0x{signature}"}}"#
    )
}

/// The call that brings a message.
pub(crate) fn call(envelope: &str) -> String {
    let message: Value = serde_json::from_str(envelope).expect("JSON");
    let (id, method) = (&message["body"]["message_id"], &message["body"]["method"]);
    format!(r#"{{"id":{id},"jsonrpc":"2.0","method":{method},"params":{envelope}}}"#)
}

/// An upload that expires an hour from now.
pub(crate) fn upload(account: &Account, slot_id: u64, version: u64, payload: &[u8]) -> Upload {
    let expiration_ms = NOW_MS + 3_600_000;
    sealed(account, Upload { slot_id, version, expiration_ms, payload: payload.into(), signature: [0; 65] })
}

/// `upload` with the account's signature.
pub(crate) fn sealed(account: &Account, mut upload: Upload) -> Upload {
    upload.signature = account.sign(upload.signed_text(account.address()).as_bytes());
    upload
}

/// The payload of `secrets_set`.
pub(crate) fn json(upload: &Upload) -> String {
    format!(
        r#"{{"slot_id":{},"version":{},"payload":"{}","expiration":{},"signature":"{}"}}"#,
        upload.slot_id,
        upload.version,
        STANDARD.encode(&upload.payload),
        upload.expiration_ms,
        STANDARD.encode(upload.signature),
    )
}

/// A message that stores something.
pub(crate) fn set(account: &Account, id: &str, slot_id: u64, version: u64) -> String {
    signed(account, id, "secrets_set", Some(&json(&upload(account, slot_id, version, b"sealed"))))
}

/// A message that asks what is stored.
pub(crate) fn list(account: &Account, id: &str) -> String {
    signed(account, id, "secrets_list", None)
}

/// Rows in memory, under the rules of storage.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) rows: Mutex<BTreeMap<(Address, u64), Upload>>,
    /// Besides [`NOW_MS`].
    pub(crate) later_ms: Mutex<u64>,
}

impl Memory {
    fn try_put(&self, owner: Address, upload: Upload) -> Result<(), &'static str> {
        let now_ms = NOW_MS + *self.later_ms.lock().unwrap();
        let mut rows = self.rows.lock().unwrap();
        let stored = rows.get(&(owner, upload.slot_id));
        if upload.slot_id >= MAX_SLOTS {
            return Err("slot id is too big");
        }
        if upload.payload.len() > MAX_PAYLOAD {
            return Err("payload is too big");
        }
        if upload.expiration_ms < now_ms {
            return Err("past expiration");
        }
        if upload.expiration_ms > now_ms + LONGEST_MS {
            return Err("expiration too long");
        }
        if stored.is_some_and(|stored| upload.version <= stored.version) {
            return Err("version too low");
        }
        rows.insert((owner, upload.slot_id), upload);
        Ok(())
    }
}

impl Store for Memory {
    async fn put(&self, owner: Address, upload: Upload) -> Result<(), String> {
        self.try_put(owner, upload).map_err(str::to_owned)
    }

    /// In the wrong order.
    async fn list(&self, owner: Address) -> Result<Vec<Row>, String> {
        let rows = self.rows.lock().unwrap();
        let own = rows.iter().rev().filter(|((of, _), _)| *of == owner);
        let row = |upload: &Upload| Row {
            slot_id: upload.slot_id,
            version: upload.version,
            expiration_ms: upload.expiration_ms,
        };
        Ok(own.map(|(_, upload)| row(upload)).collect())
    }
}

/// What every sender's subscriptions hold.
#[derive(Clone)]
pub(crate) struct Purse(pub(crate) Result<Juels, String>);

impl Balances for Purse {
    async fn balance(&self, _: Address) -> Result<Juels, String> {
        self.0.clone()
    }
}

pub(crate) type OnWay = dyn Fn(&str) -> String + Send + Sync;
pub(crate) type OnBack = dyn Fn(usize, String) -> Vec<(usize, String)> + Send + Sync;

/// Four members in memory and the way to them.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) members: Vec<Arc<Member<Memory, Purse, Account>>>,
    pub(crate) keys: Vec<Account>,
    pub(crate) roster: Option<Arc<Roster>>,
    pub(crate) purse: Purse,
    /// What becomes of a message on its way to members.
    pub(crate) on_way: Arc<OnWay>,
    /// What becomes of a member's answer on its way back.
    pub(crate) on_back: Arc<OnBack>,
    /// Whether more might come after what came.
    pub(crate) stays_open: bool,
    /// Which places of gateways this one has at members.
    pub(crate) place: usize,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self::under(&Rules::default())
    }

    /// Members with these rules, for senders that are rich.
    pub(crate) fn under(rules: &Rules) -> Self {
        Self::with(rules, Juels::MAX)
    }

    /// Members with these rules, who know what senders hold.
    pub(crate) fn with(rules: &Rules, balance: Juels) -> Self {
        let keys: Vec<Account> = (1..=4).map(|byte| Account::new(100 + byte)).collect();
        let purse = Purse(Ok(balance));
        let member = |key: &Account| {
            let member = Member::new(DON.to_owned(), 4, rules, Memory::default(), purse.clone(), key.clone());
            Arc::new(member)
        };
        let members = keys.iter().map(member).collect();
        let roster =
            Roster { don_id: DON.to_owned(), members: keys.iter().map(Account::address).collect(), f: 1 };
        Self {
            members,
            keys,
            roster: Some(Arc::new(roster)),
            purse,
            on_way: Arc::new(str::to_owned),
            on_back: Arc::new(|place, answer| vec![(place, answer)]),
            stays_open: false,
            place: 0,
        }
    }

    pub(crate) fn on_way(mut self, change: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.on_way = Arc::new(change);
        self
    }

    pub(crate) fn on_back(
        mut self,
        change: impl Fn(usize, String) -> Vec<(usize, String)> + Send + Sync + 'static,
    ) -> Self {
        self.on_back = Arc::new(change);
        self
    }

    /// A gateway to these members, with its own rules out of the way.
    pub(crate) fn gateway(&self, patience: Duration) -> Gateway<Self> {
        Gateway::new(self.clone(), Rules::default(), patience, Counters::default())
    }

    /// What a gateway of them answers to a message.
    pub(crate) async fn ask(&self, envelope: &str) -> Reply {
        self.ask_within(PATIENCE, envelope).await
    }

    /// The same with another patience.
    pub(crate) async fn ask_within(&self, patience: Duration, envelope: &str) -> Reply {
        self.gateway(patience).answer(call(envelope).as_bytes(), Duration::ZERO).await
    }

    /// What the member at a place has of an account: slots and versions.
    pub(crate) fn stored(&self, place: usize, owner: &Account) -> Vec<(u64, u64)> {
        let rows = self.members[place].store().rows.lock().unwrap();
        let own = rows.iter().filter(|((of, _), _)| *of == owner.address());
        own.map(|((_, slot), upload)| (*slot, upload.version)).collect()
    }
}

impl Balances for Network {
    async fn balance(&self, owner: Address) -> Result<Juels, String> {
        self.purse.balance(owner).await
    }
}

impl Members for Network {
    fn roster(&self) -> Option<Arc<Roster>> {
        self.roster.clone()
    }

    fn ask(&self, message: Arc<str>) -> mpsc::Receiver<(usize, String)> {
        let (sender, receiver) = mpsc::channel(64);
        let network = self.clone();
        tokio::spawn(async move {
            let message = (network.on_way)(&message);
            for (place, member) in network.members.iter().enumerate() {
                let Ok(answer) = member.answer(network.place, &message, Duration::ZERO).await else {
                    continue;
                };
                for answer in (network.on_back)(place, answer) {
                    let _ = sender.send(answer).await;
                }
            }
            if network.stays_open {
                sender.closed().await;
            }
        });
        receiver
    }
}

/// What an answer of a gateway says, parsed.
pub(crate) fn said(reply: &Reply) -> Value {
    serde_json::from_str(&reply.json).expect("JSON")
}

/// The envelopes of members in a reply, as they came.
pub(crate) fn responses(reply: &Reply) -> Vec<String> {
    #[derive(Deserialize)]
    struct Outer {
        result: Result,
    }
    #[derive(Deserialize)]
    struct Result {
        body: Body,
    }
    #[derive(Deserialize)]
    struct Body {
        payload: Gathered,
    }
    #[derive(Deserialize)]
    struct Gathered {
        node_responses: Vec<Box<RawValue>>,
    }
    let outer: Outer = serde_json::from_str(&reply.json).expect("a result");
    outer.result.body.payload.node_responses.iter().map(|one| one.get().to_owned()).collect()
}

/// What an owner that trusts no gateway takes from a reply: what members signed for it, each with the member's place.
pub(crate) fn checked(network: &Network, question: &str, reply: &Reply) -> Vec<(usize, Value)> {
    let question = Message::decode(question, 200_000).expect("own message");
    let own = |response: String| {
        let message = Message::decode(&response, 200_000).ok()?;
        let place = network.keys.iter().position(|key| key.address() == message.sender)?;
        let own = message.id == question.id
            && message.method == question.method
            && message.don_id == question.don_id
            && message.receiver == format!("0x{}", hex::encode(question.sender));
        own.then(|| (place, serde_json::from_str(&message.payload.unwrap_or_default()).expect("JSON")))
    };
    responses(reply).into_iter().filter_map(own).collect()
}
