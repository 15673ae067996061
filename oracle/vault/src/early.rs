//! Shares that came before this member saw the request.

use std::collections::{BTreeMap, VecDeque};

use crate::ShareOf;

/// Most shares that are kept of one member; the oldest make room.
const MOST: usize = 256;
/// Most bytes of a share that is kept.
const MAX_SHARE_BYTES: usize = 512;
/// Milliseconds that one is kept.
const KEEP_MS: u64 = 30_000;

struct Kept {
    since_ms: u64,
    of: ShareOf,
    share: Vec<u8>,
}

/// See the module's documentation: at most 256 shares of 512 bytes a member, each for half a minute.
#[derive(Default)]
pub struct Early {
    of_member: BTreeMap<u8, VecDeque<Kept>>,
}

impl Early {
    /// Keeps a share.
    pub fn keep(&mut self, now_ms: u64, from: u8, of: ShareOf, share: Vec<u8>) {
        if share.len() > MAX_SHARE_BYTES {
            return;
        }
        let kept = self.of_member.entry(from).or_default();
        while kept.front().is_some_and(|oldest| kept.len() >= MOST || is_old(oldest, now_ms)) {
            kept.pop_front();
        }
        kept.push_back(Kept { since_ms: now_ms, of, share });
    }

    /// Takes out what is kept towards the request of `of`: the newest of each member, with its sender.
    pub fn take(&mut self, now_ms: u64, of: &ShareOf) -> Vec<(u8, ShareOf, Vec<u8>)> {
        let mut taken = Vec::new();
        for (from, kept) in &mut self.of_member {
            let mut newest = None;
            kept.retain_mut(|one| {
                let is_wanted = one.of.is_of_request(of);
                if is_wanted {
                    newest = Some((*from, one.of, std::mem::take(&mut one.share)));
                }
                !is_wanted && !is_old(one, now_ms)
            });
            taken.extend(newest);
        }
        taken
    }
}

const fn is_old(kept: &Kept, now_ms: u64) -> bool {
    now_ms.saturating_sub(kept.since_ms) > KEEP_MS
}
