//! `functions secrets list`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use functions_failure::Result;
use serde_json::json;

use super::{At, Gateways, Members, members_json};

#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    gateways: Gateways,
    #[command(flatten)]
    at: At,
}

/// Prints each slot and version with how many members have it.
pub(super) async fn run(options: Options) -> Result<()> {
    let (at, owner) = options.at.sending.connect().await?;
    let don = at.don(options.at.don_id)?;
    let owner = &owner;
    let members = Members::read(&at, at.coordinator(don).await?).await;
    let listing = options
        .gateways
        .ask(don, members.as_ref(), async move |gateway: super::Gateway| gateway.list(owner).await)
        .await?;
    let mut rows: BTreeMap<(u32, u64, u64), usize> = BTreeMap::new();
    for row in listing.members.iter().flat_map(|said| &said.rows) {
        *rows.entry((row.slot, row.version, row.expiration_ms)).or_default() += 1;
    }
    let answered = listing.members.len();
    let value = json!({
        "owner": owner.address().to_string(),
        "rows": rows.iter().map(|((slot, version, expiration_ms), held)| json!({
            "slot": slot, "version": version, "expirationMs": expiration_ms, "members": held,
        })).collect::<Vec<_>>(),
        "members": members_json(&listing),
    });
    options.at.sending.say(&value, || {
        let mut text = String::new();
        for ((slot, version, expiration_ms), held) in &rows {
            let until = expiration_ms / 1_000;
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "slot {slot} version {version}: on {held} of the {answered} nodes that answered first, until unix time {until}"
            );
        }
        if text.is_empty() {
            format!("{} stores nothing with this DON", owner.address())
        } else {
            text.trim_end().to_owned()
        }
    });
    Ok(())
}
