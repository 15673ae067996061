//! Damaged calldata, for every function: cut short, longer, with any word replaced, with value.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolCall,
};
use differential_tests::{Twin, scene::*};
use functions_types::abi::{self, Coordinator as C, Router as R};

use crate::scene;

/// Replacements of one word: sizes, offsets and values at every edge.
fn replacements(word: U256, len: usize) -> Vec<U256> {
    let one = U256::ONE;
    let mut all =
        vec![U256::ZERO, one, U256::from(2), U256::from(31), U256::from(32), U256::MAX, U256::MAX << 5];
    all.extend([word.wrapping_add(one), word.wrapping_sub(one), word.wrapping_add(U256::from(32))]);
    all.extend(
        [7, 8, 15, 16, 31, 32, 39, 40, 63, 64, 71, 72, 95, 96, 127, 128, 159, 160, 223, 224, 255]
            .map(|bit| word | (one << bit)),
    );
    let len = U256::from(len);
    all.extend([len, len - U256::from(4), len - U256::from(36), len - U256::from(32)]);
    all.extend([(one << 64) - one, one << 59, (one << 255) | word]);
    all.sort_unstable();
    all.dedup();
    all.retain(|other| *other != word);
    all
}

/// Compares every mutation of a call, as a call that leaves no trace.
pub(crate) fn damage(twin: &mut Twin, label: &str, from: Address, to: Address, data: &[u8]) {
    let _ = twin.call(label, from, to, data);
    let _ = twin.call_value(&format!("{label} with value"), from, to, data, U256::ONE);
    for len in (4..data.len()).rev().filter(|len| (len - 4) % 32 == 0 || (len - 4) % 32 == 31) {
        let _ = twin.call(&format!("{label} cut to {len}"), from, to, &data[..len]);
    }
    let _ = twin.call(&format!("{label} with a byte more"), from, to, &[data, &[7]].concat());
    let _ = twin.call(&format!("{label} with a word more"), from, to, &[data, &[7; 32]].concat());
    for at in (4..data.len().saturating_sub(31)).step_by(32) {
        let word = U256::from_be_slice(&data[at..at + 32]);
        for replacement in replacements(word, data.len()) {
            let mut data = data.to_vec();
            data[at..at + 32].copy_from_slice(&replacement.to_be_bytes::<32>());
            let label = format!("{label}, word {} := {replacement:#x}", (at - 4) / 32);
            let _ = twin.call(&label, from, to, &data);
        }
    }
}

macro_rules! damages {
    ($scene:ident, $to:expr, $($from:expr => $call:expr),* $(,)?) => {
        $({
            let call = $call;
            let to = $to;
            damage(&mut $scene.twin, signature(&call), $from, to, &call.abi_encode());
        })*
    };
}

fn signature<T: SolCall>(_: &T) -> &'static str {
    T::SIGNATURE
}

const SUB: u64 = SUBSCRIPTION;

#[test]
fn router_subscriptions() {
    let mut scene = scene!();
    let to = scene.router;
    let link = scene.link;
    let (consumer, client) = (CONSUMER, CONSUMER);
    damages!(scene, to,
        SUBSCRIBER => R::createSubscriptionCall {},
        SUBSCRIBER => R::createSubscriptionWithConsumerCall { consumer },
        SUBSCRIBER => R::addConsumerCall { subscriptionId: SUB, consumer: STRANGER },
        SUBSCRIBER => R::removeConsumerCall { subscriptionId: SUB, consumer },
        SUBSCRIBER => R::proposeSubscriptionOwnerTransferCall { subscriptionId: SUB, newOwner: STRANGER },
        SUBSCRIBER => R::acceptSubscriptionOwnerTransferCall { subscriptionId: SUB },
        SUBSCRIBER => R::cancelSubscriptionCall { subscriptionId: SUB, to: STRANGER },
        OWNER => R::ownerCancelSubscriptionCall { subscriptionId: SUB },
        OWNER => R::setFlagsCall { subscriptionId: SUB, flags: B256::repeat_byte(1) },
        STRANGER => R::getSubscriptionCall { subscriptionId: SUB },
        STRANGER => R::getSubscriptionsInRangeCall { subscriptionIdStart: 0, subscriptionIdEnd: 1 },
        STRANGER => R::getSubscriptionCountCall {},
        STRANGER => R::getConsumerCall { client, subscriptionId: SUB },
        STRANGER => R::getFlagsCall { subscriptionId: SUB },
        STRANGER => R::pendingRequestExistsCall { subscriptionId: SUB },
        STRANGER => R::isValidCallbackGasLimitCall { subscriptionId: SUB, callbackGasLimit: 300_000 },
        link => R::onTokenTransferCall { _0: SUBSCRIBER, amount: U256::from(5), data: B256::with_last_byte(1).0.into() },
        STRANGER => R::onTokenTransferCall { _0: SUBSCRIBER, amount: U256::from(5), data: B256::with_last_byte(1).0.into() },
    );
}

