//! The frame loop: revm's machine, with the points where a WebAssembly program takes the place of EVM code.

use revm::{
    context::{Evm, FrameStack},
    handler::{
        EthFrame, EthPrecompiles, EvmTr, FrameInitOrResult, FrameResult, FrameTr, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{
        InstructionResult, InterpreterAction, interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
    primitives::hardfork::SpecId,
};

use super::ArbContext;

/// revm's frame: a checkpoint, its inputs and an interpreter.
pub(super) type Frame = EthFrame<EthInterpreter>;
type Inner<'a> =
    Evm<ArbContext<'a>, (), EthInstructions<EthInterpreter, ArbContext<'a>>, EthPrecompiles, Frame>;

/// One transaction's machine.
pub(super) struct StylusEvm<'a> {
    inner: Inner<'a>,
}

impl<'a> StylusEvm<'a> {
    pub(super) fn new(ctx: ArbContext<'a>) -> Self {
        let instructions = EthInstructions::new_mainnet_with_spec(SpecId::OSAKA);
        Self { inner: Evm::new(ctx, instructions, EthPrecompiles::new(SpecId::OSAKA)) }
    }
}

impl<'a> EvmTr for StylusEvm<'a> {
    type Context = ArbContext<'a>;
    type Instructions = EthInstructions<EthInterpreter, ArbContext<'a>>;
    type Precompiles = EthPrecompiles;
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
        self.inner.frame_init(frame_input)
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let frame = self.inner.frame_stack.get();
        let instructions = &self.inner.instruction;
        let mut action = frame.interpreter.run_plain(
            instructions.instruction_table(),
            instructions.gas_table(),
            &mut self.inner.ctx,
        );
        if frame.data.is_create() {
            refuse_foreign_ef_code(&mut action);
        }
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
        self.inner.frame_return_result(result)
    }
}

/// EIP-3541 with the exception Stylus makes: code may start with 0xEF only as a program, a fragment or a root of fragments.
fn refuse_foreign_ef_code(action: &mut InterpreterAction) {
    let InterpreterAction::Return(result) = action else { return };
    let is_foreign =
        result.output.first() == Some(&0xEF) && !matches!(result.output.get(1..3), Some([0xF0, 0x00..=0x02]));
    if result.result.is_ok() && is_foreign {
        result.result = InstructionResult::CreateContractStartingWithEF;
        result.gas.spend_all();
    }
}
