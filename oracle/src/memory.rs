//! What the node may have said and does not remember: which requests it keeps silent about.
//!
//! Everything said is signed under one configuration of the DON, and about an event that lies in the chain already. So
//! keys whose journal is younger than a configuration may have spoken under it with a journal that is gone, about any
//! event up to the journal's first start; under a configuration that is younger than the journal, everything they said
//! is remembered. Keys that were made together with their journal have said nothing that is not in it.
//!
//! All times are the chain's: the node's own clock may be wrong.

use alloy::primitives::Address;
use eyre::Result;

use crate::{config::Config, journal::Journal};

/// How far an endpoint may lag behind the chain, in seconds: an earlier run may have seen newer blocks elsewhere.
const LAG_SECONDS: u64 = 30;

/// From when on a journal that starts now remembers everything, at this head.
#[must_use]
pub const fn starts_to_remember(head_seconds: u64) -> u64 {
    head_seconds.saturating_add(LAG_SECONDS)
}

/// The node keeps silent about requests whose event is older than this, under a configuration set at `config_seconds`;
/// 0: about none.
#[must_use]
pub const fn silent_before(remembers_since: u64, config_seconds: u64) -> u64 {
    if config_seconds >= remembers_since { 0 } else { remembers_since }
}

/// Makes the journal of keys that were made just now; they have said nothing yet.
///
/// # Errors
/// [`crate::journal::JournalError`]. The keys can be used all the same: then the node is silent about requests older
/// than its first start under configurations older than that.
pub async fn begin(config: &Config, signer: Address) -> Result<()> {
    std::fs::create_dir_all(&config.data_dir)?;
    let journal = Journal::open(&config.database.url).await?;
    let begun = journal.start_remembering(&signer.to_string(), 0).await;
    journal.close().await;
    begun?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_covers_what_an_earlier_journal_may_have_said() {
        // (remembers since, configuration set at, silent before, why)
        let table = [
            (0, 1_000, 0, "keys made with their journal"),
            (2_000, 1_000, 2_000, "a journal lost under the configuration"),
            (2_000, 2_000, 0, "a configuration made after the journal"),
            (2_000, 3_000, 0, "a configuration made after the journal"),
        ];
        for (since, config, silent, why) in table {
            assert_eq!(silent_before(since, config), silent, "{why}");
        }
        assert_eq!(starts_to_remember(1_000), 1_030);
        assert_eq!(starts_to_remember(u64::MAX), u64::MAX);
    }
}