#[test]
fn router_administration() {
    let mut scene = scene!();
    let to = scene.router;
    let coordinator = scene.coordinator;
    let amount = U256::from(5).to();
    damages!(scene, to,
        OWNER => R::updateConfigCall { config: router_config() },
        STRANGER => R::updateConfigCall { config: router_config() },
        OWNER => R::setAllowListIdCall { allowListId: don_id() },
        OWNER => R::pauseCall {},
        OWNER => R::unpauseCall {},
        OWNER => R::transferOwnershipCall { to: STRANGER },
        OWNER => R::acceptOwnershipCall {},
        OWNER => R::ownerCall {},
        OWNER => R::pausedCall {},
        OWNER => R::getConfigCall {},
        OWNER => R::getAdminFeeCall {},
        OWNER => R::getAllowListIdCall {},
        OWNER => R::getTotalBalanceCall {},
        OWNER => R::MAX_CALLBACK_RETURN_BYTESCall {},
        OWNER => R::typeAndVersionCall {},
        OWNER => R::getContractByIdCall { id: don_id() },
        OWNER => R::getProposedContractByIdCall { id: don_id() },
        OWNER => R::getProposedContractSetCall {},
        OWNER => R::updateContractsCall {},
        OWNER => R::proposeContractsUpdateCall {
            proposedContractSetIds: vec![don_id(), B256::repeat_byte(2)],
            proposedContractSetAddresses: vec![STRANGER, coordinator],
        },
        STRANGER => R::proposeContractsUpdateCall {
            proposedContractSetIds: vec![don_id()],
            proposedContractSetAddresses: vec![STRANGER],
        },
        OWNER => R::oracleWithdrawCall { recipient: STRANGER, amount },
        OWNER => R::ownerWithdrawCall { recipient: STRANGER, amount },
        OWNER => R::recoverFundsCall { to: STRANGER },
    );
    for selector in [vec![], vec![1], vec![1, 2, 3], vec![0; 4], vec![0xff; 36], vec![0xb1, 0xdc, 0x65, 0xa4]]
    {
        let _ = scene.twin.call("unknown selector", STRANGER, to, &selector);
        let _ = scene.twin.call_value("plain transfer", STRANGER, to, &selector, U256::ONE);
    }
}

#[test]
fn router_requests() {
    let mut scene = scene!();
    let to = scene.router;
    let request = scene.request(&[1; 73], 100_000);
    scene.advance(1_000);
    let stored = Scene::stored(&request);
    let call = scene.send_request(&[7; 40], 100_000);
    let fulfill = R::fulfillCall {
        response: vec![1; 40].into(),
        err: vec![2; 3].into(),
        juelsPerGas: U256::ZERO.to(),
        costWithoutCallback: U256::from(1_000).to(),
        transmitter: STRANGER,
        commitment: stored.clone(),
    };
    let proposed = R::sendRequestToProposedCall {
        subscriptionId: SUB,
        data: vec![1; 5].into(),
        dataVersion: 1,
        callbackGasLimit: 10,
        donId: B256::repeat_byte(9),
    };
    let coordinator = scene.coordinator;
    damages!(scene, to,
        CONSUMER => call.clone(),
        STRANGER => call,
        CONSUMER => proposed,
        STRANGER => fulfill.clone(),
        coordinator => fulfill,
        STRANGER => R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![stored.clone()] },
        STRANGER => R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![stored.clone(), stored] },
    );
}

