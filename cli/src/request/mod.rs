//! `functions request`: sending a request through a consumer, and following one.

mod call;
mod explain;
mod found;
mod send;
mod status;

use functions_failure::Result;

/// Sends a request and says what became of it
///
/// All verbs print the request on standard output, as one JSON object with --json. Amounts are in juels there.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Have a consumer send a request and wait for the answer
    Send(Box<send::Options>),
    /// Show what became of a request
    Status(status::Options),
    /// Show who observed what, who signed, what it cost and why it ended so
    Explain(explain::Options),
}

/// Runs the verb.
///
/// # Errors
/// What the contracts or the endpoint refused, with what to do about it.
pub(crate) async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Send(options) => send::run(*options).await,
        Verb::Status(options) => status::run(options).await,
        Verb::Explain(options) => explain::run(options).await,
    }
}
