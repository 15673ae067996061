//! Subscriptions: opening, consumers, changing hands, closing, and what can be read of them.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD},
    host,
    revert::{add, error, error_address, error_num, sub},
    word,
};
use functions_types::{
    SubscriptionId,
    selectors::{errors::router as e, events::router as ev},
};

use crate::{
    admin::{not_paused, only_owner},
    funds::transfer_link,
    routes::terms_accepted,
    storage::{self, Consumer, LIMITS, OWNER, Purse, Subscription, number, subscription_event},
};

/// The subscription in argument `index`.
fn id(args: Tuple<'_>, index: usize) -> SubscriptionId {
    SubscriptionId(args.u64(index))
}

/// A subscription that exists, with its balance and owner.
#[inline(never)]
pub(crate) fn existing(id: SubscriptionId) -> (Subscription, Purse) {
    let subscription = Subscription::new(id);
    let account = Purse::load(&subscription.account());
    if account.holder == Address::ZERO {
        error(e::INVALID_SUBSCRIPTION);
    }
    (subscription, account)
}

/// The common entry of what a subscription's owner may do: not paused, owner, terms of service.
#[inline(never)]
fn owned(id: SubscriptionId) -> (Subscription, Purse) {
    not_paused();
    let (subscription, account) = existing(id);
    if account.holder != host::sender() {
        error(e::MUST_BE_SUBSCRIPTION_OWNER);
    }
    terms_accepted();
    (subscription, account)
}

/// `createSubscription()` and `createSubscriptionWithConsumer(address)`: opens an empty subscription of
/// the caller. The consumer is added without regard to the limit of consumers.
pub fn create(consumer: Option<Address>) -> Buf {
    not_paused();
    terms_accepted();
    let mut limits = storage::limits().0;
    let id = SubscriptionId(word::get(&limits, 0, 8) as u64 + 1);
    word::put(&mut limits, 0, 8, id.0.into());
    host::store(&LIMITS, &limits);
    let subscription = Subscription::new(id);
    let owner = host::sender();
    Purse { juels: 0, holder: owner }.store(&subscription.account());
    subscription_event(&ev::SUBSCRIPTION_CREATED, id, &[&owner]);
    if let Some(consumer) = consumer {
        push_consumer(&subscription, Consumer::load(&consumer, id), &consumer);
    }
    Buf::of(id.0.into())
}

#[inline(never)]
fn push_consumer(subscription: &Subscription, mut record: Consumer, consumer: &Address) {
    record.allowed = true;
    record.store();
    let len = subscription.len();
    host::store(&subscription.len_slot(), &number(u128::from(len) + 1));
    host::store(&subscription.consumer_slot(len), &consumer.into_word());
    subscription_event(&ev::SUBSCRIPTION_CONSUMER_ADDED, subscription.id, &[consumer]);
}

/// `addConsumer(uint64,address)`: nothing happens when it is on the list already, but a full list is
/// refused first.
pub fn add_consumer(args: Tuple<'_>) -> Buf {
    let (id, consumer) = (id(args, 0), args.address(1));
    let (subscription, _) = owned(id);
    let max = storage::limits().max_consumers();
    if subscription.len() >= max {
        error_num(e::TOO_MANY_CONSUMERS, max.into());
    }
    let record = Consumer::load(&consumer, id);
    if !record.allowed {
        push_consumer(&subscription, record, &consumer);
    }
    Buf::empty()
}

/// `removeConsumer(uint64,address)`: the last consumer takes the removed one's place.
pub fn remove_consumer(args: Tuple<'_>) -> Buf {
    let (id, consumer) = (id(args, 0), args.address(1));
    let (subscription, _) = owned(id);
    let record = Consumer::load(&consumer, id);
    if !record.allowed {
        error(e::INVALID_CONSUMER);
    }
    if record.has_pending() {
        error(e::CANNOT_REMOVE_WITH_PENDING_REQUESTS);
    }
    record.delete();
    let len = subscription.len();
    // An allowed consumer is on the list, so the list is not empty and holds it.
    let last = len - 1;
    let index = (0..last).find(|&index| subscription.consumer(index) == consumer).unwrap_or(last);
    if index != last {
        host::store(&subscription.consumer_slot(index), &subscription.consumer(last).into_word());
    }
    host::store(&subscription.consumer_slot(last), &B256::ZERO);
    host::store(&subscription.len_slot(), &number(last.into()));
    subscription_event(&ev::SUBSCRIPTION_CONSUMER_REMOVED, id, &[&consumer]);
    Buf::empty()
}

