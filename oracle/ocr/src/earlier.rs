//! What a node said about a request under earlier configurations.

use crate::{Attested, Observation, Outcome, Record, RecordError, record::Fact};

/// What a node takes along when the configuration changes: the script is not asked again, and nothing contradicts what
/// was signed. Spec: agreement A34.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The script's answer as this node saw it. A failure is none: the node may run the script now.
    pub observation: Option<Observation>,
    /// The outcome of its report, or of the newest lock: the only one this node may sign.
    pub bound: Option<Outcome>,
    /// The node kept silent about the request, and goes on so.
    pub quarantined: bool,
}

impl Earlier {
    /// Reads it from the records of one request under all earlier configurations.
    ///
    /// # Errors
    /// [`RecordError`]: the node must not speak about the request, because it would forget what it said.
    pub fn read(records: &[Record]) -> Result<Self, RecordError> {
        let mut earlier = Self::default();
        let (mut newest_lock, mut reported) = (None, None);
        for record in records {
            match Fact::decode(record)? {
                Fact::Observation(signed) if signed.observation.answer.is_from_script() => {
                    earlier.observation = Some(signed.observation);
                }
                Fact::Bound(outcome) => earlier.bound = Some(outcome),
                Fact::Report(Attested { outcome, .. }) => reported = Some(outcome),
                Fact::Quarantine => earlier.quarantined = true,
                Fact::Lock(lock)
                    if newest_lock.as_ref().is_none_or(|(attempt, _)| *attempt < lock.attempt) =>
                {
                    newest_lock = Some((lock.attempt, lock.outcome));
                }
                _ => {}
            }
        }
        // Who was bound signed nothing else. What is decided may have been signed in a batch, without a lock; a lock of
        // another outcome comes to nothing.
        earlier.bound = earlier.bound.or(reported).or(newest_lock.map(|(_, outcome)| outcome));
        Ok(earlier)
    }
}
