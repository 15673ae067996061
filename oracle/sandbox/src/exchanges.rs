//! HTTP exchanges of a run that were not handed to the script yet, and whose turn it is.
//!
//! | run | a response is handed over |
//! | --- | --- |
//! | strict | once it and all asked for before it are there, in the order they were asked for |
//! | compat | as soon as it is there |
//! | replay | in the turn the recording names, whatever the clock says |

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use functions_types::limits::Mode;
use oracle_frames::HttpResponse;

/// How far one exchange is.
enum Slot {
    /// Not answered since then.
    Waiting(Instant),
    /// Answered as the n-th of the run.
    Arrived(u64, HttpResponse),
    /// To be handed over in this turn.
    Recorded(u32, HttpResponse),
    /// Never handed over in the recorded run.
    Never,
}

/// All exchanges of a run that the script still waits for, by id.
#[derive(Default)]
pub(crate) struct Exchanges {
    slots: BTreeMap<u32, Slot>,
    arrivals: u64,
}

impl Exchanges {
    /// Notes that the runner was asked.
    pub(crate) fn open(&mut self, id: u32) {
        self.slots.insert(id, Slot::Waiting(Instant::now()));
    }

    /// Forgets an exchange; says whether the runner still works on it.
    pub(crate) fn abort(&mut self, id: u32) -> bool {
        matches!(self.slots.remove(&id), Some(Slot::Waiting(_)))
    }

    /// Takes an answer. One to an aborted exchange is dropped.
    pub(crate) fn answer(&mut self, response: HttpResponse) {
        if let Some(slot @ Slot::Waiting(_)) = self.slots.get_mut(&response.id) {
            *slot = Slot::Arrived(self.arrivals, response);
            self.arrivals += 1;
        }
    }

    /// Takes what a recording says of an exchange.
    pub(crate) fn replay(&mut self, id: u32, delivery: Option<(u32, HttpResponse)>) {
        if let Some(slot @ Slot::Waiting(_)) = self.slots.get_mut(&id) {
            *slot = delivery.map_or(Slot::Never, |(turn, response)| Slot::Recorded(turn, response));
        }
    }

    /// Whether an answer is still to come.
    pub(crate) fn is_waiting(&self) -> bool {
        self.oldest().is_some()
    }

    /// How long the oldest exchange without an answer is under way.
    pub(crate) fn waited(&self) -> Duration {
        self.oldest().map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn oldest(&self) -> Option<Instant> {
        self.slots.values().find_map(|slot| match slot {
            Slot::Waiting(since) => Some(*since),
            _ => None,
        })
    }

    /// The response to hand over in this turn, if any.
    pub(crate) fn take_ready(&mut self, mode: Mode, turn: u32) -> Option<HttpResponse> {
        let arrival = |slot: &Slot| match slot {
            Slot::Arrived(at, _) => Some(*at),
            _ => None,
        };
        let recorded =
            self.slots.iter().find(|(_, slot)| matches!(slot, Slot::Recorded(at, _) if *at == turn));
        let id = match (recorded, mode) {
            (Some((id, _)), _) => *id,
            (None, Mode::Strict) => {
                let (id, oldest) = self.slots.first_key_value()?;
                arrival(oldest)?;
                *id
            }
            (None, Mode::Compat) => {
                *self.slots.iter().filter_map(|(id, slot)| Some((arrival(slot)?, id))).min()?.1
            }
        };
        match self.slots.remove(&id)? {
            Slot::Arrived(_, response) | Slot::Recorded(_, response) => Some(response),
            Slot::Waiting(_) | Slot::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(id: u32) -> HttpResponse {
        HttpResponse {
            id,
            status: 200,
            status_text: String::new(),
            url: String::new(),
            redirected: false,
            headers: vec![],
            body: vec![],
        }
    }

    fn opened() -> Exchanges {
        let mut exchanges = Exchanges::default();
        (0..3).for_each(|id| exchanges.open(id));
        exchanges
    }

    fn order(exchanges: &mut Exchanges, mode: Mode) -> Vec<u32> {
        std::iter::from_fn(|| exchanges.take_ready(mode, 0)).map(|response| response.id).collect()
    }

    #[test]
    fn strict_hands_over_in_the_order_of_the_requests() {
        let mut exchanges = opened();
        exchanges.answer(response(2));
        exchanges.answer(response(1));
        assert!(order(&mut exchanges, Mode::Strict).is_empty() && exchanges.is_waiting());
        exchanges.answer(response(0));
        assert_eq!(order(&mut exchanges, Mode::Strict), [0, 1, 2]);
        assert!(!exchanges.is_waiting());
    }

    #[test]
    fn strict_does_not_wait_for_an_aborted_exchange() {
        let mut exchanges = opened();
        exchanges.answer(response(1));
        assert!(exchanges.abort(0) && !exchanges.abort(0) && !exchanges.abort(1));
        exchanges.answer(response(2));
        exchanges.answer(response(0));
        assert_eq!(order(&mut exchanges, Mode::Strict), [2]);
    }

    #[test]
    fn compat_hands_over_as_they_arrive() {
        let mut exchanges = opened();
        exchanges.answer(response(2));
        exchanges.answer(response(0));
        assert_eq!(order(&mut exchanges, Mode::Compat), [2, 0]);
        assert!(exchanges.is_waiting());
    }

    #[test]
    fn replay_follows_the_recorded_turns() {
        let mut exchanges = opened();
        exchanges.replay(0, None);
        exchanges.replay(1, Some((4, response(1))));
        exchanges.replay(2, Some((2, response(2))));
        assert!(!exchanges.is_waiting());
        let delivered: Vec<_> =
            (0..6).map(|turn| exchanges.take_ready(Mode::Strict, turn).map(|response| response.id)).collect();
        assert_eq!(delivered, [None, None, Some(2), None, Some(1), None]);
    }
}
