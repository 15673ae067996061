//! What the boot script may ask of the process: the narrow waist between JavaScript and Rust.
//!
//! Every op is synchronous. Waiting (timers, HTTP) is the event loop's business.

use deno_core::{OpState, extension, op2};
use deno_error::JsErrorBox;
use functions_types::limits::Mode;
use oracle_frames::{FromChild, HttpRequest, cut_text};
use rand_chacha::rand_core::RngCore;

use crate::host::Host;

/// Longest names and values of a request's headers together, in bytes.
const HTTP_HEAD_MAX: usize = 64 * 1024;
/// Longest name of a method, in bytes.
const HTTP_METHOD_MAX: usize = 256;

#[op2(fast)]
fn op_now(state: &mut OpState, epoch: bool) -> f64 {
    let host = state.borrow::<Host>();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits")]
    let now = (if epoch { host.epoch_ms } else { 0 }).saturating_add(host.elapsed_ms()) as f64;
    now
}

#[op2(fast)]
fn op_random(state: &mut OpState) -> f64 {
    state.borrow_mut::<Host>().fraction()
}

#[op2(fast)]
fn op_random_bytes(state: &mut OpState, #[buffer] into: &mut [u8]) {
    state.borrow_mut::<Host>().random_bytes().fill_bytes(into);
}

#[op2(fast)]
fn op_timer_start(state: &mut OpState, delay_ms: f64, is_limit: bool) -> u32 {
    let host = state.borrow_mut::<Host>();
    // A saturating cast: NaN and negative delays become 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let delay_ms = (delay_ms as u64).min(host.limits.execution_ms);
    let elapsed_ms = host.elapsed_ms();
    host.timers.start(elapsed_ms, delay_ms, is_limit)
}

#[op2(fast)]
fn op_timer_cancel(state: &mut OpState, id: u32) {
    state.borrow_mut::<Host>().timers.cancel(id);
}

#[op2(fast)]
fn op_console(state: &mut OpState, #[string] line: &str) {
    let host = state.borrow_mut::<Host>();
    let line = cut_text(line, host.limits.console_line_bytes.min(host.console_left));
    if host.console_left == 0 {
        return;
    }
    host.console_left -= (line.len() + 1).min(host.console_left);
    let line = line.to_owned();
    // Console output is best effort: a lost line changes no result.
    let _ = host.send(&FromChild::Console(line));
}

/// `headers` alternates names and values, separated by line feeds, which neither may contain.
#[op2(fast)]
fn op_http_send(
    state: &mut OpState,
    #[string] method: &str,
    #[string] url: &str,
    #[string] headers: &str,
    #[buffer] body: &[u8],
    has_body: bool,
    follow_redirects: bool,
) -> Result<u32, JsErrorBox> {
    let host = state.borrow_mut::<Host>();
    let id = host.next_exchange;
    let url_max = host.limits.http_url_chars.saturating_add(1);
    let body_max = host.limits.http_request_bytes.saturating_add(1).min(body.len());
    let mut parts = headers.split('\n');
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    // A head beyond all use is asked for without an address: the runner counts it and refuses it.
    let fits = headers.len() <= HTTP_HEAD_MAX && method.len() <= HTTP_METHOD_MAX;
    host.send(&FromChild::HttpRequest(HttpRequest {
        id,
        method: if fits { method } else { "GET" }.to_owned(),
        url: if fits { url.chars().take(url_max).collect() } else { "refused:".to_owned() },
        headers: if fits { pairs } else { Vec::new() },
        body: has_body.then(|| body[..body_max].to_vec()),
        follow_redirects,
    }))?;
    host.next_exchange = id.wrapping_add(1);
    host.exchanges.open(id);
    Ok(id)
}

#[op2(fast)]
fn op_http_abort(state: &mut OpState, id: u32) -> Result<(), JsErrorBox> {
    let host = state.borrow_mut::<Host>();
    if host.exchanges.abort(id) { host.send(&FromChild::HttpAbort(id)) } else { Ok(()) }
}

/// Whether clock and random numbers are real.
#[op2(fast)]
fn op_compat(state: &mut OpState) -> bool {
    state.borrow::<Host>().mode == Mode::Compat
}

extension!(
    functions_host,
    ops = [
        op_now,
        op_random,
        op_random_bytes,
        op_timer_start,
        op_timer_cancel,
        op_console,
        op_http_send,
        op_http_abort,
        op_compat,
    ],
    state = |state| state.put(Host::idle()),
);
