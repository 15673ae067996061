// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.19;

import {FunctionsRequest} from "src/v0.8/functions/v1_0_0/libraries/FunctionsRequest.sol";

/// The library's encoder behind a function, so that a test can ask it.
contract RequestEncoder {
    using FunctionsRequest for FunctionsRequest.Request;

    /// Each part is set when it is not empty; hosted secrets when `hosted`, after remote ones.
    function encode(
        string memory source,
        string[] memory args,
        bytes[] memory bytesArgs,
        bytes memory remoteSecrets,
        bool hosted,
        uint8 slot,
        uint64 version
    ) external pure returns (bytes memory) {
        FunctionsRequest.Request memory request;
        request.initializeRequestForInlineJavaScript(source);
        if (args.length > 0) request.setArgs(args);
        if (bytesArgs.length > 0) request.setBytesArgs(bytesArgs);
        if (remoteSecrets.length > 0) request.addSecretsReference(remoteSecrets);
        if (hosted) request.addDONHostedSecrets(slot, version);
        return request.encodeCBOR();
    }
}
