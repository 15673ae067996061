//! The frame loop: revm's machine, with the points where a WebAssembly program takes the place of EVM code.

use alloy::primitives::Address;
use revm::{
    context::{ContextError, Evm, FrameStack},
    context_interface::{ContextTr, JournalTr, context::take_error},
    handler::{
        EvmTr, FrameInitOrResult, FrameResult, FrameTr, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{
        FrameInput, Instruction, InstructionContext, InstructionExecResult, InstructionResult,
        InterpreterAction, instructions::host::selfdestruct, interpreter::EthInterpreter,
        interpreter_action::FrameInit, interpreter_types::InputsTr,
    },
    primitives::hardfork::SpecId,
};
use stylus_program::{code_kind, is_program};

use super::{
    ArbContext, Frame,
    arbos::version,
    precompiles::ArbPrecompiles,
    stylus::{self, Running},
    trace::{Trace, Tracer},
};

type Inner<'a> =
    Evm<ArbContext<'a>, (), EthInstructions<EthInterpreter, ArbContext<'a>>, ArbPrecompiles, Frame>;

const SELFDESTRUCT: u8 = 0xFF;
const SELFDESTRUCT_GAS: u16 = 5_000;

/// One transaction's machine.
pub(super) struct StylusEvm<'a> {
    inner: Inner<'a>,
    /// Programs that wait for a frame above theirs, outermost first.
    waiting: Vec<Running>,
    /// Account each open frame acts as, by depth; none for frames that act in another's name.
    open: Vec<Option<Address>>,
    /// Told of every frame, if anybody asks.
    pub(super) tracer: Option<Tracer>,
}

impl<'a> StylusEvm<'a> {
    pub(super) fn new(ctx: ArbContext<'a>, trace: Trace) -> Self {
        let mut instructions = EthInstructions::new_mainnet_with_spec(SpecId::OSAKA);
        instructions.insert_instruction(
            SELFDESTRUCT,
            Instruction::new(selfdestruct_unless_program),
            SELFDESTRUCT_GAS,
        );
        Self {
            inner: Evm::new(ctx, instructions, ArbPrecompiles::new()),
            waiting: Vec::new(),
            open: Vec::new(),
            tracer: Tracer::new(trace),
        }
    }

    /// Runs the top frame, as a program or as EVM code, until it ends or needs another frame.
    fn run_top(&mut self) -> InterpreterAction {
        let ctx = &mut self.inner.ctx;
        let frame = self.inner.frame_stack.get();
        if let Some(running) = self.waiting.last_mut().filter(|running| running.depth == frame.depth) {
            let action = running.resume(ctx, frame);
            if !running.is_waiting() {
                self.waiting.pop();
            }
            return action;
        }
        let is_create = frame.data.is_create();
        let fragments = version::has_fragments(ctx);
        if !is_create && is_program(frame.interpreter.bytecode.original_byte_slice(), fragments) {
            let acting = frame.interpreter.input.target_address();
            let spans = self.open.iter().filter(|open| **open == Some(acting)).count();
            let (action, running) = stylus::enter(ctx, frame, spans > 1);
            self.waiting.extend(running);
            return action;
        }
        let instructions = &self.inner.instruction;
        let mut action =
            frame.interpreter.run_plain(instructions.instruction_table(), instructions.gas_table(), ctx);
        if is_create {
            refuse_foreign_ef_code(&mut action, fragments);
        }
        action
    }
}

impl<'a> EvmTr for StylusEvm<'a> {
    type Context = ArbContext<'a>;
    type Instructions = EthInstructions<EthInterpreter, ArbContext<'a>>;
    type Precompiles = ArbPrecompiles;
    type Frame = Frame;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>)
    {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        frame_input: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        let depth = frame_input.depth;
        let stack = &mut self.inner.frame_stack;
        self.inner.ctx.chain.callers_caller =
            stack.index().map(|_| stack.get().interpreter.input.caller_address());
        let acting = match &frame_input.frame_input {
            FrameInput::Call(call) if call.scheme.is_call() || call.scheme.is_static_call() => {
                Some(call.target_address)
            }
            _ => None,
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(&mut self.inner.ctx, &frame_input.frame_input);
        }
        let started = self.inner.frame_init(frame_input)?;
        match &started {
            ItemOrResult::Item(frame) => {
                self.open.truncate(depth);
                self.open.push(match frame.data.is_create() {
                    true => Some(frame.interpreter.input.target_address()),
                    false => acting,
                });
            }
            // Nobody takes the result of an outermost frame that ends at once.
            ItemOrResult::Result(result) if depth == 0 => {
                if let Some(tracer) = &mut self.tracer {
                    tracer.leave(&[], result);
                }
            }
            ItemOrResult::Result(_) => {}
        }
        Ok(started)
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let action = self.run_top();
        let frame = self.inner.frame_stack.get();
        let next: FrameInitOrResult<Self::Frame> =
            frame.process_next_action::<_, ContextDbError<Self::Context>>(&mut self.inner.ctx, action)?;
        if matches!(next, ItemOrResult::Result(_)) {
            frame.set_finished(true);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<<Self::Frame as FrameTr>::FrameResult>, ContextDbError<Self::Context>> {
        if let Some(tracer) = &mut self.tracer {
            tracer.leave(self.inner.ctx.journaled_state.logs(), &result);
        }
        let stack = &mut self.inner.frame_stack;
        if stack.get().is_finished() {
            stack.pop();
        }
        if stack.index().is_none() {
            return Ok(Some(result));
        }
        let frame = stack.get();
        let ctx = &mut self.inner.ctx;
        match self.waiting.last_mut().filter(|running| running.depth == frame.depth) {
            Some(running) => {
                frame.interpreter.memory.free_child_context();
                take_error::<ContextDbError<Self::Context>, _>(ctx.error())?;
                running.take_result(ctx, frame, result);
            }
            None => frame.return_result::<_, ContextError<_>>(ctx, result)?,
        }
        Ok(None)
    }
}

/// EIP-3541 with the exception Stylus makes: code may start with 0xEF only as a program, a fragment or a root of
/// fragments.
fn refuse_foreign_ef_code(action: &mut InterpreterAction, fragments: bool) {
    let InterpreterAction::Return(result) = action else { return };
    let is_foreign = result.output.first() == Some(&0xEF) && code_kind(&result.output, fragments).is_none();
    if result.result.is_ok() && is_foreign {
        result.result = InstructionResult::CreateContractStartingWithEF;
        result.gas.spend_all();
    }
}

/// SELFDESTRUCT, except in the name of a program: that reverts.
fn selfdestruct_unless_program(
    context: InstructionContext<'_, ArbContext<'_>, EthInterpreter>,
) -> InstructionExecResult {
    let acting = context.interpreter.input.target_address();
    let fragments = version::has_fragments(context.host);
    let Ok(account) = context.host.journal_mut().load_account_with_code(acting);
    let code = account.info.code.as_ref();
    if code.is_some_and(|code| code_kind(code.original_byte_slice(), fragments).is_some()) {
        return Err(InstructionResult::Revert);
    }
    selfdestruct(context)
}
