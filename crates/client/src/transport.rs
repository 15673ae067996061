//! The way to one endpoint: bounded answers, and moments of weakness waited out.
//!
//! What an answer means is [`functions_rpc`]'s to say, as in the node. There is no other endpoint to ask here, so
//! whatever may pass is asked again a few times; asking twice is harmless, also for a signed transaction, which has one
//! hash. All attempts at one question share one time limit, so that a silent endpoint is one wait, not several.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use alloy::{
    primitives::{B256, Bytes, keccak256},
    rpc::json_rpc::{RequestPacket, Response, ResponsePacket},
    transports::{TransportError, TransportErrorKind, TransportFut},
};
use functions_rpc::{Fault, Rejection, Remedy, of_error, of_foreign_id, post, start_of};
use reqwest::Client;
use tokio::time::{Instant, sleep, timeout};
use tower::Service;
use url::Url;

/// Attempts at one question.
const ATTEMPTS: u32 = 7;
/// The pause before the second attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long a silent endpoint is waited for, and who hears of it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Time the endpoint has for one question, all attempts and the pauses it wishes for (`Retry-After`) together. A
    /// wish for more ends the attempts. Pauses of our own are not counted.
    pub limit: Duration,
    /// After this long without an answer `say` is told once for each question.
    pub word_after: Duration,
    /// Is told what is waited for, in a person's words.
    pub say: fn(&str),
}

impl Default for Patience {
    /// 30 s, and nobody hears of it.
    fn default() -> Self {
        Self { limit: Duration::from_secs(30), word_after: Duration::from_secs(3), say: |_| () }
    }
}

/// HTTP POST to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    client: Client,
    url: Url,
    patience: Patience,
    /// It has answered before. One that never did is more likely a wrong address than a weak moment.
    answered: Arc<AtomicBool>,
}

impl Patient {
    pub(crate) fn new(client: Client, url: Url, patience: Patience) -> Self {
        Self { client, url, patience, answered: Arc::default() }
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let method = match &request {
            RequestPacket::Single(single) => single.method().to_owned(),
            RequestPacket::Batch(_) => "a batch".to_owned(),
        };
        let mut asking = pin!(self.attempts(&method, &request));
        if let Ok(outcome) = timeout(self.patience.word_after, &mut asking).await {
            return outcome;
        }
        let (shown, limit) = (functions_rpc::shown(&self.url), self.patience.limit.as_secs());
        (self.patience.say)(&format!("still waiting for {shown} to answer {method}, up to {limit} s"));
        asking.await
    }

