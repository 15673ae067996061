//! The request builder of Stylus consumers beside the Solidity library: random requests, equal bytes.

use alloy::{
    primitives::{Bytes, U256},
    sol,
    sol_types::SolCall,
};
use differential_tests::{chain::Side, scene::STRANGER, twin::reference_code};
use functions_consumer::RequestBuilder;
use proptest::{prelude::*, test_runner::TestRunner};

sol! {
    #[derive(Debug)]
    function encode(string source, string[] args, bytes[] bytesArgs, bytes remoteSecrets, bool hosted, uint8 slot, uint64 version) external pure returns (bytes);
}

fn built(call: &encodeCall) -> Result<Vec<u8>, Vec<u8>> {
    let mut request = RequestBuilder::inline(call.source.clone())?;
    if !call.args.is_empty() {
        request = request.args(call.args.clone())?;
    }
    if !call.bytesArgs.is_empty() {
        request = request.bytes_args(call.bytesArgs.iter().map(|arg| arg.to_vec()).collect())?;
    }
    if !call.remoteSecrets.is_empty() {
        request = request.remote_secrets(call.remoteSecrets.to_vec())?;
    }
    if call.hosted {
        request = request.don_hosted_secrets(call.slot, call.version);
    }
    Ok(request.encode())
}

/// Lengths around every step of a CBOR head.
fn bytes() -> impl Strategy<Value = Bytes> {
    let length = prop_oneof![0..30usize, 250..260usize, 65_530..65_540usize];
    length.prop_flat_map(|length| prop::collection::vec(any::<u8>(), length)).prop_map(Bytes::from)
}

fn request() -> impl Strategy<Value = encodeCall> {
    let text = || "\\PC{0,40}";
    let version = prop_oneof![0..24u64, 200..300u64, 65_530..65_540u64, any::<u64>()];
    (
        text(),
        prop::collection::vec(text(), 0..30),
        prop::collection::vec(bytes(), 0..3),
        bytes(),
        any::<(bool, u8)>(),
        version,
    )
        .prop_map(|(source, args, bytes_args, remote, (hosted, slot), version)| encodeCall {
            source,
            args,
            bytesArgs: bytes_args,
            remoteSecrets: remote,
            hosted,
            slot,
            version,
        })
}

#[test]
fn the_builder_writes_the_librarys_bytes() {
    let Some(code) = reference_code("request_encoder") else { return };
    let mut side = Side::new(1, 0);
    let (library, receipt) = side.create(STRANGER, code);
    receipt.ok();
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..Default::default() });
    let outcome = runner.run(&request(), |call| {
        let theirs = side.call(STRANGER, library, &call.abi_encode(), U256::ZERO);
        let theirs = theirs.map(|output| encodeCall::abi_decode_returns(&output).unwrap().to_vec());
        prop_assert_eq!(built(&call), theirs.map_err(|data| data.to_vec()));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
