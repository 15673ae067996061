//! `functions secrets upload`.

use std::time::Duration;

use functions_client::secrets::{Gateway, Upload};
use functions_failure::{Result, failure};
use functions_types::cbor::{DonHostedSecrets, EmptyArrays, Framing};
use serde_json::json;

use super::{Gateways, Sealing, members_json};
use crate::clock;
use crate::output;

#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The slot
    #[arg(long, value_name = "N", default_value_t = 0)]
    slot: u32,
    /// The version, higher than all in the slot; the unix time in seconds unless given
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Minutes until it expires
    #[arg(long, value_name = "N", default_value_t = 1_440, value_parser = clap::value_parser!(u64).range(5..))]
    minutes: u64,
    #[command(flatten)]
    gateways: Gateways,
    #[command(flatten)]
    sealing: Sealing,
}

/// Prints slot and version, as requests name them, and which members have the row.
pub(super) async fn run(options: Options) -> Result<()> {
    let sealed = options.sealing.seal().await?;
    let now = clock::now();
    let expires = now + Duration::from_secs(options.minutes.saturating_mul(60));
    let upload = &Upload {
        slot: options.slot,
        version: options.version.unwrap_or(now.as_secs()),
        expiration_ms: u64::try_from(expires.as_millis()).unwrap_or(u64::MAX),
        payload: sealed.text,
    };
    let owner = &sealed.owner;
    let listing = options
        .gateways
        .ask(sealed.don, sealed.members.as_ref(), async move |gateway: Gateway| {
            gateway.store(owner, upload).await
        })
        .await?;
    let (slot, version) = (upload.slot, upload.version);
    let reference = DonHostedSecrets { slot_id: u64::from(slot), version };
    let reference = format!("0x{}", hex::encode(reference.encode(Framing::Map(EmptyArrays::Omit))));
    let stored = listing.members.iter().filter(|said| said.refusal.is_none()).count();
    let value = json!({
        "slot": slot,
        "version": version,
        "expirationMs": upload.expiration_ms,
        "reference": reference,
        "success": listing.success,
        "members": members_json(&listing),
    });
    if !listing.success {
        let why: Vec<String> = listing
            .members
            .iter()
            .filter_map(|said| said.refusal.as_ref().map(|why| format!("{}: {why}", said.member)))
            .collect();
        return Err(failure!(
            help = "see what the nodes say; a version must be higher than all in its slot",
            "the nodes did not store it ({})",
            why.join("; ")
        ));
    }
    options.sealing.at.sending.say(&value, || {
        format!("slot {slot} version {version}: {stored} nodes have it so far\nreference {reference}")
    });
    if stored < listing.members.len() {
        output::say(
            "warning: not all nodes took it; those that lack it ask the others when a request names it",
        );
    }
    Ok(())
}