    async fn attempts(
        &self,
        method: &str,
        request: &RequestPacket,
    ) -> Result<ResponsePacket, TransportError> {
        let question = serde_json::to_vec(request).map_err(TransportError::ser_err)?;
        let mut left = self.patience.limit;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let begin = Instant::now();
            let answer = self.ask(method, question.clone(), left).await;
            left = left.saturating_sub(begin.elapsed());
            let (fault, outcome) = match answer {
                Ok(packet) => match foreign(request, &packet)
                    .or_else(|| other_hash(request, &packet))
                    .or_else(|| fault_in(method, &packet))
                {
                    None => {
                        self.answered.store(true, Ordering::Relaxed);
                        return Ok(packet);
                    }
                    Some(fault) if is_no_answer(&fault) || attempt == 1 && is_there_already(&fault) => {
                        (fault.clone(), Err(self.trouble(fault)))
                    }
                    Some(fault) => (fault, Ok(packet)),
                },
                Err(fault) => (fault.clone(), Err(self.trouble(fault))),
            };
            let is_stranger = matches!(fault, Fault::Unreachable(_) | Fault::Broken(_))
                && !self.answered.load(Ordering::Relaxed);
            if attempt >= ATTEMPTS
                || left.is_zero()
                || matches!(fault, Fault::Silent(_))
                || is_stranger
                || !fault.may_pass()
            {
                return outcome;
            }
            let wished = match fault.remedy() {
                Remedy::Retry { after: Some(after) } => after,
                _ => Duration::ZERO,
            };
            if wished >= left {
                return outcome;
            }
            left -= wished;
            sleep(pause.max(wished)).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    fn trouble(&self, fault: Fault) -> TransportError {
        TransportErrorKind::custom(Trouble { fault, endpoint: functions_rpc::shown(&self.url) })
    }

    async fn ask(&self, method: &str, question: Vec<u8>, left: Duration) -> Result<ResponsePacket, Fault> {
        let answer =
            post(&self.client, &self.url, method, question, left).await.map_err(|fault| match fault {
                Fault::Silent(_) => Fault::Silent(self.patience.limit),
                other => other,
            })?;
        serde_json::from_slice(&answer)
            .map_err(|err| Fault::Broken(format!("no JSON-RPC answer ({err}): {}", start_of(&answer))))
    }
}

const fn is_no_answer(fault: &Fault) -> bool {
    matches!(fault, Fault::Broken(_))
}

/// Whether a transaction is refused in the words for one that is there. At the first attempt nobody here can have
/// handed it in, so it is told apart from the refusal of a repeated attempt: as a [`Trouble`].
const fn is_there_already(fault: &Fault) -> bool {
    matches!(fault, Fault::Rejected { why: Rejection::AlreadyKnown | Rejection::NonceTooLow, .. })
}

/// What became of a question at this endpoint, as a transport error carries it.
#[derive(Debug, thiserror::Error)]
#[error("{fault} ({endpoint})")]
pub(crate) struct Trouble {
    pub(crate) fault: Fault,
    endpoint: String,
}

/// The trouble that an error carries.
pub(crate) fn trouble(error: &TransportError) -> Option<&Trouble> {
    match error {
        TransportError::Transport(TransportErrorKind::Custom(trouble)) => trouble.downcast_ref(),
        _ => None,
    }
}

/// The fault of an answer that is to another question. An error may lack an id.
fn foreign(request: &RequestPacket, packet: &ResponsePacket) -> Option<Fault> {
    let is_own = |response: &Response| {
        let mut own = match request {
            RequestPacket::Single(single) => std::slice::from_ref(single).iter(),
            RequestPacket::Batch(batch) => batch.iter(),
        };
        response.is_error() && response.id.is_none()
            || own.any(|question| question.id().to_string() == response.id.to_string())
    };
    let other = packet.responses().iter().find(|response| !is_own(response))?;
    Some(of_foreign_id(&other.id.to_string()))
}

/// The fault of an answer to a transaction that names another one.
fn other_hash(request: &RequestPacket, packet: &ResponsePacket) -> Option<Fault> {
    let (RequestPacket::Single(question), ResponsePacket::Single(response)) = (request, packet) else {
        return None;
    };
    if question.method() != "eth_sendRawTransaction" {
        return None;
    }
    let said = response.payload.as_success()?.get();
    let [raw] = serde_json::from_str::<[Bytes; 1]>(question.params()?.get()).ok()?;
    if serde_json::from_str::<B256>(said).is_ok_and(|hash| hash == keccak256(&raw)) {
        return None;
    }
    let said: String = said.chars().take(80).collect();
    Some(Fault::Broken(format!("a transaction was answered with {said}, which is not its hash")))
}

/// The fault that a well-formed answer stands for.
fn fault_in(method: &str, packet: &ResponsePacket) -> Option<Fault> {
    if let Some(error) = packet.as_error() {
        return Some(match of_error(method, error.code, &error.message, error.data.as_deref()) {
            // Kept as the error it is: the caller shows its words.
            Fault::Broken(text) => Fault::Busy { text, after: None },
            other => other,
        });
    }
    let ResponsePacket::Single(response) = packet else { return None };
    let result = response.payload.as_success()?.get();
    let start = match method {
        "eth_getLogs" => '[',
        "eth_chainId"
        | "eth_blockNumber"
        | "eth_gasPrice"
        | "eth_call"
        | "eth_estimateGas"
        | "eth_getBalance"
        | "eth_getCode"
        | "eth_getTransactionCount" => '"',
        _ => return None,
    };
    (!result.starts_with(start)).then(|| {
        Fault::Broken(format!("{method} was answered with {}", result.chars().take(80).collect::<String>()))
    })
}

impl Service<RequestPacket> for Patient {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}
