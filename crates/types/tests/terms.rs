//! The codec of terms against alloy's coding of the same structs, on any values and on damaged bytes.
#![cfg(feature = "abi")]

use alloy_primitives::{
    Address, B256,
    aliases::{U40, U72, U96},
    keccak256,
};
use alloy_sol_types::SolValue;
use functions_types::{Commitment, Juels, RequestIdPreimage, RequestMeta, SubscriptionId, abi};
use proptest::prelude::*;

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::from)
}

fn word() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::from)
}

/// Numbers of so many bits, small and large ones.
fn number(bits: u32) -> impl Strategy<Value = u128> {
    (any::<u128>(), 0..bits).prop_map(move |(value, shift)| (value & ((1 << bits) - 1)) >> shift)
}

prop_compose! {
    fn commitment()(
        request in word(),
        coordinator in address(),
        client in address(),
        juels in (number(96), number(72), number(72)),
        gas in (number(40), number(40)),
        subscription in any::<u64>(),
        numbers in any::<(u32, u32)>(),
    ) -> abi::Commitment {
        abi::Commitment {
            requestId: request,
            coordinator,
            estimatedTotalCostJuels: U96::from(juels.0),
            client,
            subscriptionId: subscription,
            callbackGasLimit: numbers.0,
            adminFee: U72::from(juels.1),
            donFee: U72::from(juels.2),
            gasOverheadBeforeCallback: U40::from(gas.0),
            gasOverheadAfterCallback: U40::from(gas.1),
            timeoutTimestamp: numbers.1,
        }
    }
}

prop_compose! {
    fn request_meta()(
        data in proptest::collection::vec(any::<u8>(), 0..100),
        flags in word(),
        parties in (address(), address()),
        juels in (number(96), number(72)),
        counts in any::<(u64, u64, u64)>(),
        gas in any::<u32>(),
        version in any::<u16>(),
    ) -> abi::RequestMeta {
        abi::RequestMeta {
            data: data.into(),
            flags,
            requestingContract: parties.0,
            availableBalance: U96::from(juels.0),
            adminFee: U72::from(juels.1),
            subscriptionId: counts.0,
            initiatedRequests: counts.1,
            callbackGasLimit: gas,
            dataVersion: version,
            completedRequests: counts.2,
            subscriptionOwner: parties.1,
        }
    }
}

/// The struct behind its offset: what `RequestMeta` reads and writes.
fn body(meta: &abi::RequestMeta) -> Vec<u8> {
    meta.abi_encode().split_off(32)
}

/// What alloy reads at the same place.
fn theirs(body: &[u8]) -> Result<abi::RequestMeta, alloy_sol_types::Error> {
    let offset = B256::left_padding_from(&[32]);
    abi::RequestMeta::abi_decode_validate(&[offset.as_slice(), body].concat())
}

fn ours(body: &[u8]) -> Option<abi::RequestMeta> {
    let meta = RequestMeta::decode(body).ok()?;
    Some(abi::RequestMeta {
        data: meta.data.to_vec().into(),
        flags: meta.flags,
        requestingContract: meta.requesting_contract,
        availableBalance: U96::from(meta.available_balance.get()),
        adminFee: U72::from(meta.admin_fee.get()),
        subscriptionId: meta.subscription_id.0,
        initiatedRequests: meta.initiated_requests,
        callbackGasLimit: meta.callback_gas_limit,
        dataVersion: meta.data_version,
        completedRequests: meta.completed_requests,
        subscriptionOwner: meta.subscription_owner,
    })
}

proptest! {
    #[test]
    fn commitment_is_written_and_read_as_the_abi_does(theirs in commitment()) {
        let ours = Commitment::from(theirs.clone());
        prop_assert_eq!(theirs.abi_encode(), ours.encode());
        prop_assert_eq!(keccak256(theirs.abi_encode()), ours.hash());
        prop_assert_eq!(Commitment::decode(&theirs.abi_encode()), Ok(ours));
        prop_assert_eq!(abi::Commitment::from(ours), theirs);
    }

    /// Any one byte is damaged: what alloy refuses is refused, what it still reads is read as the same terms.
    #[test]
    fn commitment_is_refused_where_the_abi_refuses_it(terms in commitment(), at in 0..352_usize, dirt in 1..=255_u8) {
        let mut bytes = terms.abi_encode();
        bytes[at] ^= dirt;
        let theirs = abi::Commitment::abi_decode_validate(&bytes).ok();
        prop_assert_eq!(Commitment::decode(&bytes).ok(), theirs.map(Commitment::from));
    }

    #[test]
    fn request_meta_is_written_and_read_as_the_abi_does(meta in request_meta()) {
        let body = body(&meta);
        prop_assert_eq!(ours(&body), Some(meta));
        let mut written = Vec::new();
        RequestMeta::decode(&body).expect("read above").encode_into(&mut written);
        prop_assert_eq!(written, body);
    }

    /// Any byte of the head behind the offset, which alloy wants where it would write it itself.
    #[test]
    fn request_meta_is_refused_where_the_abi_refuses_it(meta in request_meta(), at in 32..352_usize, dirt in 1..=255_u8) {
        let mut body = body(&meta);
        body[at] ^= dirt;
        prop_assert_eq!(ours(&body), theirs(&body).ok());
    }

    #[test]
    fn request_id_is_the_hash_of_what_the_abi_writes(
        parties in (address(), address(), address()),
        counts in any::<(u64, u64)>(),
        data_hash in word(),
        version in any::<u16>(),
        numbers in any::<(u32, u32)>(),
        juels in number(96),
    ) {
        let request = RequestIdPreimage {
            coordinator: parties.0,
            requesting_contract: parties.1,
            subscription_id: SubscriptionId(counts.0),
            nonce: counts.1,
            data_hash,
            data_version: version,
            callback_gas_limit: numbers.0,
            estimated_total_cost_juels: Juels::from_uint96(juels),
            timeout_timestamp: numbers.1,
            request_initiator: parties.2,
        };
        let theirs = (
            parties.0, parties.1, counts.0, counts.1, data_hash, version, numbers.0, U96::from(juels), numbers.1, parties.2,
        );
        prop_assert_eq!(request.request_id().0, keccak256(theirs.abi_encode()));
    }
}
