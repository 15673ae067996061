//! How long messages take, as far as it was measured. Spec: agreement A35.

use std::collections::BTreeMap;

use crate::{OracleIndex, Roster};

/// A round trip beyond this, in milliseconds, counts as this: whoever is slower is waited for by later attempts.
const LONGEST_ROUND_TRIP_MS: u64 = 2_000;
/// What a node needs for its own part of an attempt, in milliseconds.
const OWN_PART_MS: u64 = 50;

/// Measured round trips, smoothed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delays {
    round_trips: BTreeMap<OracleIndex, u64>,
}

impl Delays {
    /// A message and its answer took so long.
    pub(crate) fn measured(&mut self, oracle: OracleIndex, millis: u64) {
        let millis = millis.min(LONGEST_ROUND_TRIP_MS);
        let known = self.round_trips.entry(oracle).or_insert(millis);
        *known = (*known * 3 + millis).div_ceil(4);
    }

    /// The times that follow from the delay within which as many members are reached as can be waited for. What up to
    /// `f` members pretend changes nothing: they cannot answer sooner than they do, and slower ones do not count.
    pub(crate) fn pace(&self, roster: &Roster) -> Pace {
        let base_ms = roster.timing().attempt_base_ms;
        let mut round_trips: Vec<u64> = self.round_trips.values().copied().collect();
        round_trips.sort_unstable();
        // This node is one of the `live` members.
        match round_trips.get(roster.live().saturating_sub(2)) {
            Some(round_trip) => {
                let one_way_ms = round_trip.div_ceil(2);
                Pace { one_way_ms, attempt_ms: base_ms.max(one_way_ms * 7 / 2 + OWN_PART_MS) }
            }
            // Nothing is known: as slow as the configuration allows for.
            None => Pace { one_way_ms: base_ms.saturating_sub(OWN_PART_MS) * 2 / 7, attempt_ms: base_ms },
        }
    }
}

/// The times of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How long a message takes.
    pub(crate) one_way_ms: u64,
    /// How long the first attempt takes: STATUS, PROPOSE and PREPARE, and half a delay between the members' entries.
    pub(crate) attempt_ms: u64,
}

impl Pace {
    /// What the first leader leaves of the attempt for PROPOSE and PREPARE.
    pub(crate) const fn after_proposal_ms(self) -> u64 {
        self.one_way_ms * 5 / 2 + OWN_PART_MS / 2
    }
}