#[test]
fn coordinator_administration() {
    let mut scene = scene!();
    let (to, router) = (scene.coordinator, scene.router);
    let set_config = scene.set_config();
    let amount = U256::from(5).to();
    let key = Bytes::from(vec![5; 64]);
    damages!(scene, to,
        OWNER => C::updateConfigCall { config: billing_config() },
        STRANGER => C::updateConfigCall { config: billing_config() },
        OWNER => set_config.clone(),
        STRANGER => set_config,
        OWNER => C::setDONPublicKeyCall { donPublicKey: key.clone() },
        STRANGER => C::setDONPublicKeyCall { donPublicKey: key.clone() },
        OWNER => C::setThresholdPublicKeyCall { thresholdPublicKey: key },
        OWNER => C::getDONPublicKeyCall {},
        OWNER => C::getThresholdPublicKeyCall {},
        OWNER => C::transferOwnershipCall { to: STRANGER },
        OWNER => C::acceptOwnershipCall {},
        OWNER => C::ownerCall {},
        OWNER => C::getConfigCall {},
        OWNER => C::typeAndVersionCall {},
        OWNER => C::latestConfigDetailsCall {},
        OWNER => C::latestConfigDigestAndEpochCall {},
        OWNER => C::transmittersCall {},
        OWNER => C::getWeiPerUnitLinkCall {},
        OWNER => C::getUsdPerUnitLinkCall {},
        OWNER => C::getDONFeeJuelsCall(vec![1; 33].into()),
        OWNER => C::getOperationFeeJuelsCall {},
        OWNER => C::getAdminFeeJuelsCall {},
        OWNER => C::estimateCostCall { subscriptionId: SUB, data: vec![1; 33].into(), callbackGasLimit: 1_000, gasPriceWei: U256::from(5) },
        OWNER => C::oracleWithdrawCall { recipient: STRANGER, amount },
        OWNER => C::oracleWithdrawAllCall {},
        router => C::deleteCommitmentCall { requestId: don_id() },
        STRANGER => C::deleteCommitmentCall { requestId: don_id() },
    );
    for selector in [vec![], vec![1], vec![1, 2, 3], vec![0; 4], vec![0xff; 36], vec![0x46, 0x1d, 0x27, 0x62]]
    {
        let _ = scene.twin.call("unknown selector", STRANGER, to, &selector);
        let _ = scene.twin.call_value("plain transfer", STRANGER, to, &selector, U256::ONE);
    }
}

#[test]
fn coordinator_start_request() {
    let mut scene = scene!();
    let (to, router) = (scene.coordinator, scene.router);
    let request = abi::RequestMeta {
        data: vec![1; 33].into(),
        requestingContract: CONSUMER,
        availableBalance: U256::from(LINK).to(),
        subscriptionId: SUB,
        callbackGasLimit: 1_000,
        dataVersion: 1,
        subscriptionOwner: SUBSCRIBER,
        ..Default::default()
    };
    damages!(scene, to,
        router => C::startRequestCall { request: request.clone() },
        STRANGER => C::startRequestCall { request },
    );
}

#[test]
fn coordinator_transmit() {
    let mut scene = scene!();
    scene.free_gas();
    let request = scene.request(&[1; 73], 100_000);
    let transmission = scene.report(&[(&request, &[5; 32], &[])]);
    let (to, from) = (scene.coordinator, scene.oracles[2].transmitter);
    damage(&mut scene.twin, "transmit", from, to, &transmission.calldata());
}

