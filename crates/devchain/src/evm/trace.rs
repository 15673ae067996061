//! The calls of one execution as a tree: who called whom with what, EVM contracts, programs and precompiles alike.
//!
//! The frame loop tells of every frame that begins and ends. Steps inside a frame are not recorded.

use alloy::{
    primitives::{Address, Bytes, Log, U256},
    sol_types::{Revert, SolError},
};
use revm::{
    context_interface::{CreateScheme, JournalTr},
    handler::FrameResult,
    interpreter::{CallScheme, FrameInput},
};

use super::{ArbContext, words};

/// Bytes a trace may hold; what is above is left out, and the trace refused.
const MAX_TRACE_BYTES: usize = 64 * 1024 * 1024;
/// Counted for a frame besides its data.
const FRAME_BYTES: usize = 512;

/// How much of an execution is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Nothing.
    #[default]
    Off,
    /// The outermost frame.
    Top,
    /// Every frame.
    All,
}

/// One frame.
#[derive(Clone, Debug)]
pub struct CallFrame {
    /// The opcode, or what a program's host call corresponds to.
    pub kind: &'static str,
    /// Who calls.
    pub from: Address,
    /// Whose code runs, or the address that is created.
    pub to: Option<Address>,
    /// Wei sent along; a delegated call and a static call send none.
    pub value: Option<U256>,
    /// Gas the frame was given.
    pub gas: u64,
    /// Gas it used.
    pub gas_used: u64,
    /// Calldata or creation code.
    pub input: Bytes,
    /// Return or revert data, or the code that was stored.
    pub output: Bytes,
    /// Why it does not return.
    pub error: Option<String>,
    /// What `Error(string)` said.
    pub revert_reason: Option<String>,
    /// Logs of this frame that lasted, each with the number of frames that were called before it.
    pub logs: Vec<(Log, usize)>,
    /// The frames it called, in order.
    pub calls: Vec<CallFrame>,
}

/// Collects the tree.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    extent: Trace,
    open: Vec<CallFrame>,
    root: Option<CallFrame>,
    logs_seen: usize,
    bytes: usize,
}

impl Tracer {
    pub(super) fn new(extent: Trace) -> Option<Self> {
        (extent != Trace::Off).then(|| Self { extent, ..Self::default() })
    }

    /// A frame begins.
    pub(super) fn enter(&mut self, ctx: &mut ArbContext<'_>, input: &FrameInput) {
        self.take_logs(ctx.journaled_state.logs());
        let length = match input {
            FrameInput::Call(call) => call.input.len(),
            FrameInput::Create(create) => create.init_code().len(),
            FrameInput::Empty => 0,
        };
        let is_wanted =
            self.claim(FRAME_BYTES + length) && (self.extent == Trace::All || self.open.is_empty());
        self.open.push(begin(ctx, input, is_wanted));
    }

    /// The innermost frame ended.
    pub(super) fn leave(&mut self, logs: &[Log], result: &FrameResult) {
        self.take_logs(logs);
        let Some(mut frame) = self.open.pop() else { return };
        let end = result.interpreter_result();
        frame.gas_used = frame.gas.saturating_sub(end.gas.remaining());
        if self.claim(end.output.len()) {
            frame.output = end.output.clone();
        }
        if let FrameResult::Create(created) = result {
            frame.to = created.address.or(frame.to);
        }
        if !end.result.is_ok() {
            frame.error = Some(words::of_result(end.result));
            frame.revert_reason = Revert::abi_decode(&end.output).ok().map(|revert| revert.reason);
        }
        match self.open.last_mut() {
            Some(parent) if self.extent == Trace::All && self.bytes <= MAX_TRACE_BYTES => {
                parent.calls.push(frame)
            }
            Some(_) => {}
            None => self.root = Some(frame),
        }
    }

    /// The tree; `None` when it is larger than 64 MiB. The outermost frame's gas is the transaction's.
    pub(super) fn finish(mut self, gas: u64, gas_used: u64, logs: &[Log]) -> Option<CallFrame> {
        let mut root = self.root.take().filter(|_| self.bytes <= MAX_TRACE_BYTES)?;
        root.logs.extend(logs.iter().skip(self.logs_seen).map(|log| (log.clone(), root.calls.len())));
        root.gas = gas;
        root.gas_used = gas_used;
        forget_logs_of_failed(&mut root, false);
        Some(root)
    }

    /// Logs that came since the last look belong to the innermost frame.
    fn take_logs(&mut self, logs: &[Log]) {
        if let Some(frame) = self.open.last_mut() {
            let new = logs.iter().skip(self.logs_seen).map(|log| (log.clone(), frame.calls.len()));
            frame.logs.extend(new);
        }
        // A revert takes logs back.
        self.logs_seen = logs.len();
    }

    fn claim(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= MAX_TRACE_BYTES
    }
}

fn forget_logs_of_failed(frame: &mut CallFrame, failed_above: bool) {
    let failed = failed_above || frame.error.is_some();
    if failed {
        frame.logs.clear();
    }
    for call in &mut frame.calls {
        forget_logs_of_failed(call, failed);
    }
}

fn begin(ctx: &ArbContext<'_>, input: &FrameInput, with_data: bool) -> CallFrame {
    let mut frame = CallFrame {
        kind: "CALL",
        from: Address::ZERO,
        to: None,
        value: None,
        gas: 0,
        gas_used: 0,
        input: Bytes::new(),
        output: Bytes::new(),
        error: None,
        revert_reason: None,
        logs: Vec::new(),
        calls: Vec::new(),
    };
    match input {
        FrameInput::Call(call) => {
            frame.kind = match call.scheme {
                CallScheme::Call => "CALL",
                CallScheme::CallCode => "CALLCODE",
                CallScheme::DelegateCall => "DELEGATECALL",
                CallScheme::StaticCall => "STATICCALL",
            };
            // A delegated frame keeps its caller's caller; the tree shows who made the call.
            frame.from = match call.scheme {
                CallScheme::DelegateCall | CallScheme::CallCode => call.target_address,
                CallScheme::Call | CallScheme::StaticCall => call.caller,
            };
            frame.to = Some(call.bytecode_address);
            frame.value = match call.scheme {
                CallScheme::StaticCall => None,
                _ => Some(call.value.get()),
            };
            frame.gas = call.gas_limit;
            if with_data {
                frame.input = call.input.bytes(ctx);
            }
        }
        FrameInput::Create(create) => {
            frame.kind = match create.scheme() {
                CreateScheme::Create2 { .. } => "CREATE2",
                _ => "CREATE",
            };
            frame.from = create.caller();
            frame.value = Some(create.value());
            frame.gas = create.gas_limit();
            if with_data {
                frame.input = create.init_code().clone();
            }
        }
        FrameInput::Empty => {}
    }
    frame
}
