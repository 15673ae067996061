//! Why an execution stopped, in the words clients know from other nodes.

use revm::{
    context::result::HaltReason,
    interpreter::{InstructionResult, SuccessOrHalt},
};

/// Why a call or transaction stopped.
pub(crate) fn of_halt(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::InvalidFEOpcode | HaltReason::OpcodeNotFound | HaltReason::NotActivated => {
            "invalid opcode"
        }
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack limit reached 1024",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CallTooDeep => "max call depth exceeded",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        HaltReason::NonceOverflow => "nonce uint64 overflow",
        HaltReason::OverflowPayment | HaltReason::OutOfFunds => "insufficient balance for transfer",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write protection"
        }
        HaltReason::PrecompileError => "precompile failed",
        HaltReason::PrecompileErrorWithContext(why) => return format!("precompile failed: {why}"),
    }
    .to_owned()
}

/// How a frame ended that did not return.
pub(super) fn of_result(result: InstructionResult) -> String {
    match SuccessOrHalt::<HaltReason>::from(result) {
        SuccessOrHalt::Revert => "execution reverted".to_owned(),
        SuccessOrHalt::Halt(reason) => of_halt(&reason),
        _ => "execution failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_is_told_in_words() {
        for result in [
            InstructionResult::PrecompileError,
            InstructionResult::NotActivated,
            InstructionResult::OutOfOffset,
            InstructionResult::StackUnderflow,
            InstructionResult::CreateInitCodeSizeLimit,
            InstructionResult::NonceOverflow,
            InstructionResult::OutOfFunds,
            InstructionResult::PrecompileOOG,
            InstructionResult::FatalExternalError,
        ] {
            let words = of_result(result);
            assert!(
                words.starts_with(|c: char| c.is_ascii_lowercase()) && words.contains(' '),
                "{result:?}: {words}"
            );
        }
        assert_eq!(of_result(InstructionResult::Revert), "execution reverted");
    }
}
