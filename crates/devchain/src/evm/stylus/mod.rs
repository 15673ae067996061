//! Programs inside revm's frame loop.
//!
//! A frame whose code carries a program prefix is not interpreted: [`enter`] charges its entry and starts a
//! [`Machine`], [`answer`] serves what it asks for, and a call or creation becomes a new frame of revm's own loop while
//! the machine waits. So there is one journal, one depth count and no recursion.
//!
//! | file | idea |
//! | --- | --- |
//! | `mod.rs` | a running program, from entry to exit |
//! | `answer.rs` | storage, logs, accounts: requests answered at once |
//! | `calls.rs` | calls and creations: frames to run, and what their end means |

mod answer;
mod calls;

use alloy::primitives::{Address, B256, Bytes, U256};
use revm::{
    context_interface::{Block, Cfg, ContextTr, Transaction},
    handler::FrameResult,
    interpreter::{
        FrameInput, InstructionResult, InterpreterAction, InterpreterResult,
        interpreter_types::{InputsTr, RuntimeFlag},
    },
};
use stylus_program::{Ending, Exit, FrameEnv, Machine, Reply, Request, Step};

use super::{
    ArbContext, Frame,
    arbos::{
        params::Params,
        programs::{Program, touch_recent},
    },
    code,
    precompiles::unusable_error,
};
use calls::Waiting;

/// A program on revm's frame stack.
#[derive(Debug)]
pub(super) struct Running {
    /// Depth of its frame.
    pub(super) depth: usize,
    machine: Machine,
    ink_price: u64,
    gas_at_entry: u64,
    /// Pages open before it was entered.
    pages_before: u16,
    waiting: Option<Waiting>,
    reply: Option<Reply>,
}

/// Enters a program: pays its entry and runs it until it ends or calls out.
///
/// Returns the machine only when it waits for a frame.
///
/// Upstream: `Programs.CallProgram` (Nitro, `arbos/programs/programs.go`).
pub(super) fn enter(
    ctx: &mut ArbContext<'_>,
    frame: &mut Frame,
    is_reentrant: bool,
) -> (InterpreterAction, Option<Running>) {
    let code_hash = frame.interpreter.bytecode.get_or_calculate_hash();
    let gas_at_entry = frame.interpreter.gas.remaining();
    let Ok(params) = Params::load(ctx);
    let Ok(usable) = Program::usable(ctx, code_hash, &params);
    let entry = match usable {
        Ok(entry) => entry,
        Err(reason) => return (end(frame, InstructionResult::Revert, unusable_error(reason)), None),
    };
    let recent = touch_recent(ctx, code_hash, &params);
    let pages = ctx.chain.pages;
    let mut price = pages.gas(entry.footprint, &params.machine).saturating_add(entry.cached_gas(&params));
    if !entry.cached && !recent {
        price = price.saturating_add(entry.init_gas(&params));
    }
    let params = params.machine;
    if !frame.interpreter.gas.record_regular_cost(price) {
        return (out_of_gas(frame), None);
    }
    let program = match code::program(ctx, code_hash, frame, &params) {
        Ok(program) => program,
        Err(error) => {
            tracing::error!(%code_hash, %error, "an active program cannot be loaded");
            return (end(frame, InstructionResult::Revert, Bytes::new()), None);
        }
    };
    ctx.chain.pages.open(entry.footprint);

    let env = frame_env(ctx, frame, is_reentrant);
    let ink_price = u64::from(params.ink_price);
    let ink = frame.interpreter.gas.remaining().saturating_mul(ink_price);
    let mut running = Running {
        depth: frame.depth,
        machine: Machine::new(program, env, &params, ink),
        ink_price,
        gas_at_entry,
        pages_before: pages.open,
        waiting: None,
        reply: None,
    };
    let step = running.machine.start();
    let action = running.advance(ctx, frame, step);
    let waits = running.waiting.is_some();
    (action, waits.then_some(running))
}

impl Running {
    /// Takes the end of the frame the program waits for.
    pub(super) fn take_result(&mut self, ctx: &ArbContext<'_>, frame: &mut Frame, result: FrameResult) {
        let Some(waiting) = self.waiting.take() else { return };
        let (reply, refund) = waiting.reply(result, ctx.chain.pages.ever);
        frame.interpreter.gas.record_refund(refund);
        self.reply = Some(reply);
    }

