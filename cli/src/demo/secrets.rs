//! The demo's secrets: encrypted to the keys that its nodes have just made, stored with them, named by its request.

use std::time::{Duration, Instant};

use functions_client::secrets::{For, Gateway, GatewayError, SecretsKeys, Upload, seal};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};
use functions_network::Network;
use functions_tdh2::Secrets;
use functions_types::cbor::DonHostedSecrets;
use zeroize::Zeroizing;

use super::DON_NAME;
use crate::clock;
use crate::output::Progress;
use crate::simulate::secrets::Secrets as Given;

/// How long the gateways may take until one answers.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// How long the nodes keep them.
const LIFE: Duration = Duration::from_secs(3_600);

/// The JSON text of `--secrets`: itself, or of the file or the environment that it names.
pub(super) fn read(from: &str) -> Result<Zeroizing<String>> {
    let text = if from.trim_start().starts_with('{') {
        Zeroizing::new(from.to_owned())
    } else {
        Given::read(Some(from))?.to_json()
    };
    Secrets::parse(&text, functions_tdh2::MAX_SECRETS_BYTES)
        .or_help("write an object of texts, for example {\"apiKey\":\"…\"}, or name a file that holds one")?;
    Ok(text)
}

/// Encrypts and stores them; how the request names them.
pub(super) async fn store(network: &Network, text: &str, progress: &Progress) -> Result<DonHostedSecrets> {
    let help = "this is the demo's own network: start it again";
    let (chain, coordinator) = (&network.contracts.chain, network.contracts.addresses.coordinator);
    let keys = SecretsKeys::read(chain, coordinator).await.or_help(help)?;
    let secrets = Secrets::parse(text, functions_tdh2::MAX_SECRETS_BYTES).or_help(help)?;
    let whose = For { chain_id: chain.id(), coordinator, subscription: None };
    let payload = seal(&network.owner, &secrets, &keys, &whose).or_help(help)?;
    let now = clock::now();
    let upload = Upload {
        slot: 0,
        version: now.as_secs(),
        expiration_ms: u64::try_from((now + LIFE).as_millis()).unwrap_or(u64::MAX),
        payload,
    };
    let begin = Instant::now();
    let listing = loop {
        match through(network, &upload).await {
            Err(GatewayError::Unreachable { .. }) if begin.elapsed() < PATIENCE => {
                tokio::time::sleep(LOOK).await;
            }
            said => break said.or_help(help).wrap_err("the secrets could not be stored")?,
        }
    };
    if !listing.success {
        return Err(failure!(help = help, "the nodes did not store the secrets: {listing:?}"));
    }
    progress.step(format!("secrets stored in slot 0, version {}", upload.version));
    Ok(DonHostedSecrets { slot_id: 0, version: upload.version })
}

/// Through the first gateway that answers.
async fn through(
    network: &Network,
    upload: &Upload,
) -> std::result::Result<functions_client::secrets::Listing, GatewayError> {
    let mut last = Err(GatewayError::Unreachable { url: String::new(), reason: "no node runs".to_owned() });
    for node in &network.nodes {
        let url = node.gateway_url().parse().expect("an address makes a URL");
        last = Gateway::new(url, DON_NAME)?.store(&network.owner, upload).await;
        if !matches!(last, Err(GatewayError::Unreachable { .. })) {
            break;
        }
    }
    last
}
