//! Subscriptions: opening, consumers, changing hands, closing, and what can be read of them.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD},
    host,
    revert::{error, error_address, error_num, sub},
};
use functions_types::{
    SubscriptionId,
    selectors::{errors::router as e, events::router as ev},
};

use crate::{
    account::{Consumer, Funds, Holder, Subscription},
    admin::{not_paused, only_owner},
    funds::{LINK_TRANSFER_GAS, take_from_book},
    routes::terms_of_service_accepted,
    storage::{self, Limits},
};

/// The subscription in argument `index`.
fn id(args: Tuple<'_>, index: usize) -> SubscriptionId {
    SubscriptionId(args.u64(index))
}

/// The common entry of what a subscription's owner may do: not paused, owner, terms of service.
///
/// # Errors
/// `Error("Pausable: paused")`, `InvalidSubscription`, `MustBeSubscriptionOwner`, `SenderMustAcceptTermsOfService`; in
/// this order.
#[inline(never)]
fn owned(id: SubscriptionId) -> (Subscription, Holder) {
    let settings = not_paused();
    let (subscription, holder) = Subscription::existing(id);
    if holder.owner() != host::sender() {
        error(e::MUST_BE_SUBSCRIPTION_OWNER);
    }
    terms_of_service_accepted(&settings);
    (subscription, holder)
}

/// `createSubscription()` and `createSubscriptionWithConsumer(address)`: opens an empty subscription of
/// the caller. The consumer is added without regard to the limit of consumers.
///
/// # Errors
/// `Error("Pausable: paused")`, `SenderMustAcceptTermsOfService`; in this order.
///
/// # Events
/// `SubscriptionCreated`, then `SubscriptionConsumerAdded` with a consumer.
pub fn create(consumer: Option<Address>) -> Buf {
    terms_of_service_accepted(&not_paused());
    let mut limits = Limits::load();
    let id = SubscriptionId(limits.count() + 1);
    limits.set_count(id.0);
    limits.store();
    let subscription = Subscription::new(id);
    let owner = host::sender();
    let mut holder = subscription.no_holder();
    holder.set_owner(owner);
    holder.store();
    subscription.log(&ev::SUBSCRIPTION_CREATED, &[&owner]);
    if let Some(consumer) = consumer {
        let mut funds = subscription.funds();
        funds.set_given_away(owner == Address::ZERO);
        push_consumer(&subscription, funds, Consumer::load(&consumer, id), &consumer);
    }
    Buf::of(id.0.into())
}

#[inline(never)]
fn push_consumer(subscription: &Subscription, mut funds: Funds, mut record: Consumer, consumer: &Address) {
    record.set_allowed(true);
    record.store();
    subscription.set_consumer(funds.consumers(), consumer);
    // Every consumer is paid for with a word of storage: there are never 2³² of them.
    funds.set_consumers(funds.consumers().wrapping_add(1));
    funds.store();
    subscription.log(&ev::SUBSCRIPTION_CONSUMER_ADDED, &[consumer]);
}

/// `addConsumer(uint64,address)`: nothing happens when it is on the list already, but a full list is
/// refused first.
///
/// # Errors
/// `Error("Pausable: paused")`, `InvalidSubscription`, `MustBeSubscriptionOwner`, `SenderMustAcceptTermsOfService`,
/// `TooManyConsumers`; in this order.
///
/// # Events
/// `SubscriptionConsumerAdded`, unless it is on the list.
pub fn add_consumer(args: Tuple<'_>) -> Buf {
    let (id, consumer) = (id(args, 0), args.address(1));
    let (subscription, _) = owned(id);
    let (funds, max) = (subscription.funds(), Limits::load().max_consumers());
    if funds.consumers() >= max {
        error_num(e::TOO_MANY_CONSUMERS, max.into());
    }
    let record = Consumer::load(&consumer, id);
    if !record.is_allowed() {
        push_consumer(&subscription, funds, record, &consumer);
    }
    Buf::empty()
}

