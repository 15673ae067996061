//! From the terms to what is dealt.

use functions_tdh2::PrivateShare;

use crate::{
    Terms, dice::Dice, don_key::DonKey, reshare::Reshare, scheme::Scheme, terms::Task, threshold::Threshold,
};

/// The task of `terms` as the participant at `me` has it. `None` unless the old `share` is there when it must be.
pub(crate) fn scheme(
    terms: &Terms,
    me: u8,
    share: Option<&PrivateShare>,
    seed: &[u8; 32],
) -> Option<Box<dyn Scheme>> {
    let dice = Dice::new(&terms.session, seed);
    Some(match &terms.task {
        Task::ThresholdKey => Box::new(Threshold::new(terms, me, dice)?),
        Task::DonKey => Box::new(DonKey::new(terms, me, dice)),
        Task::Reshare(old) => Box::new(Reshare::new(terms, old, me, share, dice)?),
    })
}
