//! How long scripts run, and what they answer.

use alloy::primitives::B256;
use oracle_ocr::Observation;

use crate::{
    plan::{Answers, Plan},
    random::Random,
};

/// Milliseconds a run of node `who` takes.
pub fn duration(random: &mut Random, plan: &Plan, who: usize) -> u64 {
    if plan.exact {
        who as u64
    } else if plan.slow.contains(&who) {
        random.between(7_000, 12_000)
    } else if random.percent(10) {
        // Some longer than a node waits before it goes on with what it has.
        let most = random.pick(&[3_000, 3_000, 9_000]);
        random.below(most)
    } else {
        random.below(200)
    }
}

/// What node `who` sees; `life` and `copy` tell runs of one node apart, for a world that changes meanwhile.
///
/// # Errors
/// Why this node could not run the script.
pub fn answer(
    answers: Answers,
    who: usize,
    copy: usize,
    life: u32,
    request: usize,
    tries: u32,
) -> Result<Observation, String> {
    let metadata = B256::repeat_byte(u8::try_from(who).unwrap_or(u8::MAX));
    // Whoever runs a script again sees another world: signing both answers would be noticed.
    let again = if matches!(answers, Answers::Agree | Answers::SomeFail) { 0 } else { life.to_be_bytes()[3] };
    let value = |value: usize| {
        let value = u8::try_from(value % 251).unwrap_or(0);
        Ok(Observation::result(vec![0xaa, u8::try_from(request % 251).unwrap_or(0), value, again], metadata))
    };
    if copy > 0 {
        return value(200 + copy);
    }
    match answers {
        Answers::SomeFail if who.is_multiple_of(3) && tries < 2 => Err("out of memory".to_owned()),
        Answers::SomeNever if who.is_multiple_of(3) => Err("out of memory".to_owned()),
        Answers::Agree | Answers::SomeFail => value(0),
        Answers::OneDiffers => value(usize::from(who == 1)),
        Answers::Split => value(who % 2),
        Answers::AllDiffer | Answers::SomeNever => value(who),
        Answers::Errors => {
            let text = vec![b'E', b'0' + u8::from(who % 5 == 4), u8::try_from(request % 251).unwrap_or(0)];
            Ok(Observation::user_error(text, metadata))
        }
        Answers::ErrorsDiffer if who % 4 == 3 => value(who),
        Answers::ErrorsDiffer => {
            Ok(Observation::user_error(vec![b'E', u8::try_from(who).unwrap_or(u8::MAX), again], metadata))
        }
    }
}
