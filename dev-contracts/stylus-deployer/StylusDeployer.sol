// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

interface IArbWasm {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    function stylusVersion() external view returns (uint16 version);
}

/// Creates a Stylus program, activates it and runs its constructor in one transaction, so that nobody can come between.
///
/// The ABI is the one deployment tools know under this name. The constructor sees this contract as `msg.sender`;
/// the person who deploys is `tx.origin`, or an argument.
contract StylusDeployer {
    IArbWasm private constant ARB_WASM = IArbWasm(0x0000000000000000000000000000000000000071);

    event ContractDeployed(address deployedContract);

    error ContractDeploymentError(bytes bytecode);
    error ContractInitializationError(address newContract);
    error RefundExcessValueError(uint256 excessValue);
    error EmptyBytecode();
    error InitValueButNotInitData();

    /// @param bytecode creation code of the program
    /// @param initData calldata of the constructor; empty when there is none
    /// @param initValue wei handed to the constructor; the rest of the value pays the activation and is refunded
    /// @param salt zero for an address by nonce, anything else for one by salt and constructor call
    function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
        external
        payable
        returns (address deployed)
    {
        if (bytecode.length == 0) revert EmptyBytecode();
        if (initValue != 0 && initData.length == 0) revert InitValueButNotInitData();

        deployed = _create(bytecode, salt == 0 ? salt : keccak256(abi.encodePacked(salt, initData, initValue)));
        if (_needsActivation(deployed)) {
            ARB_WASM.activateProgram{value: msg.value - initValue}(deployed);
        }
        if (initData.length != 0) {
            (bool initialized,) = deployed.call{value: initValue}(initData);
            if (!initialized) revert ContractInitializationError(deployed);
        }
        uint256 excess = address(this).balance;
        if (excess != 0) {
            (bool refunded,) = msg.sender.call{value: excess}("");
            if (!refunded) revert RefundExcessValueError(excess);
        }
        emit ContractDeployed(deployed);
    }

    /// ArbWasm sends back what activation does not need.
    receive() external payable {}

    function _create(bytes memory bytecode, bytes32 salt) private returns (address created) {
        if (salt == 0) {
            assembly ("memory-safe") {
                created := create(0, add(bytecode, 0x20), mload(bytecode))
            }
        } else {
            assembly ("memory-safe") {
                created := create2(0, add(bytecode, 0x20), mload(bytecode), salt)
            }
        }
        if (created == address(0)) revert ContractDeploymentError(bytecode);
    }

    function _needsActivation(address program) private view returns (bool) {
        try ARB_WASM.codehashVersion(program.codehash) returns (uint16 version) {
            return version != ARB_WASM.stylusVersion();
        } catch {
            return true;
        }
    }
}