    /// Goes on after [`Running::take_result`]. The program has ended when it does not wait again.
    pub(super) fn resume(&mut self, ctx: &mut ArbContext<'_>, frame: &mut Frame) -> InterpreterAction {
        let step = self.machine.resume(self.reply.take().unwrap_or(Reply::Done));
        self.advance(ctx, frame, step)
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    fn advance(&mut self, ctx: &mut ArbContext<'_>, frame: &mut Frame, mut step: Step) -> InterpreterAction {
        loop {
            ctx.chain.pages.open = self.machine.pages().open;
            ctx.chain.pages.ever = ctx.chain.pages.ever.max(self.machine.pages().ever);
            let request = match step {
                Step::Request(request) => request,
                Step::Done(exit) => return self.finish(ctx, frame, exit),
            };
            let reply = match request {
                Request::Call { kind, to, value, input, gas, gas_left } => {
                    let call = calls::Call { kind, to, value, input, gas, gas_left };
                    match calls::call(ctx, frame, call) {
                        Ok((inputs, waiting)) => return self.wait(FrameInput::Call(inputs), waiting),
                        Err(reply) => reply,
                    }
                }
                Request::Create { code, endowment, salt, gas_left } => {
                    match calls::create(ctx, frame, code, endowment, salt, gas_left) {
                        Ok((inputs, waiting)) => return self.wait(FrameInput::Create(inputs), waiting),
                        Err(reply) => reply,
                    }
                }
                other => answer::answer(ctx, frame, other),
            };
            step = self.machine.resume(reply);
        }
    }

    fn wait(&mut self, input: FrameInput, waiting: Waiting) -> InterpreterAction {
        self.waiting = Some(waiting);
        InterpreterAction::NewFrame(input)
    }

    /// Maps the program's end to the frame's.
    fn finish(&self, ctx: &mut ArbContext<'_>, frame: &mut Frame, exit: Exit) -> InterpreterAction {
        ctx.chain.pages.open = self.pages_before;
        for line in self.machine.console() {
            tracing::info!(target: "console", contract = %self.machine.env().contract, "{line}");
        }
        let result = match exit.ending {
            Ending::Success => InstructionResult::Return,
            Ending::Revert => InstructionResult::Revert,
            Ending::Failure(reason) => {
                tracing::debug!(contract = %self.machine.env().contract, %reason, "program failed");
                InstructionResult::Revert
            }
            Ending::OutOfInk => return out_of_gas(frame),
            Ending::OutOfStack => {
                frame.interpreter.gas.set_remaining(0);
                return end(frame, InstructionResult::CallTooDeep, Bytes::new());
            }
        };
        let mut left = exit.ink_left / self.ink_price;
        if !exit.output.is_empty() {
            // Return data costs at least what EVM memory of its size would.
            let words = exit.output.len().div_ceil(32) as u64;
            let floor = words.saturating_mul(3).saturating_add(words.saturating_mul(words) / 512);
            match self.gas_at_entry.checked_sub(floor) {
                Some(most) => left = left.min(most),
                None => return out_of_gas(frame),
            }
        }
        frame.interpreter.gas.set_remaining(left);
        end(frame, result, exit.output)
    }
}

fn out_of_gas(frame: &mut Frame) -> InterpreterAction {
    frame.interpreter.gas.spend_all();
    end(frame, InstructionResult::OutOfGas, Bytes::new())
}

fn end(frame: &Frame, result: InstructionResult, output: Bytes) -> InterpreterAction {
    InterpreterAction::Return(InterpreterResult { result, output, gas: frame.interpreter.gas })
}

/// The account the frame acts as.
fn acting(frame: &Frame) -> Address {
    frame.interpreter.input.target_address()
}

fn frame_env(ctx: &ArbContext<'_>, frame: &Frame, is_reentrant: bool) -> FrameEnv {
    let input = &frame.interpreter.input;
    let saturate = |value: U256| u64::try_from(value).unwrap_or(u64::MAX);
    FrameEnv {
        calldata: input.input().bytes(ctx),
        contract: input.target_address(),
        sender: input.caller_address(),
        value: input.call_value(),
        is_static: frame.interpreter.runtime_flag.is_static(),
        is_reentrant,
        origin: ctx.tx().caller(),
        gas_price: U256::from(ctx.tx().gas_price()),
        chain_id: ctx.cfg().chain_id(),
        base_fee: U256::from(ctx.block().basefee()),
        coinbase: ctx.block().beneficiary(),
        gas_limit: ctx.block().gas_limit(),
        number: saturate(ctx.block().number()),
        timestamp: saturate(ctx.block().timestamp()),
        pages: ctx.chain.pages,
    }
}

/// A storage key or value in revm's form.
fn word(bytes: B256) -> U256 {
    bytes.into()
}
