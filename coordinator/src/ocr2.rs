//! The OCR2 configuration: who signs, who transmits, how many may be faulty.

use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD},
    host, refuse,
};
use functions_report::digest::{OcrConfig, digest_of};
use functions_types::{
    members::{MAX_MEMBERS, tolerates},
    selectors::{errors::coordinator as e, events::coordinator as ev},
    word::{from_address, from_u128},
};

use crate::{
    admin::only_owner,
    funds,
    storage::{Account, Owner, Role, Settings, config_digest, set_config_digest},
};

/// The words of an address array; ends the call without data when one has dirty bits.
fn addresses<'a>(args: Tuple<'a>, index: usize) -> &'a [[u8; WORD]] {
    let (len, items) = args.list(index, WORD);
    for item in 0..len {
        items.address(item);
    }
    items.as_bytes()[..len * WORD].as_chunks().0
}

/// Gas of a configuration, at the most: fees are to be shared, and every account and every place of the new oracles is
/// fresh. Whether they are is not the owner's doing alone: reports bring fees, and oracles withdraw theirs.
fn configuration_gas(settings: &Settings, config: &OcrConfig<'_>) -> u64 {
    let oracles = config.signers.len() as u64;
    let bytes = (config.onchain_config.len() + config.offchain_config.len()) as u64;
    60_000
        + funds::dispersal_gas(settings)
        + u64::from(settings.oracles()) * 16_000
        + oracles * 92_000
        + 16 * bytes
}

macro_rules! require {
    ($holds:expr, $message:expr) => {
        if !$holds {
            refuse!(e::INVALID_CONFIG, $message);
        }
    };
}

/// `setConfig(address[] signers, address[] transmitters, uint8 f, bytes onchainConfig, uint64 offchainConfigVersion,
/// bytes offchainConfig)`: replaces the oracles. Fees collected so far go to the old ones.
///
/// # Errors
/// In this order:
/// * `InvalidConfig(string)` for the sizes, even before the caller is looked at.
/// * `Error("Only callable by owner")`.
/// * No data - too little gas for the worst case.
/// * `InvalidConfig(string)` for an address that is zero or has a role already.
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
    require!(oracles <= MAX_MEMBERS, "too many signers");
    require!(config.f > 0, "f must be positive");
    require!(oracles == config.transmitters.len(), "oracle addresses out of registration");
    require!(tolerates(oracles, config.f.into()), "faulty-oracle f too high");
    let mut owner = only_owner();

    let mut settings = Settings::load();
    host::demand(configuration_gas(&settings, &config));
    if settings.oracles() > 0 {
        funds::disperse_pool(settings.oracles());
    }
    for index in 0..settings.oracles() {
        for role in [Role::Signer, Role::Transmitter] {
            Account::load(&role.oracle(index)).give_role(Role::None, 0);
        }
    }
    for (index, (signer, transmitter)) in (0_u8..).zip(config.signers.iter().zip(config.transmitters)) {
        require!(*signer != [0; WORD], "signer must not be empty");
        require!(*transmitter != [0; WORD], "transmitter must not be empty");
        require!(enrol(signer, Role::Signer, index), "repeated signer address");
        require!(enrol(transmitter, Role::Transmitter, index), "repeated transmitter address");
    }

    let (config_count, previous_block) = (owner.config_count().wrapping_add(1), owner.config_block());
    owner.set_config_count(config_count);
    owner.set_config_block(host::block_number() as u32);
    owner.store();
    settings.set_oracles(oracles as u8);
    settings.set_f(config.f);
    settings.store();

    // The digest's preimage and the event's data differ in their first two words only.
    let words = [from_u128(host::chain_id().into()), from_address(host::this())];
    let topic = Buf::event(&ev::CONFIG_SET, 0, 0);
    let mut log = config.encode(topic.as_bytes(), words, config_count.into());
    let digest = digest_of(&log[WORD..]);
    set_config_digest(&digest);
    log[WORD..2 * WORD].copy_from_slice(&from_u128(previous_block.into()));
    log[2 * WORD..3 * WORD].copy_from_slice(&digest.0);
    let mut buf = Buf::new(log.len());
    buf.raw(&log);
    host::log(&buf, 1);
    Buf::empty()
}

/// Gives an address its place; false when it has a role already.
#[inline(never)]
fn enrol(word: &[u8; WORD], role: Role, index: u8) -> bool {
    let address = Address::from_slice(&word[12..]);
    let account = Account::load(&address);
    if !account.is(Role::None) {
        return false;
    }
    account.give_role(role, index);
    role.set_oracle(index, address);
    true
}

/// `latestConfigDetails() returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest)`; zeros before the
/// first.
///
/// The block number is the parent chain's.
pub fn latest_config_details() -> Buf {
    let mut out = Buf::new(3 * WORD);
    let owner = Owner::load();
    out.num(owner.config_count().into());
    out.num(owner.config_block().into());
    out.raw(&config_digest().0);
    out
}

/// `latestConfigDigestAndEpoch()`: always (true, 0, 0), which tells clients to scan the logs.
pub fn latest_config_digest_and_epoch() -> Buf {
    let mut out = Buf::new(3 * WORD);
    out.num(1);
    out.num(0);
    out.num(0);
    out
}

/// `transmitters() returns (address[])`, in the order of the configuration.
pub fn transmitters() -> Buf {
    let count = Settings::load().oracles();
    let mut out = Buf::new((2 + usize::from(count)) * WORD);
    out.num(WORD as u128);
    out.num(count.into());
    for index in 0..count {
        out.address(&Role::Transmitter.oracle(index));
    }
    out
}
