//! Lines of the log about what peers do wrong: few, however much they do.

use std::collections::BTreeMap;

use oracle_ocr::OracleIndex;

/// Milliseconds between two lines about the same kind of misbehavior of one peer.
const EVERY_MS: u64 = 10_000;

/// Peers that make keys while this node runs say so for minutes.
const EVERY_MS_OF_KEYS: u64 = 60_000;
/// The kind of complaint that this is.
pub(super) const MAKES_KEYS: &str = "makes keys";

/// What was complained about, when, and how often it was left unsaid since.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    said: BTreeMap<(OracleIndex, &'static str), Said>,
}

#[derive(Debug)]
struct Said {
    at: u64,
    unsaid: u64,
}

impl Complaints {
    /// Another one, of a fixed set of kinds: how many were left unsaid since the last line, if it is time for a line.
    pub(super) fn take(&mut self, now: u64, oracle: OracleIndex, kind: &'static str) -> Option<u64> {
        let Some(said) = self.said.get_mut(&(oracle, kind)) else {
            self.said.insert((oracle, kind), Said { at: now, unsaid: 0 });
            return Some(0);
        };
        let every = if kind == MAKES_KEYS { EVERY_MS_OF_KEYS } else { EVERY_MS };
        if now.abs_diff(said.at) < every {
            said.unsaid = said.unsaid.saturating_add(1);
            return None;
        }
        said.at = now;
        Some(std::mem::take(&mut said.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_a_flooding_peer_makes_few_lines_and_none_of_another_peer_is_lost() {
        let mut complaints = Complaints::default();
        let kinds = ["bad signature", "invalid status", "invalid report", "flood", "malformed", "long frame"];
        let (mut lines, mut counted) = (0_u64, 0);
        for turn in 0..2_000 * 30_u64 {
            let kind = kinds[turn as usize % kinds.len()];
            if let Some(unsaid) = complaints.take(turn / 2, OracleIndex::new(1), kind) {
                lines += 1;
                counted += 1 + unsaid;
            }
        }
        assert!(lines <= 10 * 3, "{lines} lines in 30 s");
        assert!(counted > 2_000 * 20 - 12, "what is left unsaid is counted: {counted}");
        assert_eq!(complaints.take(15_000, OracleIndex::new(2), "flood"), Some(0));
        assert_eq!(complaints.take(0, OracleIndex::new(2), "flood"), Some(0), "a clock that jumps back");
        let peer = OracleIndex::new(3);
        let taken = [0, 59_999, 60_000].map(|now| complaints.take(now, peer, MAKES_KEYS));
        assert_eq!(taken, [Some(0), None, Some(1)]);
    }
}