/// `proposeSubscriptionOwnerTransfer(uint64,address)`.
pub fn propose_owner_transfer(args: Tuple<'_>) -> Buf {
    let (id, new) = (id(args, 0), args.address(1));
    let (subscription, account) = owned(id);
    let mut blocked = Purse::load(&subscription.blocked());
    if new == Address::ZERO || new == blocked.holder {
        error(e::INVALID_CALLDATA);
    }
    blocked.holder = new;
    blocked.store(&subscription.blocked());
    subscription_event(&ev::SUBSCRIPTION_OWNER_TRANSFER_REQUESTED, id, &[&account.holder, &new]);
    Buf::empty()
}

/// `acceptSubscriptionOwnerTransfer(uint64)`, by the proposed owner.
pub fn accept_owner_transfer(args: Tuple<'_>) -> Buf {
    let id = id(args, 0);
    not_paused();
    terms_accepted();
    let subscription = Subscription::new(id);
    let mut blocked = Purse::load(&subscription.blocked());
    let new = host::sender();
    if blocked.holder != new {
        error_address(e::MUST_BE_PROPOSED_OWNER, &blocked.holder);
    }
    let mut account = Purse::load(&subscription.account());
    let from = account.holder;
    account.holder = new;
    account.store(&subscription.account());
    blocked.holder = Address::ZERO;
    blocked.store(&subscription.blocked());
    subscription_event(&ev::SUBSCRIPTION_OWNER_TRANSFERRED, id, &[&from, &new]);
    Buf::empty()
}

/// `cancelSubscription(uint64,address)`: refunds to `to`, less the deposit if too little was completed.
pub fn cancel(args: Tuple<'_>) -> Buf {
    let (id, to) = (id(args, 0), args.address(1));
    let (subscription, account) = owned(id);
    if has_pending(&subscription) {
        error(e::CANNOT_REMOVE_WITH_PENDING_REQUESTS);
    }
    close(&subscription, &account, &to, true);
    Buf::empty()
}

/// `ownerCancelSubscription(uint64)`, by the Router's owner: full refund to the subscription's owner,
/// whatever is pending, paused or not.
pub fn owner_cancel(args: Tuple<'_>) -> Buf {
    let id = id(args, 0);
    only_owner();
    let (subscription, account) = existing(id);
    close(&subscription, &account, &account.holder, false);
    Buf::empty()
}

#[inline(never)]
fn close(subscription: &Subscription, account: &Purse, to: &Address, keep_deposit: bool) {
    let mut completed = 0u64;
    for index in 0..subscription.len() {
        let record = Consumer::load(&subscription.consumer(index), subscription.id);
        completed = completed.wrapping_add(record.completed);
        record.delete();
        host::store(&subscription.consumer_slot(index), &B256::ZERO);
    }
    for slot in
        [subscription.account(), subscription.blocked(), subscription.flags(), subscription.len_slot()]
    {
        host::store(&slot, &B256::ZERO);
    }
    let mut refund = account.juels;
    let limits = storage::limits();
    if keep_deposit && completed < limits.deposit_minimum_requests() {
        let deposit = limits.deposit_juels().min(refund);
        if deposit > 0 {
            storage::credit(&host::this(), deposit);
            refund -= deposit;
        }
    }
    if refund > 0 {
        let mut total = Purse::load(&OWNER);
        total.juels = sub(total.juels, refund);
        total.store(&OWNER);
        transfer_link(to, &number(refund));
    }
    let mut event = Buf::event(&ev::SUBSCRIPTION_CANCELED, 3, 0);
    event.num(subscription.id.0.into());
    event.address(to);
    event.num(refund);
    host::log(&event, 2);
}