/// `removeConsumer(uint64,address)`: the last consumer takes the removed one's place.
///
/// # Errors
/// `Error("Pausable: paused")`, `InvalidSubscription`, `MustBeSubscriptionOwner`, `SenderMustAcceptTermsOfService`,
/// `InvalidConsumer`, `CannotRemoveWithPendingRequests`; in this order.
///
/// # Events
/// `SubscriptionConsumerRemoved`.
pub fn remove_consumer(args: Tuple<'_>) -> Buf {
    let (id, consumer) = (id(args, 0), args.address(1));
    let (subscription, _) = owned(id);
    let record = Consumer::load(&consumer, id);
    if !record.is_allowed() {
        error(e::INVALID_CONSUMER);
    }
    if record.has_pending() {
        error(e::CANNOT_REMOVE_WITH_PENDING_REQUESTS);
    }
    record.clear();
    let mut funds = subscription.funds();
    // An allowed consumer is on the list, so the list is not empty and holds it.
    let last = funds.consumers().wrapping_sub(1);
    let index = (0..last).find(|&index| subscription.consumer(index) == consumer).unwrap_or(last);
    if index != last {
        subscription.set_consumer(index, &subscription.consumer(last));
    }
    subscription.set_consumer(last, &Address::ZERO);
    funds.set_consumers(last);
    funds.store();
    subscription.log(&ev::SUBSCRIPTION_CONSUMER_REMOVED, &[&consumer]);
    Buf::empty()
}

/// `proposeSubscriptionOwnerTransfer(uint64,address)`.
///
/// # Errors
/// `Error("Pausable: paused")`, `InvalidSubscription`, `MustBeSubscriptionOwner`, `SenderMustAcceptTermsOfService`,
/// `InvalidCalldata`; in this order.
///
/// # Events
/// `SubscriptionOwnerTransferRequested`.
pub fn propose_owner_transfer(args: Tuple<'_>) -> Buf {
    let (id, new) = (id(args, 0), args.address(1));
    let (subscription, holder) = owned(id);
    if new == Address::ZERO || new == subscription.proposed_owner() {
        error(e::INVALID_CALLDATA);
    }
    subscription.set_proposed_owner(&new);
    subscription.log(&ev::SUBSCRIPTION_OWNER_TRANSFER_REQUESTED, &[&holder.owner(), &new]);
    Buf::empty()
}

/// `acceptSubscriptionOwnerTransfer(uint64)`, by the proposed owner.
///
/// # Errors
/// `Error("Pausable: paused")`, `SenderMustAcceptTermsOfService`, `MustBeProposedOwner`; in this order.
///
/// # Events
/// `SubscriptionOwnerTransferred`.
pub fn accept_owner_transfer(args: Tuple<'_>) -> Buf {
    let id = id(args, 0);
    terms_of_service_accepted(&not_paused());
    let subscription = Subscription::new(id);
    let (proposed, new) = (subscription.proposed_owner(), host::sender());
    if proposed != new {
        error_address(e::MUST_BE_PROPOSED_OWNER, &proposed);
    }
    let mut holder = subscription.holder();
    let from = holder.owner();
    holder.set_owner(new);
    holder.store();
    subscription.set_proposed_owner(&Address::ZERO);
    if new == Address::ZERO {
        let mut funds = subscription.funds();
        funds.set_given_away(true);
        funds.store();
    }
    subscription.log(&ev::SUBSCRIPTION_OWNER_TRANSFERRED, &[&from, &new]);
    Buf::empty()
}

/// `cancelSubscription(uint64,address)`: refunds to `to`, less the deposit if too little was completed.
///
/// # Errors
/// `Error("Pausable: paused")`, `InvalidSubscription`, `MustBeSubscriptionOwner`, `SenderMustAcceptTermsOfService`,
/// `CannotRemoveWithPendingRequests`, no data (too little gas), what LINK raises; in this order.
///
/// # Events
/// `SubscriptionCanceled`.
pub fn cancel(args: Tuple<'_>) -> Buf {
    let (id, to) = (id(args, 0), args.address(1));
    let (subscription, holder) = owned(id);
    if has_pending(&subscription) {
        error(e::CANNOT_REMOVE_WITH_PENDING_REQUESTS);
    }
    close(&subscription, &holder, &to, true);
    Buf::empty()
}

/// `ownerCancelSubscription(uint64)`, by the Router's owner: full refund to the subscription's owner,
/// whatever is pending, paused or not.
///
/// # Errors
/// `Error("Only callable by owner")`, `InvalidSubscription`, no data (too little gas), what LINK raises; in this order.
///
/// # Events
/// `SubscriptionCanceled`.
pub fn owner_cancel(args: Tuple<'_>) -> Buf {
    let id = id(args, 0);
    only_owner();
    let (subscription, holder) = Subscription::existing(id);
    close(&subscription, &holder, &holder.owner(), false);
    Buf::empty()
}

