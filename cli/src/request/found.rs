//! A request as the chain knows it, for people and for programs.

use std::fmt::Write as _;

use alloy::primitives::Bytes;
use functions_client::{ClientError, Fate, Fulfilled, History, NotProcessed, Started};
use functions_types::{Commitment, FulfillResult, RequestId};
use serde_json::{Value, json};

use crate::copied;
use crate::network::Connected;
use crate::output::{link, visible};
use crate::simulate::decode::{Returns, hex};

/// All there is to say about a request.
pub(super) struct Found {
    pub(super) started: Started,
    pub(super) terms: Commitment,
    fate: Fate,
    pub(super) refusals: Vec<NotProcessed>,
    /// Unix seconds of the newest block.
    now: u64,
    /// How the response is read, too.
    pub(super) returns: Option<Returns>,
}

/// One word for where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waiting for its answer.
    Open,
    /// Not answered in time; anybody may release its reservation.
    Overdue,
    /// Answered, with a result or with an error, and delivered.
    Fulfilled,
    /// Answered and charged, but the consumer's callback failed.
    CallbackFailed,
    /// Its reservation was released; nothing was charged.
    TimedOut,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Fulfilled => "fulfilled",
            Self::CallbackFailed => "callbackFailed",
            Self::TimedOut => "timedOut",
        }
    }
}

impl Found {
    /// Looks a request up in the blocks of `history`; `None` when it was not sent there.
    ///
    /// # Errors
    /// When the endpoint fails.
    pub(super) async fn look(
        at: &Connected,
        history: &History<'_>,
        id: RequestId,
    ) -> Result<Option<Self>, ClientError> {
        let Some((started, fate)) = history.request(id).await? else { return Ok(None) };
        let terms = history.commitments(std::slice::from_ref(&started)).await?;
        let terms = terms.into_iter().next().expect("one request has one commitment");
        let refusals = history.refusals(id, terms.coordinator).await?;
        let now = at.now().await?;
        Ok(Some(Self { started, terms, fate, refusals, now, returns: None }))
    }

    pub(super) fn state(&self) -> State {
        match &self.fate {
            Fate::Open if self.timeout_at() <= self.now => State::Overdue,
            Fate::Open => State::Open,
            Fate::Fulfilled(done) if done.result_code == FulfillResult::Fulfilled.code() => State::Fulfilled,
            Fate::Fulfilled(_) => State::CallbackFailed,
            Fate::TimedOut(_) => State::TimedOut,
        }
    }

    /// Unix seconds from which it may be timed out.
    pub(super) fn timeout_at(&self) -> u64 {
        self.terms.timeout_timestamp.into()
    }

    /// Whether the consumer has a result, not an error.
    pub(super) fn has_result(&self) -> bool {
        self.state() == State::Fulfilled && self.done().is_some_and(|done| done.error.is_empty())
    }

    /// How it was answered.
    pub(super) fn done(&self) -> Option<&Fulfilled> {
        match &self.fate {
            Fate::Fulfilled(done) => Some(done),
            _ => None,
        }
    }

    pub(super) fn don(&self) -> String {
        self.started.don.name().map_or_else(|| self.started.don.0.to_string(), str::to_owned)
    }

    fn decoded(&self) -> Option<Result<String, String>> {
        let done = self.done().filter(|done| done.error.is_empty())?;
        self.returns.map(|returns| returns.decode(&done.response))
    }

