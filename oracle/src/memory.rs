//! What the node may have said and does not remember: which requests it keeps silent about.
//!
//! Everything said is about an event that lies in the chain already. So keys whose journal is young may have spoken
//! with a journal that is gone about any event up to its first start, under whatever configuration: what was signed
//! under an earlier one binds under a later one too (agreement A34). Keys that were made together with their journal
//! have said nothing that is not in it.
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
    fn s1_the_first_start_covers_what_an_endpoint_further_on_may_have_shown() {
        assert_eq!(starts_to_remember(1_000), 1_030);
        assert_eq!(starts_to_remember(u64::MAX), u64::MAX);
    }
}
