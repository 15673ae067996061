// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.19;

import {FunctionsClient} from "@chainlink/contracts/src/v0.8/functions/v1_3_0/FunctionsClient.sol";
import {FunctionsRequest} from "@chainlink/contracts/src/v0.8/functions/v1_0_0/libraries/FunctionsRequest.sol";

/// @notice Keeps the latest price its owner asked the oracles for.
/// @dev Nothing here knows whose Router it is: the constructor's argument decides.
contract PriceConsumer is FunctionsClient {
    using FunctionsRequest for FunctionsRequest.Request;

    /// Gas of the callback: two fresh storage slots, one event, and room.
    uint32 private constant CALLBACK_GAS = 100_000;

    address public immutable owner;
    /// The latest request. Never cleared: then asking costs the same gas whether its answer is there or not.
    bytes32 public latestRequest;
    /// The latest price, in cents.
    uint256 public price;

    event PriceUpdated(bytes32 indexed requestId, uint256 price);
    event PriceFailed(bytes32 indexed requestId, bytes reason);

    error OnlyOwner();
    error UnexpectedRequestID(bytes32 requestId);

    constructor(address router) FunctionsClient(router) {
        owner = msg.sender;
    }

    /// @notice Asks the DON to run `source` with `args`; the script returns one uint256.
    function requestPrice(string calldata source, string[] calldata args, uint64 subscriptionId, bytes32 donId)
        external
        returns (bytes32 requestId)
    {
        if (msg.sender != owner) revert OnlyOwner();
        FunctionsRequest.Request memory request;
        request.initializeRequestForInlineJavaScript(source);
        if (args.length > 0) request.setArgs(args);
        requestId = _sendRequest(request.encodeCBOR(), subscriptionId, CALLBACK_GAS, donId);
        latestRequest = requestId;
    }

    /// @dev The base has checked that the Router calls, and the Router calls once a request.
    function _fulfillRequest(bytes32 requestId, bytes memory response, bytes memory err) internal override {
        if (requestId != latestRequest) revert UnexpectedRequestID(requestId);
        if (err.length > 0) {
            emit PriceFailed(requestId, err);
            return;
        }
        price = abi.decode(response, (uint256));
        emit PriceUpdated(requestId, price);
    }
}
