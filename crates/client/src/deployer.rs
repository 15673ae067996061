//! The interface of the contract that deploys programs.

use alloy::sol;

sol! {
    #![sol(all_derives)]

    /// Creates, activates and constructs a program in one call.
    interface StylusDeployer {
        /// A contract was deployed.
        event ContractDeployed(address deployedContract);
        /// Creation reverted.
        error ContractDeploymentError(bytes bytecode);
        /// The constructor reverted.
        error ContractInitializationError(address newContract);
        /// Deploys; a zero salt means CREATE.
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }
}
