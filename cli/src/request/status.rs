//! `functions request status`.

use alloy::primitives::B256;
use functions_failure::{Failure, Result, failure};
use functions_types::RequestId;

use super::found::Found;
use crate::network::{Connected, Reading, request_id};
use crate::remedy;
use crate::simulate::decode::Returns;

/// Which request.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The request's id: 0x and 64 hexadecimal digits
    #[arg(value_parser = request_id)]
    id: B256,
    /// Read the result as this, too
    #[arg(long, value_enum, value_name = "TYPE")]
    returns: Option<Returns>,
    #[command(flatten)]
    reading: Reading,
}

/// Runs the verb.
///
/// # Errors
/// When the chain does not know the request or the endpoint fails.
pub(super) async fn run(options: Options) -> Result<()> {
    let at = options.reading.connect().await?;
    let found = Found::look(&at, &at.history(), RequestId(options.id)).await.map_err(remedy::report)?;
    let mut found = found.ok_or_else(|| unknown(&at, options.id))?;
    found.returns = options.returns;
    options.reading.say(&found.json(), || found.text());
    Ok(())
}

/// That the Router knows no such request.
pub(super) fn unknown(at: &Connected, id: B256) -> Failure {
    failure!(
        help = "check the id and the Router; an earlier request needs an earlier --from-block",
        "the Router {} started no request {id} since block {}",
        at.router,
        at.from_block
    )
}
