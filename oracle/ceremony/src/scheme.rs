//! What is dealt: the part of a ceremony that differs from task to task.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::Keys;

/// Bodies by the place of whoever they are from, or for.
pub(crate) type Bodies = BTreeMap<u8, Zeroizing<Vec<u8>>>;

/// One participant's view of a task. Bodies that were checked go into the later calls.
pub(crate) trait Scheme {
    /// What this participant announces; asked of dealers only.
    fn announcement(&self) -> Vec<u8>;
    /// Whether what `from` announced is valid.
    fn is_announcement(&self, from: u8, body: &[u8]) -> bool;
    /// What this dealer deals to each other receiver.
    fn deals(&self, announced: &Bodies) -> Bodies;
    /// Whether a deal fits what `from` announced, `announced`.
    fn is_deal(&self, from: u8, to: u8, announced: &[u8], body: &[u8]) -> bool;
    /// The keys, of all announcements and, for receivers, the deals of all other dealers.
    fn keys(&self, announced: &Bodies, deals: &Bodies) -> Option<Keys>;
}
