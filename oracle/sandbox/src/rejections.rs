//! Promises that were rejected and that nobody handles.
//!
//! The script hears of them by `unhandledrejection`; where a listener takes one for handled, it is known as announced,
//! and `rejectionhandled` follows once it is handled all the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use deno_core::{JsRuntime, v8};

use crate::entries::Entries;

thread_local! {
    /// Promises that were rejected while nobody listened.
    static REJECTED: RefCell<Rejected> = RefCell::default();
}

/// Rejected promises in the order of their rejection, each found by itself without a search.
#[derive(Default)]
struct Rejected {
    in_order: BTreeMap<u64, v8::Global<v8::Promise>>,
    numbers: HashMap<v8::Global<v8::Promise>, u64>,
    last: u64,
    /// Those a listener took for handled.
    announced: HashSet<v8::Global<v8::Promise>>,
    /// Those of them that were handled since.
    handled: VecDeque<v8::Global<v8::Promise>>,
}

impl Rejected {
    fn add(&mut self, promise: v8::Global<v8::Promise>) {
        self.last += 1;
        self.remove(&promise);
        self.numbers.insert(promise.clone(), self.last);
        self.in_order.insert(self.last, promise);
    }

    fn remove(&mut self, promise: &v8::Global<v8::Promise>) {
        if let Some(number) = self.numbers.remove(promise) {
            self.in_order.remove(&number);
        }
    }

    /// The first but for `promise`.
    fn first_other_than(&self, promise: &v8::Global<v8::Promise>) -> Option<v8::Global<v8::Promise>> {
        self.in_order.values().find(|other| *other != promise).cloned()
    }
}

/// Makes this module, instead of deno_core's event loop, the one that hears of rejections.
pub(crate) fn track(runtime: &mut JsRuntime) {
    let isolate = runtime.v8_isolate();
    isolate.set_promise_reject_callback(on_rejection);
}

extern "C" fn on_rejection(message: v8::PromiseRejectMessage<'_>) {
    v8::callback_scope!(unsafe scope, &message);
    let promise = v8::Global::new(scope, message.get_promise());
    match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            REJECTED.with_borrow_mut(|all| all.add(promise));
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => {
            REJECTED.with_borrow_mut(|all| {
                all.remove(&promise);
                if all.announced.remove(&promise) {
                    all.handled.push_back(promise);
                }
            });
        }
        _ => {}
    }
}

/// Takes a rejected promise for handled: somebody else hears of it.
pub(crate) fn forgive(promise: &v8::Global<v8::Promise>) {
    REJECTED.with_borrow_mut(|all| all.remove(promise));
}

/// The first of them but for `promise`.
pub(crate) fn first_other_than(promise: &v8::Global<v8::Promise>) -> Option<v8::Global<v8::Promise>> {
    REJECTED.with_borrow(|all| all.first_other_than(promise))
}

/// Tells the script of a promise that nobody handles; whether it took that for handled.
pub(crate) fn announce(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    promise: &v8::Global<v8::Promise>,
) -> bool {
    let taken = tell(scope, &entries.announce_rejection, promise).is_some_and(|taken| taken.is_true());
    if taken {
        REJECTED.with_borrow_mut(|all| {
            all.remove(promise);
            all.announced.insert(promise.clone());
        });
    }
    taken
}

/// Tells the script of promises that were handled after all; whether there were any.
pub(crate) fn announce_handled(scope: &mut v8::PinScope<'_, '_>, entries: &Entries) -> bool {
    let mut any = false;
    while let Some(promise) = REJECTED.with_borrow_mut(|all| all.handled.pop_front()) {
        tell(scope, &entries.announce_handled, &promise);
        any = true;
    }
    any
}

fn tell<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entry: &v8::Global<v8::Function>,
    promise: &v8::Global<v8::Promise>,
) -> Option<v8::Local<'s, v8::Value>> {
    v8::tc_scope!(let scope, scope);
    let this = v8::undefined(scope).into();
    let promise = v8::Local::new(scope, promise);
    let reason = promise.result(scope);
    v8::Local::new(scope, entry).call(scope, this, &[promise.into(), reason])
}
