//! What happens between two turns of the script: microtasks, rejections, timers, HTTP.
//!
//! Deterministic by construction in strict mode: timers fire on a virtual clock in order of due
//! time and creation, HTTP responses are handed over in the order the requests were made, and the
//! process really sleeps only while a request is under way. On the script's clock a request takes
//! no time: its response comes before any timer. The network decides only when it fails to answer
//! within [`PATIENCE`] or within the request's own time limit; then timers fire once their delay
//! has really passed. A recording keeps the order by counting turns.

use std::time::Duration;

use deno_core::{JsRuntime, v8};
use eyre::{Result, bail};
use functions_types::limits::Mode;
use oracle_frames::{Diagnostic, HttpResponse, Verdict};

use crate::entries::Entries;
use crate::host::Host;
use crate::{judge, module_loader, rejections, timers};

/// How long a request under way holds up timers in strict mode, on the real clock. Servers that answer in less give
/// every node the same order of events; a script that waits for a dead server gives up no later than this.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest single wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the loop does next.
enum Next {
    Deliver(HttpResponse),
    Fire(u32),
    /// Nothing can ever wake the script again, or its time is over on its own clock.
    Never,
}

/// Drives the script until `promise` settles or cannot settle any more.
///
/// # Errors
/// When the runner is gone.
pub(crate) fn run(
    runtime: &mut JsRuntime,
    entries: &Entries,
    promise: &v8::Global<v8::Promise>,
    response_limit: usize,
) -> Result<(Verdict, Diagnostic)> {
    let state = runtime.op_state();
    loop {
        runtime.v8_isolate().perform_microtask_checkpoint();
        if module_loader::settle(runtime) {
            continue;
        }
        match look(runtime, entries, promise, response_limit) {
            Look::Ended(verdict, diagnostic) => return Ok((verdict, diagnostic)),
            Look::Again => continue,
            Look::Waits => {}
        }
        if module_loader::is_pending() {
            module_loader::serve(runtime, entries)?;
            continue;
        }
        let next = next(state.borrow_mut().borrow_mut::<Host>())?;
        deno_core::scope!(scope, runtime);
        v8::tc_scope!(let scope, scope);
        let this = v8::undefined(scope).into();
        let called = match next {
            Next::Never => return Ok((Verdict::TimeOut, "nothing left to wait for".into())),
            Next::Fire(id) => {
                let id = v8::Integer::new_from_unsigned(scope, id).into();
                v8::Local::new(scope, &entries.fire).call(scope, this, &[id])
            }
            Next::Deliver(response) => {
                state.borrow_mut().borrow_mut::<Host>().note_delivery(response.id)?;
                deliver(scope, entries, response)
            }
        };
        // A callback that throws ends the run as an unhandled error does.
        if called.is_none() {
            let exception = scope.exception();
            let (verdict, detail) = judge::caught(scope, entries, exception);
            return Ok(match verdict {
                Verdict::Memory => (verdict, detail),
                _ => (Verdict::UnhandledRejection, detail),
            });
        }
    }
}

/// What the script came to in a turn.
enum Look {
    Ended(Verdict, Diagnostic),
    /// Listeners were told something, and may have gone on.
    Again,
    Waits,
}

fn look(
    runtime: &mut JsRuntime,
    entries: &Entries,
    promise: &v8::Global<v8::Promise>,
    response_limit: usize,
) -> Look {
    deno_core::scope!(scope, runtime);
    v8::tc_scope!(let scope, scope);
    let local = v8::Local::new(scope, promise);
    if local.state() == v8::PromiseState::Rejected {
        let reason = local.result(scope);
        let (verdict, diagnostic) = judge::thrown(scope, entries, reason);
        return Look::Ended(verdict, diagnostic);
    }
    if rejections::announce_handled(scope, entries) {
        return Look::Again;
    }
    if let Some(unhandled) = rejections::first_other_than(promise) {
        if rejections::announce(scope, entries, &unhandled) {
            return Look::Again;
        }
        let unhandled = v8::Local::new(scope, unhandled);
        let reason = unhandled.result(scope);
        let (_, mut diagnostic) = judge::thrown(scope, entries, reason);
        diagnostic.message.insert_str(0, "unhandled rejection: ");
        return Look::Ended(Verdict::UnhandledRejection, diagnostic);
    }
    if local.state() == v8::PromiseState::Fulfilled {
        let value = local.result(scope);
        let verdict = judge::returned(scope, entries, value, response_limit);
        return Look::Ended(verdict, Diagnostic::default());
    }
    Look::Waits
}

/// Picks the next event, sleeping only while an HTTP exchange is under way or, in compat mode,
/// until a timer is due.
fn next(host: &mut Host) -> Result<Next> {
    loop {
        if host.replay {
            while host.exchanges.is_waiting() {
                host.receive()?;
            }
        }
        if let Some(response) = host.exchanges.take_ready(host.mode, host.turn) {
            return Ok(Next::Deliver(response));
        }
        let timer = host.timers.first();
        let sleeps = !host.replay && (host.exchanges.is_waiting() || host.mode == Mode::Compat);
        match timer {
            None if !host.exchanges.is_waiting() => return Ok(Next::Never),
            Some(timer) if !sleeps => return Ok(fire(host, timer)),
            _ => {}
        }
        let wait = if timer.is_some() { until_a_timer(host) } else { LONGEST_WAIT };
        let Some(session) = host.session.as_mut() else { bail!("no session") };
        // A response that came while the script was busy is taken first, even when a timer is due.
        if session.wait(wait)? {
            host.receive()?;
        } else if let Some(timer) = timer
            && wait.is_zero()
        {
            return Ok(fire(host, timer));
        }
    }
}

/// How long until some timer is due on the real clock. The first in the order of due times fires then: those before it
/// are due as well.
fn until_a_timer(host: &Host) -> Duration {
    let held_up = match host.mode {
        Mode::Strict => PATIENCE.saturating_sub(host.exchanges.waited()),
        Mode::Compat => Duration::ZERO,
    };
    host.timers.left(held_up).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

fn fire(host: &mut Host, (due_ms, id): timers::Key) -> Next {
    if due_ms >= host.limits.execution_ms {
        return Next::Never;
    }
    host.timers.cancel(id);
    host.virtual_ms = host.virtual_ms.max(due_ms);
    host.turn += 1;
    Next::Fire(id)
}

fn deliver<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: &Entries,
    response: HttpResponse,
) -> Option<v8::Local<'s, v8::Value>> {
    let mut headers = String::new();
    for (name, value) in &response.headers {
        for part in [name, value] {
            headers.push_str(&part.replace('\n', " "));
            headers.push('\n');
        }
    }
    headers.pop();
    let store = v8::ArrayBuffer::new_backing_store_from_vec(response.body).make_shared();
    let body = v8::ArrayBuffer::with_backing_store(scope, &store);
    let arguments = [
        v8::Integer::new_from_unsigned(scope, response.id).into(),
        v8::Integer::new_from_unsigned(scope, response.status.into()).into(),
        v8::String::new(scope, &response.status_text)?.into(),
        v8::String::new(scope, &response.url)?.into(),
        v8::Boolean::new(scope, response.redirected).into(),
        v8::String::new(scope, &headers)?.into(),
        body.into(),
    ];
    let this = v8::undefined(scope).into();
    v8::Local::new(scope, &entries.deliver).call(scope, this, &arguments)
}
