//! The OCR2 configuration: who signs, who transmits, how many may be faulty.

use functions_contract::{
    Address,
    abi::{Buf, Tuple},
    host, revert, word,
};
use functions_report::{
    MAX_ORACLES,
    digest::{OcrConfig, digest_of},
};
use functions_types::{
    selectors::{errors::coordinator::INVALID_CONFIG, events::coordinator as events},
    word::{from_address, from_u128},
};

use crate::{
    admin::only_owner,
    funds,
    storage::{Account, DIGEST, MISC, Role, Roster, SIGNERS, TRANSMITTERS, address_of, in_row},
};

/// The words of an address array; ends the call without data when one has dirty bits.
fn addresses<'a>(args: Tuple<'a>, index: usize) -> &'a [[u8; 32]] {
    let (len, items) = args.list(index, 32);
    for item in 0..len {
        items.address(item);
    }
    items.as_bytes()[..len * 32].as_chunks().0
}

fn require(holds: bool, message: &str) {
    if !holds {
        revert::error_text(INVALID_CONFIG, message);
    }
}

/// `setConfig(address[] signers, address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion, bytes
/// offchainConfig)`: replaces the oracles. Fees collected so far go to the old ones.
///
/// # Errors
/// * `InvalidConfig(string)` for the sizes, even before the caller is looked at; then `Error("Only callable by owner")`; then
///   `InvalidConfig(string)` for an address that is zero or has a role already.
///
/// # Events
/// `ConfigSet`.
///
/// Upstream: `OCR2Base.setConfig` (1.3.0).
pub fn set_config(args: Tuple<'_>) -> Buf {
    let config = OcrConfig {
        signers: addresses(args, 0),
        transmitters: addresses(args, 1),
        f: args.uint(2, 8) as u8,
        onchain_config: args.bytes(3),
        offchain_config_version: args.u64(4),
        offchain_config: args.bytes(5),
    };
    let oracles = config.signers.len();
    require(oracles <= MAX_ORACLES, "too many signers");
    require(config.f > 0, "f must be positive");
    require(oracles == config.transmitters.len(), "oracle addresses out of registration");
    require(oracles > 3 * usize::from(config.f), "faulty-oracle f too high");
    only_owner();

    let roster = Roster::load();
    if roster.oracles() > 0 {
        funds::disperse_pool(roster.oracles());
    }
    for index in 0..roster.oracles() {
        for row in [SIGNERS, TRANSMITTERS] {
            Account::load(&oracle(row, index)).set_role(Role::None, 0);
        }
    }
    for (index, (signer, transmitter)) in (0_u8..).zip(config.signers.iter().zip(config.transmitters)) {
        require(*signer != [0; 32], "signer must not be empty");
        require(*transmitter != [0; 32], "transmitter must not be empty");
        enrol(SIGNERS, signer, Role::Signer, index, "repeated signer address");
        enrol(TRANSMITTERS, transmitter, Role::Transmitter, index, "repeated transmitter address");
    }

    let config_count = roster.config_count().wrapping_add(1);
    let mut misc = host::load(&MISC);
    let previous_block = word::get(&misc.0, 8, 4);
    word::put(&mut misc.0, 8, 4, (host::block_number() as u32).into());
    host::store(&MISC, &misc);
    roster.store_oracles(oracles as u8, config.f, config_count);

    // The digest's preimage and the event's data differ in their first two words only.
    let words = [from_u128(host::chain_id().into()), from_address(host::this())];
    let mut log = config.encode(&events::CONFIG_SET.0, words, config_count.into());
    let digest = digest_of(&log[32..]);
    host::store(&DIGEST, &digest);
    log[32..64].copy_from_slice(&from_u128(previous_block));
    log[64..96].copy_from_slice(&digest.0);
    let mut buf = Buf::new(log.len());
    buf.raw(&log);
    host::log(&buf, 1);
    Buf::empty()
}

/// Oracle `index` of a row.
pub fn oracle(row: u8, index: u8) -> Address {
    address_of(&host::load(&in_row(row, index.into())))
}

/// Gives an address without a role its place.
#[inline(never)]
fn enrol(row: u8, word: &[u8; 32], role: Role, index: u8, repeated: &str) {
    let address = Address::from_slice(&word[12..]);
    let account = Account::load(&address);
    require(account.is(Role::None), repeated);
    account.set_role(role, index);
    let mut slot = functions_contract::B256::ZERO;
    slot[..20].copy_from_slice(address.as_slice());
    host::store(&in_row(row, index.into()), &slot);
}

/// `latestConfigDetails() returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest)`; zeros before the first.
///
/// The block number is the parent chain's.
pub fn latest_config_details() -> Buf {
    let mut out = Buf::new(96);
    out.num(Roster::load().config_count().into());
    out.num(word::get(&host::load(&MISC).0, 8, 4));
    out.raw(&host::load(&DIGEST).0);
    out
}

/// `latestConfigDigestAndEpoch()`: always (true, 0, 0), which tells clients to scan the logs.
pub fn latest_config_digest_and_epoch() -> Buf {
    let mut out = Buf::new(96);
    out.num(1);
    out.num(0);
    out.num(0);
    out
}

/// `transmitters() returns (address[])`, in the order of the configuration.
pub fn transmitters() -> Buf {
    let count = Roster::load().oracles();
    let mut out = Buf::new(64 + usize::from(count) * 32);
    out.num(32);
    out.num(count.into());
    for index in 0..count {
        out.address(&oracle(TRANSMITTERS, index));
    }
    out
}
