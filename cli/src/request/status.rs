//! `functions request status`.

use alloy::primitives::B256;
use functions_types::RequestId;
use miette::{Result, miette};

use super::found::Found;
use crate::network::Network;
use crate::output;
use crate::remedy;
use crate::simulate::decode::Returns;

/// Which request.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The request's id: 0x and 64 hexadecimal digits
    id: B256,
    /// Read the result as this, too
    #[arg(long, value_enum, value_name = "TYPE")]
    returns: Option<Returns>,
    #[command(flatten)]
    network: Network,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the chain does not know the request or the endpoint fails.
pub(super) async fn run(options: Options) -> Result<()> {
    let at = options.network.connect().await?;
    let found = Found::look(&at, RequestId(options.id)).await.map_err(remedy::report)?;
    let mut found = found.ok_or_else(|| {
        miette!(
            help = "check the id and the Router; an earlier request needs an earlier --from-block",
            "the Router {} started no request {} since block {}",
            at.router,
            options.id,
            at.from_block
        )
    })?;
    found.returns = options.returns;
    output::result(&if options.json { found.json().to_string() } else { found.text() });
    Ok(())
}
