//! debug_trace*: the calls of a transaction or call, in the shape of go-ethereum's `callTracer`.

use alloy::{
    eips::BlockId,
    primitives::{B256, U256},
    rpc::types::{BlockOverrides, state::StateOverride},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Api, Params, RpcError, execute::request, resolve_or_error, shape};
use crate::evm::{CallFrame, Trace};

/// How a trace is to look.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Options {
    tracer: Option<String>,
    tracer_config: TracerConfig,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TracerConfig {
    only_top_call: bool,
    with_log: bool,
}

impl Api {
    pub(super) fn debug(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let chain = self.chain();
        match name {
            "traceTransaction" => {
                let hash: B256 = params.get(0, "hash")?;
                let (config, trace) = options(&mut params, 1)?.check()?;
                Ok(frame(&chain.trace_transaction(hash, trace)?, config.with_log))
            }
            "traceCall" => {
                let request = request(&mut params)?;
                let block = params.block(1)?;
                let mut options = options(&mut params, 2)?;
                let (state, overrides) = (options.state_overrides.take(), options.block_overrides.take());
                let (config, trace) = options.check()?;
                let number = resolve_or_error(&chain, block)?;
                let traced = chain.trace_call(request, Some(number), state, overrides, trace)?;
                Ok(frame(&traced, config.with_log))
            }
            "traceBlockByNumber" | "traceBlockByHash" => {
                let block: BlockId = match name {
                    "traceBlockByHash" => params.get::<B256>(0, "hash")?.into(),
                    _ => BlockId::Number(params.get(0, "number")?),
                };
                let (config, trace) = options(&mut params, 1)?.check()?;
                let number = resolve_or_error(&chain, block)?;
                let traces = chain.trace_block(number, trace)?.into_iter();
                Ok(traces
                    .map(
                        |(hash, traced)| json!({ "txHash": hash, "result": frame(&traced, config.with_log) }),
                    )
                    .collect())
            }
            _ => Err(RpcError::method(&format!("debug_{name}"))),
        }
    }
}

fn options(params: &mut Params, index: usize) -> Result<Options, RpcError> {
    Ok(params.optional(index, "options")?.unwrap_or_default())
}

impl Options {
    /// What is to be recorded, if this chain can.
    fn check(self) -> Result<(TracerConfig, Trace), RpcError> {
        match self.tracer.as_deref() {
            Some("callTracer") => {}
            Some(other) => {
                return Err(RpcError::params(format!(
                    "tracer {other:.64} is not supported; use {{\"tracer\": \"callTracer\"}}"
                )));
            }
            None => {
                return Err(RpcError::params(
                    "traces of single steps are not supported: programs have none; use {\"tracer\": \"callTracer\"}",
                ));
            }
        }
        let trace = if self.tracer_config.only_top_call { Trace::Top } else { Trace::All };
        Ok((self.tracer_config, trace))
    }
}

fn frame(traced: &CallFrame, with_log: bool) -> Value {
    let mut shape = json!({
        "type": traced.kind,
        "from": traced.from,
        "gas": shape::quantity(traced.gas),
        "gasUsed": shape::quantity(traced.gas_used),
        "input": traced.input,
    });
    if let Some(to) = traced.to {
        shape["to"] = json!(to);
    }
    if let Some(value) = traced.value {
        shape["value"] = json!(value);
    }
    if !traced.output.is_empty() {
        shape["output"] = json!(traced.output);
    }
    if let Some(error) = &traced.error {
        shape["error"] = json!(error);
    }
    if let Some(reason) = &traced.revert_reason {
        shape["revertReason"] = json!(reason);
    }
    if with_log && !traced.logs.is_empty() {
        let logs = traced.logs.iter().map(|(log, position)| {
            json!({
                "address": log.address,
                "topics": log.topics(),
                "data": log.data.data,
                "position": U256::from(*position),
            })
        });
        shape["logs"] = logs.collect();
    }
    if !traced.calls.is_empty() {
        shape["calls"] = traced.calls.iter().map(|call| frame(call, with_log)).collect();
    }
    shape
}
