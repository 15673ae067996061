//! txpool_: the transactions that wait, those that lack an earlier nonce apart.

use alloy::{
    consensus::Transaction as _,
    primitives::{Address, TxKind},
};
use serde_json::{Map, Value, json};

use super::{Api, Params, RpcError, shape};
use crate::{chain::Chain, transaction::SignedTransaction};

impl Api {
    pub(super) fn pool(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let chain = self.chain();
        Ok(match name {
            "status" => {
                let ready = chain.all_waiting().filter(|(_, is_ready)| *is_ready).count();
                let all = chain.all_waiting().count();
                json!({
                    "pending": shape::quantity(ready as u64),
                    "queued": shape::quantity((all - ready) as u64),
                })
            }
            "content" => by_sender(&chain, shape::waiting),
            "inspect" => by_sender(&chain, summary),
            "contentFrom" => {
                let address: Address = params.get(0, "address")?;
                let mut all = by_sender(&chain, shape::waiting);
                let mut of = |kind: &str| match all[kind].get_mut(address.to_string()) {
                    Some(transactions) => transactions.take(),
                    None => json!({}),
                };
                json!({ "pending": of("pending"), "queued": of("queued") })
            }
            _ => return Err(RpcError::method(&format!("txpool_{name}"))),
        })
    }
}

/// What waits, by sender and nonce.
fn by_sender(chain: &Chain, show: impl Fn(&SignedTransaction) -> Value) -> Value {
    let mut kinds = [Map::new(), Map::new()];
    for (transaction, is_ready) in chain.all_waiting() {
        let senders = &mut kinds[usize::from(!is_ready)];
        let nonces = senders.entry(transaction.sender.to_string()).or_insert_with(|| json!({}));
        nonces[transaction.envelope.nonce().to_string()] = show(transaction);
    }
    let [pending, queued] = kinds;
    json!({ "pending": pending, "queued": queued })
}

fn summary(transaction: &SignedTransaction) -> Value {
    let envelope = &transaction.envelope;
    let to = match envelope.kind() {
        TxKind::Call(to) => to.to_string(),
        TxKind::Create => "contract creation".to_owned(),
    };
    let (value, gas, price) = (envelope.value(), envelope.gas_limit(), envelope.max_fee_per_gas());
    json!(format!("{to}: {value} wei + {gas} gas × {price} wei"))
}
