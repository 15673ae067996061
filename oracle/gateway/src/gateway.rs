//! The gateway: a call in, what members say to it out. Everything but HTTP.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::Address;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Balances, Collector, Counters, Malformed, Message, Policy, Refusal, Roster, Rules,
    payload::{Method, Question},
    rpc::{self, Refused},
    shared::held,
};

/// How the members are reached; the node's to say.
pub trait Members: Balances + 'static {
    /// Who they are now; `None` before that is known.
    fn roster(&self) -> Option<Arc<Roster>>;

    /// Hands a message, to the byte, to every member, this node among them. What comes back: the place of a member, as
    /// the connection tells it, and its envelope. When nothing more will come the channel is closed by the node, and by
    /// the gateway when it has heard enough.
    fn ask(&self, message: Arc<str>) -> mpsc::Receiver<(usize, String)>;
}

/// What the gateway does to a call, whoever brings it.
pub struct Gateway<M> {
    members: M,
    policy: Mutex<Policy>,
    under_way: Mutex<HashSet<(Address, String)>>,
    patience: Duration,
    counters: Counters,
}

/// An answer: the status of HTTP, and JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 when members answered, whatever they said.
    pub status: u16,
    /// The JSON-RPC answer.
    pub json: String,
}

/// A message under way, until it is dropped.
struct UnderWay<'a> {
    all: &'a Mutex<HashSet<(Address, String)>>,
    key: (Address, String),
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        held(self.all).remove(&self.key);
    }
}

impl<M: Members> Gateway<M> {
    /// A gateway to `members`, that waits for them no longer than `patience`.
    pub fn new(members: M, rules: Rules, patience: Duration, counters: Counters) -> Self {
        Self {
            members,
            policy: Mutex::new(Policy::new(rules)),
            under_way: Mutex::default(),
            patience,
            counters,
        }
    }

    /// Changes the rules; what senders used up remains used up.
    pub fn set_rules(&self, rules: Rules) {
        held(&self.policy).set_rules(rules);
    }

    /// What it counts.
    pub(crate) const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How long it waits for members.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// Answers a call. `now` counts from any one moment.
    pub async fn answer(&self, body: &[u8], now: Duration) -> Reply {
        let (id, outcome) = match rpc::read(body) {
            Ok(call) => (Some(call.message.id.clone()), self.pass(&call, now).await),
            Err((id, err)) => (id, Err(err.into())),
        };
        self.reply(id.as_deref(), outcome)
    }

    /// Answers a call that could not be read.
    pub(crate) fn unread(&self, why: Malformed) -> Reply {
        self.reply(None, Err(why.into()))
    }

    fn reply(&self, id: Option<&str>, outcome: Result<(bool, String), Refused>) -> Reply {
        self.counters.count(&outcome);
        match outcome {
            Ok((_, json)) => Reply { status: 200, json },
            Err(refused) => {
                let (status, json) = rpc::failure(id, &refused);
                Reply { status, json }
            }
        }
    }

    /// The checks in the reference's order, then the members: whether they did as they were asked, and the result.
    async fn pass(&self, call: &rpc::Call<'_>, now: Duration) -> Result<(bool, String), Refused> {
        let message = &call.message;
        let unknown = "this node does not know its members yet: ask another gateway";
        let roster = self.members.roster().ok_or_else(|| Refused::Fatal(unknown.to_owned()))?;
        if message.don_id != roster.don_id {
            return Err(Refused::Don);
        }
        let method = served(&message.method)?;
        let question = Question::of(method, message).map_err(Refused::Payload)?;
        held(&self.policy).admit(message.sender, now)?;
        if matches!(question, Question::Set(_)) {
            let balance = timeout(self.patience, self.members.balance(message.sender)).await;
            let balance = balance.map_err(|_| Refused::Time)?.map_err(Refused::Fatal)?;
            held(&self.policy).afford(balance)?;
        }
        let _under_way = self.begin(message)?;
        let mut collector = Collector::new(message, method, &roster);
        let heard = timeout(self.patience, self.gather(call.text, &mut collector)).await;
        let success = heard.ok().flatten().ok_or(Refused::Time)?;
        Ok((success, rpc::result(message, &collector.gathered(success))))
    }

    fn begin(&self, message: &Message) -> Result<UnderWay<'_>, Refused> {
        let key = (message.sender, message.id.clone());
        if !held(&self.under_way).insert(key.clone()) {
            return Err(Refused::Conflict);
        }
        Ok(UnderWay { all: &self.under_way, key })
    }

    /// Hears members until enough say the same, or nothing more will come.
    async fn gather(&self, text: &str, collector: &mut Collector<'_>) -> Option<bool> {
        let mut answers = self.members.ask(text.into());
        while !collector.is_complete() {
            let (place, answer) = answers.recv().await?;
            match collector.hear(place, answer) {
                Ok(()) => self.counters.heard("counted"),
                Err(reason) => {
                    tracing::debug!(member = place, %reason, "a member's answer does not count");
                    self.counters.heard("not_counted");
                }
            }
            if let Some(success) = collector.verdict() {
                return Some(success);
            }
        }
        None
    }
}

/// The method of a name. Those that the reference has besides are told from those that nobody knows.
fn served(name: &str) -> Result<Method, Refused> {
    match (Method::of(name), name) {
        (Some(method), _) => Ok(method),
        (None, "heartbeat") => Err(Refusal::UnsupportedMethod.into()),
        (None, _) => Err(Refused::Method),
    }
}