/// Consumers whose removal the Router's owner pays for in advance: that many may be added before the subscription is
/// closed.
const FEW_CONSUMERS: u32 = 16;

#[inline(never)]
fn close(subscription: &Subscription, holder: &Holder, to: &Address, keep_deposit: bool) {
    let funds = subscription.funds();
    // Others may fund it meanwhile or take the deposits out; and its owner may add consumers before the Router's owner
    // closes it.
    let consumers = if keep_deposit { funds.consumers() } else { funds.consumers().max(FEW_CONSUMERS) };
    host::demand(70_000 + LINK_TRANSFER_GAS + 14_000 * u64::from(consumers));
    let mut completed = 0u64;
    for index in 0..funds.consumers() {
        let record = Consumer::load(&subscription.consumer(index), subscription.id);
        completed = completed.wrapping_add(record.completed());
        record.clear();
        subscription.set_consumer(index, &Address::ZERO);
    }
    subscription.delete(holder);
    let mut refund = funds.balance();
    let limits = Limits::load();
    if keep_deposit && completed < limits.deposit_minimum_requests() {
        let deposit = limits.deposit().min(refund);
        if !deposit.is_zero() {
            storage::credit(&host::this(), deposit);
            refund = sub(refund, deposit);
        }
    }
    if !refund.is_zero() {
        take_from_book(to, refund);
    }
    let mut event = Buf::event(&ev::SUBSCRIPTION_CANCELED, 3, 0);
    event.num(subscription.id.0.into());
    event.address(to);
    event.juels(refund);
    host::log(&event, 2);
}

/// `setFlags(uint64,bytes32)`, by the Router's owner.
///
/// # Errors
/// `Error("Only callable by owner")`, `InvalidSubscription`; in this order.
pub fn set_flags(args: Tuple<'_>) -> Buf {
    let (id, flags) = (id(args, 0), args.b256(1));
    only_owner();
    let (subscription, holder) = Subscription::existing(id);
    subscription.set_flags(holder, &flags);
    Buf::empty()
}

/// `getFlags(uint64)`: zero for an unknown subscription.
pub fn flags(args: Tuple<'_>) -> B256 {
    let subscription = Subscription::new(id(args, 0));
    subscription.flags(&subscription.holder())
}

/// `getConsumer(address client, uint64 subscriptionId)`: zero for an unknown one.
pub fn get_consumer(args: Tuple<'_>) -> Buf {
    let record = Consumer::load(&args.address(0), id(args, 1));
    let mut out = Buf::new(3 * WORD);
    out.num(record.is_allowed().into());
    out.num(record.initiated().into());
    out.num(record.completed().into());
    out
}

/// `pendingRequestExists(uint64)`.
pub fn pending_request_exists(args: Tuple<'_>) -> Buf {
    Buf::of(has_pending(&Subscription::new(id(args, 0))).into())
}

#[inline(never)]
fn has_pending(subscription: &Subscription) -> bool {
    (0..subscription.funds().consumers())
        .any(|index| Consumer::load(&subscription.consumer(index), subscription.id).has_pending())
}

/// `getSubscription(uint64)`.
///
/// # Errors
/// `InvalidSubscription`.
pub fn get_subscription(args: Tuple<'_>) -> Buf {
    let (subscription, _) = Subscription::existing(id(args, 0));
    let mut out = Buf::new(WORD + encoded_len(&subscription));
    out.num(WORD as u128);
    encode(&subscription, &mut out);
    out
}

/// `getSubscriptionsInRange(uint64,uint64)`: both ends included; a closed subscription is all zero.
///
/// # Errors
/// `InvalidCalldata`.
pub fn get_subscriptions_in_range(args: Tuple<'_>) -> Buf {
    let (start, end) = (args.u64(0), args.u64(1));
    let count = Limits::load().count();
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
    (7 + subscription.funds().consumers() as usize) * WORD
}

/// Writes the dynamic struct: six head words, then the consumers.
#[inline(never)]
fn encode(subscription: &Subscription, out: &mut Buf) {
    let (funds, holder) = (subscription.funds(), subscription.holder());
    out.juels(funds.balance());
    out.address(&holder.owner());
    out.juels(funds.blocked());
    out.address(&subscription.proposed_owner());
    out.num(6 * WORD as u128);
    out.raw(subscription.flags(&holder).as_slice());
    out.num(funds.consumers().into());
    for index in 0..funds.consumers() {
        out.address(&subscription.consumer(index));
    }
}
