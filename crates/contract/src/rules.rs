//! What a broken rule ends the call with.

use functions_rules::RuleError;

use crate::{refuse, revert};

/// A rule's result, or the end of the call with the revert data upstream gives.
#[inline(always)]
pub fn rule<T>(result: Result<T, RuleError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => broken(error),
    }
}

#[cold]
#[inline(never)]
fn broken(error: RuleError) -> ! {
    match error {
        RuleError::DivisionByZero => revert::panic(revert::DIVISION_BY_ZERO),
        RuleError::Above72Bits => refuse!(revert::ERROR_STRING, "SafeCast: value doesn't fit in 72 bits"),
        RuleError::Above96Bits => refuse!(revert::ERROR_STRING, "SafeCast: value doesn't fit in 96 bits"),
        _ => revert::panic(revert::OVERFLOW),
    }
}
