//! Who ended a ceremony, and by what.

/// Somebody to repeat the ceremony without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("participant {place} {reason}: repeat the ceremony without it")]
pub struct Culprit {
    /// Its place among the participants.
    pub place: u8,
    /// What it did.
    pub reason: Reason,
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It said nothing, or nothing that can be read, until the time was up.
    #[error("did not say what was due")]
    Silent,
    /// It signed two announcements.
    #[error("announced one thing to some and another to others")]
    Equivocation,
    /// Its announcement is of another form, or its proof does not hold.
    #[error("announced what is not valid")]
    Announcement,
    /// It signed a hash of announcements that nobody made.
    #[error("vouched for announcements that nobody made")]
    Echo,
    /// What it dealt does not fit what it announced.
    #[error("dealt what it did not announce")]
    Deal,
}
