//! Scripts that run, each a task of its own. Ending the task ends the sandbox's process and frees its slot.

use std::collections::HashMap;

use oracle_ocr::RequestKey;
use oracle_runner::RunnerError;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::executor::{Execution, NotRun};

/// What a run came to.
type Ending = Result<Execution, NotRun>;

/// A run that ended by itself.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) key: RequestKey,
    pub(super) execution: Ending,
}

/// See the module's documentation. Dropping it ends all runs.
#[derive(Debug, Default)]
pub(super) struct Runs {
    tasks: JoinSet<Ending>,
    /// Those whose end matters.
    wanted: HashMap<Id, (RequestKey, AbortHandle)>,
}

impl Runs {
    pub(super) fn start(&mut self, key: RequestKey, run: impl Future<Output = Ending> + Send + 'static) {
        let handle = self.tasks.spawn(run);
        self.wanted.insert(handle.id(), (key, handle));
    }

    /// Ends the run of a request now; it says nothing any more, even when it has just ended.
    pub(super) fn end(&mut self, key: RequestKey) {
        self.wanted.retain(|_, (of, handle)| {
            let ends = *of == key;
            if ends {
                handle.abort();
            }
            !ends
        });
    }

    /// The next run that ends by itself; waits for ever where none is under way.
    pub(super) async fn next(&mut self) -> Finished {
        loop {
            match self.tasks.join_next_with_id().await {
                Some(ended) => {
                    if let Some(finished) = self.heed(ended) {
                        return finished;
                    }
                }
                None => std::future::pending().await,
            }
        }
    }

    /// One that has ended by itself already.
    pub(super) fn take_finished(&mut self) -> Option<Finished> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            if let Some(finished) = self.heed(ended) {
                return Some(finished);
            }
        }
        None
    }

    fn heed(&mut self, ended: Result<(Id, Ending), JoinError>) -> Option<Finished> {
        let (id, execution) = match ended {
            Ok(ended) => ended,
            // A fault of this node like any other: the run is repeated.
            Err(error) => (error.id(), Err(RunnerError::AdapterDown(error.to_string()).into())),
        };
        let (key, _) = self.wanted.remove(&id)?;
        Some(Finished { key, execution })
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;
    use oracle_ocr::Observation;
    use tokio::sync::oneshot;

    use super::*;

    fn key(byte: u8) -> RequestKey {
        RequestKey { request: B256::repeat_byte(byte), commitment: B256::ZERO }
    }

    fn ending(byte: u8) -> Ending {
        let observation = Observation::result(vec![byte], B256::ZERO);
        Ok(Execution { observation, wall: Default::default(), cpu: Default::default() })
    }

    /// A run that goes on for ever, and what resolves when it is gone.
    fn endless() -> (impl Future<Output = Ending> + Send + 'static, oneshot::Receiver<()>) {
        let (alive, gone) = oneshot::channel();
        let run = async move {
            std::future::pending::<()>().await;
            drop(alive);
            ending(0)
        };
        (run, gone)
    }

    #[tokio::test]
    async fn an_ended_run_is_gone_and_says_nothing_and_its_successor_does() {
        let mut runs = Runs::default();
        let (run, gone) = endless();
        runs.start(key(1), run);
        runs.start(key(2), async { ending(2) });
        runs.end(key(1));
        assert!(gone.await.is_err(), "its task is dropped");
        runs.start(key(1), async { ending(3) });
        let mut heard = Vec::new();
        for _ in 0..2 {
            let Finished { key, execution } = runs.next().await;
            heard.push((key.request[0], execution.expect("an answer").observation));
        }
        heard.sort_by_key(|(byte, _)| *byte);
        assert_eq!(
            heard,
            [1, 2].map(|byte| (byte, ending([3, 2][usize::from(byte) - 1]).expect("one").observation))
        );
        assert!(runs.take_finished().is_none() && runs.wanted.is_empty());
    }

    #[tokio::test]
    async fn a_run_that_ended_before_it_was_to_end_says_nothing() {
        let mut runs = Runs::default();
        let (done, is_done) = oneshot::channel::<()>();
        runs.start(key(1), async move {
            drop(done);
            ending(1)
        });
        assert!(is_done.await.is_err());
        runs.end(key(1));
        runs.start(key(2), async { ending(2) });
        assert_eq!(runs.next().await.key, key(2));
        assert!(runs.take_finished().is_none());
    }

    #[tokio::test]
    async fn a_run_that_breaks_is_a_fault_of_the_node() {
        let mut runs = Runs::default();
        runs.start(key(1), async { panic!("a bug") });
        let Finished { key: of, execution } = runs.next().await;
        assert_eq!(of, key(1));
        let error = execution.expect_err("no answer");
        assert!(matches!(error, NotRun::Runner(RunnerError::AdapterDown(_))), "{error}");
    }

    #[tokio::test]
    async fn all_runs_end_with_the_engine() {
        let mut runs = Runs::default();
        let (run, gone) = endless();
        runs.start(key(1), run);
        drop(runs);
        assert!(gone.await.is_err());
    }
}