#[test]
fn coordinator_reports() {
    let mut scene = scene!();
    scene.free_gas();
    let first = scene.request(&[1; 73], 100_000);
    let second = scene.request(&[2; 73], 100_000);
    let good = scene.report(&[(&first, &[5; 32], &[]), (&second, &[], &[6; 2])]).report;
    let (to, from) = (scene.coordinator, scene.oracles[2].transmitter);
    // Every damaged report is signed by a quorum.
    for at in (0..good.len()).step_by(32) {
        let word = U256::from_be_slice(&good[at..at + 32]);
        for replacement in replacements(word, good.len()) {
            let mut report = good.clone();
            report[at..at + 32].copy_from_slice(&replacement.to_be_bytes::<32>());
            let call = scene.sign(report, &[0, 1, 2]).calldata();
            let label = format!("report, word {} := {replacement:#x}", at / 32);
            let _ = scene.twin.call(&label, from, to, &call);
        }
        let call = scene.sign(good[..at].to_vec(), &[0, 1, 2]).calldata();
        let _ = scene.twin.call(&format!("report cut to {at}"), from, to, &call);
    }
}

#[test]
fn while_paused() {
    // What is looked at first: the pause, or the arguments.
    let mut scene = scene!();
    let (to, link, coordinator) = (scene.router, scene.link, scene.coordinator);
    let request = scene.request(&[1; 73], 100_000);
    scene.twin.ok(OWNER, to, &R::pauseCall {});
    let commitment = Scene::stored(&request);
    let amount = U256::from(5).to();
    let call = scene.send_request(&[7; 40], 100_000);
    let fulfill = R::fulfillCall {
        response: vec![1; 40].into(),
        err: vec![2; 3].into(),
        juelsPerGas: U256::ZERO.to(),
        costWithoutCallback: U256::from(1_000).to(),
        transmitter: STRANGER,
        commitment: commitment.clone(),
    };
    let data = Bytes::from(B256::with_last_byte(1).to_vec());
    damages!(scene, to,
        CONSUMER => call,
        coordinator => fulfill,
        STRANGER => R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![commitment.clone(), commitment] },
        SUBSCRIBER => R::createSubscriptionWithConsumerCall { consumer: CONSUMER },
        SUBSCRIBER => R::addConsumerCall { subscriptionId: SUB, consumer: STRANGER },
        SUBSCRIBER => R::removeConsumerCall { subscriptionId: SUB, consumer: CONSUMER },
        SUBSCRIBER => R::proposeSubscriptionOwnerTransferCall { subscriptionId: SUB, newOwner: STRANGER },
        SUBSCRIBER => R::acceptSubscriptionOwnerTransferCall { subscriptionId: SUB },
        SUBSCRIBER => R::cancelSubscriptionCall { subscriptionId: SUB, to: STRANGER },
        OWNER => R::ownerCancelSubscriptionCall { subscriptionId: SUB },
        coordinator => R::oracleWithdrawCall { recipient: STRANGER, amount },
        link => R::onTokenTransferCall { _0: SUBSCRIBER, amount: U256::from(5), data },
    );
}

#[test]
fn by_strangers() {
    // What is looked at first: the caller, or the arguments.
    let mut scene = scene!();
    let (r, c) = (scene.router, scene.coordinator);
    let key = Bytes::from(vec![5; 40]);
    damages!(scene, r,
        STRANGER => R::ownerCancelSubscriptionCall { subscriptionId: SUB },
        STRANGER => R::setFlagsCall { subscriptionId: SUB, flags: B256::repeat_byte(1) },
        STRANGER => R::setAllowListIdCall { allowListId: don_id() },
        STRANGER => R::transferOwnershipCall { to: STRANGER },
        STRANGER => R::ownerWithdrawCall { recipient: STRANGER, amount: U256::from(5).to() },
        STRANGER => R::recoverFundsCall { to: STRANGER },
        STRANGER => R::updateContractsCall {},
        STRANGER => R::pauseCall {},
    );
    damages!(scene, c,
        STRANGER => C::setThresholdPublicKeyCall { thresholdPublicKey: key },
        STRANGER => C::transferOwnershipCall { to: STRANGER },
        STRANGER => C::oracleWithdrawAllCall {},
        STRANGER => C::oracleWithdrawCall { recipient: STRANGER, amount: U256::from(5).to() },
    );
}