    /// One JSON object; juels are decimal strings, times unix seconds.
    pub(super) fn json(&self) -> Value {
        let done = self.done();
        let filled = |bytes: &&Bytes| !bytes.is_empty();
        let has_answer = |done: &&Fulfilled| done.error.is_empty() || !done.response.is_empty();
        let refusal = |refusal: &NotProcessed| {
            json!({
                "resultCode": refusal.result_code,
                "reason": reason(refusal.result_code),
                "transmitter": refusal.transmitter.to_string(),
            })
        };
        let ended = match &self.fate {
            Fate::Open => None,
            Fate::Fulfilled(done) => Some(done.transaction),
            Fate::TimedOut(transaction) => Some(*transaction),
        };
        json!({
            "requestId": self.started.id.to_string(),
            "state": self.state().name(),
            "donId": self.don(),
            "subscriptionId": self.started.subscription.0,
            "consumer": self.started.consumer.to_string(),
            "callbackGasLimit": self.started.callback_gas_limit,
            "reservedJuels": self.started.reserved.to_string(),
            "transaction": self.started.transaction.to_string(),
            "block": self.started.block,
            "timeoutAt": self.terms.timeout_timestamp,
            "result": done.filter(has_answer).map(|done| hex(&done.response)),
            "decoded": self.decoded().and_then(Result::ok),
            "error": done.map(|done| &done.error).filter(filled).map(|b| String::from_utf8_lossy(b).into_owned()),
            "resultCode": done.map(|done| done.result_code),
            "callbackReturn": done.map(|done| hex(&done.callback_return)),
            "chargedJuels": done.map(|done| done.charged.to_string()),
            "signatures": done.map(|done| done.signatures),
            "transmitter": done.map(|done| done.transmitter.to_string()),
            "endTransaction": ended.map(|hash| hash.to_string()),
            "refusals": self.refusals.iter().map(refusal).collect::<Vec<_>>(),
        })
    }

    /// The same for people, with what to do next.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to a string does not fail");
        out.trim_end().to_owned()
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let started = &self.started;
        writeln!(out, "Request {}", started.id)?;
        writeln!(out, "  consumer     {}, subscription {}", started.consumer, started.subscription)?;
        writeln!(out, "  DON          {}", self.don())?;
        writeln!(out, "  sent         block {}, transaction {}", started.block, started.transaction)?;
        writeln!(out, "  reserved     {}", link(started.reserved.get()))?;
        for refusal in &self.refusals {
            let why = reason(refusal.result_code);
            writeln!(out, "  refused      {} by the Router: {why} (not charged)", refusal.transmitter)?;
        }
        let due = self.timeout_at();
        match (&self.fate, self.state()) {
            (Fate::Fulfilled(done), state) => self.write_answer(out, done, state)?,
            (Fate::TimedOut(transaction), _) => {
                writeln!(out, "  timed out    transaction {transaction}; nothing was charged")?;
            }
            (Fate::Open, State::Overdue) => writeln!(
                out,
                "  overdue      for {} s, and charged only if it is answered after all; release its reservation with: functions sub timeout {} {}{}{}",
                self.now - due,
                started.subscription,
                started.id,
                copied::at(),
                copied::key()
            )?,
            (Fate::Open, _) => writeln!(out, "  open         can be timed out in {} s", due - self.now)?,
        }
        Ok(())
    }

    fn write_answer(&self, out: &mut String, done: &Fulfilled, state: State) -> std::fmt::Result {
        if done.error.is_empty() && done.response.is_empty() {
            writeln!(out, "  result       0x (empty; an error without words looks the same on chain)")?;
        } else if done.error.is_empty() {
            writeln!(out, "  result       {}", hex(&done.response))?;
        } else {
            writeln!(out, "  error        {}", visible(&String::from_utf8_lossy(&done.error)))?;
        }
        match self.decoded() {
            Some(Ok(text)) => writeln!(out, "  decoded      {}", visible(&text))?,
            Some(Err(why)) => writeln!(out, "  decoded      not: {why}")?,
            None => {}
        }
        if state == State::CallbackFailed {
            writeln!(
                out,
                "  callback     failed within {} gas; it answered {}",
                self.started.callback_gas_limit,
                hex(&done.callback_return)
            )?;
        }
        writeln!(out, "  answered     block {}, transaction {}", done.block, done.transaction)?;
        writeln!(out, "  charged      {}", link(done.charged.get()))
    }
}

/// Why the Router refused a fulfillment.
pub(super) fn reason(code: u8) -> &'static str {
    match FulfillResult::from_code(code) {
        Some(FulfillResult::InvalidRequestId) => "the request was settled already",
        Some(FulfillResult::CostExceedsCommitment) => "it would cost more than was reserved",
        Some(FulfillResult::InsufficientGasProvided) => "the transmitter sent too little gas",
        Some(FulfillResult::SubscriptionBalanceInvariantViolation) => {
            "the subscription holds less than it would cost"
        }
        Some(FulfillResult::InvalidCommitment) => "the terms are not those stored",
        Some(FulfillResult::Fulfilled | FulfillResult::UserCallbackError) => "it was processed",
        None => "for an unknown reason",
    }
}
