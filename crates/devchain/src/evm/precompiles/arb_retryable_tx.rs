//! ArbRetryableTx (0x6E): messages of the parent chain that may be tried again. There is no parent chain, so there are
//! none.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::arbos::Store;

/// Seconds a message is kept.
const LIFETIME: u64 = 7 * 24 * 60 * 60;

alloy::sol! {
    interface ArbRetryableTx {
        error NoTicketWithID();
        error NotCallable();

        function redeem(bytes32 ticketId) external returns (bytes32);
        function getLifetime() external view returns (uint256);
        function getTimeout(bytes32 ticketId) external view returns (uint256);
        function keepalive(bytes32 ticketId) external returns (uint256);
        function getBeneficiary(bytes32 ticketId) external view returns (address);
        function cancel(bytes32 ticketId) external;
        function getCurrentRedeemer() external view returns (address);
        function submitRetryable(
            bytes32 requestId, uint256 l1BaseFee, uint256 deposit, uint256 callvalue, uint256 gasFeeCap, uint64 gasLimit,
            uint256 maxSubmissionFee, address feeRefundAddress, address beneficiary, address retryTo, bytes calldata retryData
        ) external;
    }
}

pub(super) fn arb_retryable_tx(call: &mut Call<'_, '_>) -> Answer {
    use ArbRetryableTx::ArbRetryableTxCalls as C;
    let method = call.decode(|call: &C| match call {
        C::getLifetime(_) | C::getTimeout(_) | C::getBeneficiary(_) | C::getCurrentRedeemer(_) => {
            Purity::View
        }
        _ => Purity::Write,
    })?;
    let looks = match method {
        C::getLifetime(_) => {
            return call.returns(ArbRetryableTx::getLifetimeCall::abi_encode_returns(&U256::from(LIFETIME)));
        }
        C::getCurrentRedeemer(_) => {
            return call.returns(ArbRetryableTx::getCurrentRedeemerCall::abi_encode_returns(&Address::ZERO));
        }
        C::submitRetryable(_) => return Err(Fail::error(&ArbRetryableTx::NotCallable {})),
        // The size first, then the message.
        C::redeem(_) => 2,
        C::getTimeout(_) | C::keepalive(_) | C::getBeneficiary(_) | C::cancel(_) => 1,
    };
    for _ in 0..looks {
        call.burn_read()?;
    }
    Err(Fail::error(&ArbRetryableTx::NoTicketWithID {}))
}