/// `setFlags(uint64,bytes32)`, by the Router's owner.
pub fn set_flags(args: Tuple<'_>) -> Buf {
    let (id, flags) = (id(args, 0), args.b256(1));
    only_owner();
    let (subscription, _) = existing(id);
    host::store(&subscription.flags(), &flags);
    Buf::empty()
}

/// `getFlags(uint64)`: zero for an unknown subscription.
pub fn flags(args: Tuple<'_>) -> B256 {
    host::load(&Subscription::new(id(args, 0)).flags())
}

/// `getConsumer(address client, uint64 subscriptionId)`: zero for an unknown one.
pub fn get_consumer(args: Tuple<'_>) -> Buf {
    let record = Consumer::load(&args.address(0), id(args, 1));
    let mut out = Buf::new(3 * WORD);
    out.num(record.allowed.into());
    out.num(record.initiated.into());
    out.num(record.completed.into());
    out
}

/// `pendingRequestExists(uint64)`.
pub fn pending_request_exists(args: Tuple<'_>) -> Buf {
    Buf::of(has_pending(&Subscription::new(id(args, 0))).into())
}

#[inline(never)]
fn has_pending(subscription: &Subscription) -> bool {
    (0..subscription.len())
        .any(|index| Consumer::load(&subscription.consumer(index), subscription.id).has_pending())
}

/// `getSubscription(uint64)`.
pub fn get_subscription(args: Tuple<'_>) -> Buf {
    let (subscription, _) = existing(id(args, 0));
    let mut out = Buf::new(WORD + encoded_len(&subscription));
    out.num(WORD as u128);
    encode(&subscription, &mut out);
    out
}

/// `getSubscriptionsInRange(uint64,uint64)`: both ends included; a closed subscription is all zero.
pub fn get_subscriptions_in_range(args: Tuple<'_>) -> Buf {
    let (start, end) = (args.u64(0), args.u64(1));
    let count = storage::limits().count();
    if start > end || end > count || count == 0 {
        error(e::INVALID_CALLDATA);
    }
    // Both ends are at most the number of subscriptions, so the difference cannot overflow.
    let len = (end - start + 1) as usize;
    let tail: usize = (start..=end).map(|id| encoded_len(&Subscription::new(SubscriptionId(id)))).sum();
    let mut out = Buf::new((2 + len) * WORD + tail);
    out.num(WORD as u128);
    out.num(len as u128);
    let mut offset = len * WORD;
    for id in start..=end {
        out.num(offset as u128);
        offset += encoded_len(&Subscription::new(SubscriptionId(id)));
    }
    for id in start..=end {
        encode(&Subscription::new(SubscriptionId(id)), &mut out);
    }
    out
}

#[inline(never)]
fn encoded_len(subscription: &Subscription) -> usize {
    (7 + subscription.len() as usize) * WORD
}

/// Writes the dynamic struct: six head words, then the consumers.
#[inline(never)]
fn encode(subscription: &Subscription, out: &mut Buf) {
    for slot in [subscription.account(), subscription.blocked()] {
        let purse = Purse::load(&slot);
        out.num(purse.juels);
        out.address(&purse.holder);
    }
    out.num(6 * WORD as u128);
    out.raw(host::load(&subscription.flags()).as_slice());
    let len = subscription.len();
    out.num(len.into());
    for index in 0..len {
        out.address(&subscription.consumer(index));
    }
}

/// Adds `juels` to a subscription's balance and to the book; returns the balance before.
pub(crate) fn fund(id: SubscriptionId, juels: u128) -> u128 {
    let (subscription, mut account) = existing(id);
    let before = account.juels;
    account.juels = add(before, juels, 96);
    account.store(&subscription.account());
    let mut total = Purse::load(&OWNER);
    total.juels = add(total.juels, juels, 96);
    total.store(&OWNER);
    before
}
