//! The way to one endpoint: bounded answers, and moments of weakness waited out.
//!
//! What an answer means is [`functions_rpc`]'s to say, as in the node. There is no other endpoint to ask here, so whatever
//! may pass is asked again a few times; asking twice is harmless, also for a signed transaction, which has one hash.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use alloy::{
    rpc::json_rpc::{RequestPacket, ResponsePacket},
    transports::{TransportError, TransportErrorKind, TransportFut},
};
use functions_rpc::{Fault, Remedy, of_error, post};
use reqwest::Client;
use tokio::time::sleep;
use tower::Service;
use url::Url;

/// Time limit of one attempt.
const LIMIT: Duration = Duration::from_secs(30);
/// Attempts at one question.
const ATTEMPTS: u32 = 7;
/// The pause before the second attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// HTTP POST to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    client: Client,
    url: Url,
    /// It has answered before. One that never did is more likely a wrong address than a weak moment.
    answered: Arc<AtomicBool>,
}

impl Patient {
    pub(crate) fn new(client: Client, url: Url) -> Self {
        Self { client, url, answered: Arc::default() }
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let question = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
        let method = match &request {
            RequestPacket::Single(single) => single.method().to_owned(),
            RequestPacket::Batch(_) => "a batch".to_owned(),
        };
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let (fault, outcome) = match self.ask(&method, question.clone()).await {
                Ok(packet) => match fault_in(&method, &packet) {
                    None => {
                        self.answered.store(true, Ordering::Relaxed);
                        return Ok(packet);
                    }
                    Some(fault @ Fault::Broken(_)) => {
                        let error = TransportErrorKind::custom_str(&fault.to_string());
                        (fault, Err(error))
                    }
                    Some(fault) => (fault, Ok(packet)),
                },
                Err(fault) => {
                    let error = TransportErrorKind::custom_str(&format!(
                        "{fault} ({})",
                        functions_rpc::shown(&self.url)
                    ));
                    (fault, Err(error))
                }
            };
            let is_stranger = matches!(fault, Fault::Unreachable(_) | Fault::Broken(_))
                && !self.answered.load(Ordering::Relaxed);
            if attempt >= ATTEMPTS || is_stranger || !fault.may_pass() {
                return outcome;
            }
            let wished = match fault.remedy() {
                Remedy::Retry { after: Some(after) } => after,
                _ => Duration::ZERO,
            };
            sleep(pause.max(wished)).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    async fn ask(&self, method: &str, question: Vec<u8>) -> Result<ResponsePacket, Fault> {
        let answer = post(&self.client, &self.url, method, question, LIMIT).await?;
        serde_json::from_slice(&answer).map_err(|err| {
            let start: String = String::from_utf8_lossy(&answer).chars().take(80).collect();
            Fault::Broken(format!("no JSON-RPC answer ({err}): {start}"))
        })
    }
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
        | "eth_getTransactionCount"
        | "eth_sendRawTransaction" => '"',
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
