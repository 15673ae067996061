//! How much of a run's time is the script's own.
//!
//! The time limit of a run is a limit on its script, not on the machine. Time does not count while the script's
//! process was ready to run and others had the processor, which the kernel counts for each process
//! (`/proc/PID/schedstat`), nor while this node was a second late to look, as after a pause of the whole machine.
//! Everything else counts, sleep included: a process that waits for HTTP, for its timers or for nothing at all spends
//! its own time, whatever it says. So a script cannot stretch its run, and for what others do to it [`PATIENCE`] is the
//! bound.
//!
//! A kernel without `schedstat` does not tell; then the wait for a processor counts too.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How many times its limit a run may last when the machine starves it. Then it ends as a fault of this node.
pub(crate) const PATIENCE: u32 = 8;

/// Longest time between two looks, and how late a look is that comes after a pause of the machine.
const PAUSE: Duration = Duration::from_secs(1);

/// Time between two looks at a process of which it is not known whether it waits.
const DOUBT: Duration = Duration::from_millis(5);

/// Whether the kernel counts. One that does not may say zero instead of nothing; this process has run for a while.
static COUNTED: LazyLock<bool> = LazyLock::new(|| {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Counters::parse(&text).is_some_and(|counters| !counters.ran.is_zero())
});

/// Whether this machine tells a script's own time from the time it was kept waiting.
pub(crate) fn is_counted() -> bool {
    *COUNTED
}

/// What the kernel counted for a process since it was forked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    /// Time on a processor.
    ran: Duration,
    /// Time it was ready to run and another had the processor.
    waited: Duration,
}

impl Counters {
    /// Reads `schedstat`: nanoseconds run, nanoseconds waited, and a count.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_ascii_whitespace().map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten().map(Duration::from_nanos);
        Some(Self { ran: next()?, waited: next()? })
    }
}

/// The kernel's account of one process. It stays that process's when another takes over the number.
#[derive(Debug)]
pub(crate) struct Account {
    counters: File,
    state: File,
}

impl Account {
    /// The account of a child that was not reaped yet; `None` where the kernel keeps none.
    pub(crate) fn open(pid: u32) -> Option<Self> {
        let open = |name: &str| File::open(format!("/proc/{pid}/{name}")).ok();
        if !is_counted() {
            return None;
        }
        Some(Self { counters: open("schedstat")?, state: open("stat")? })
    }

    fn counters(&self) -> Option<Counters> {
        Counters::parse(&text(&self.counters)?)
    }

    /// Whether the process runs or waits for a processor.
    fn is_ready(&self) -> bool {
        text(&self.state).as_deref().and_then(state) == Some('R')
    }
}

/// The beginning of a file of the kernel.
fn text(file: &File) -> Option<String> {
    let mut bytes = [0; 128];
    let len = file.read_at(&mut bytes, 0).ok()?;
    Some(String::from_utf8_lossy(&bytes[..len]).into_owned())
}

/// The state in `stat`: the letter after the name, which may hold anything.
fn state(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

/// The clock of one run. It goes from look to look.
pub(crate) struct OwnTime {
    account: Option<Account>,
    began: Instant,
    at: Instant,
    /// As they were when the run began, and as they are now.
    first: Counters,
    now: Counters,
    /// Pauses of the machine.
    paused: Duration,
    /// How long the process had run when its time first seemed over.
    doubt: Option<Duration>,
}

impl OwnTime {
    pub(crate) fn begin(account: Option<Account>) -> Self {
        let first = account.as_ref().and_then(Account::counters).unwrap_or_default();
        let at = Instant::now();
        Self { account, began: at, at, first, now: first, paused: Duration::ZERO, doubt: None }
    }

    /// The script's own time until the last look.
    pub(crate) fn spent(&self) -> Duration {
        let waited = self.now.waited.saturating_sub(self.first.waited);
        (self.at - self.began).saturating_sub(waited + self.paused)
    }

    /// When to look again: when the own time can reach `limit` at the earliest, and often enough to notice pauses.
    pub(crate) fn next_look(&self, limit: Duration) -> Instant {
        let left = limit.saturating_sub(self.spent()).min(PAUSE);
        self.at + if self.doubt.is_some() { DOUBT } else { left }
    }

    /// Looks, which was to be done when it was `due`, and says whether the script's own time has reached `limit`.
    pub(crate) fn is_over(&mut self, limit: Duration, due: Instant) -> bool {
        let counters = self.account.as_ref().and_then(Account::counters);
        self.book(Instant::now(), due, counters);
        if self.spent() < limit {
            self.doubt = None;
            return false;
        }
        let is_ready = counters.is_some() && self.account.as_ref().is_some_and(Account::is_ready);
        self.is_certain(is_ready)
    }

    fn book(&mut self, at: Instant, due: Instant, counters: Option<Counters>) {
        let late = at.saturating_duration_since(due);
        if late >= PAUSE {
            self.paused += late;
        }
        self.at = at;
        self.now = counters.unwrap_or(self.now);
    }

    /// Whether the counters tell all: the kernel counts a wait when it ends, so a process that is ready must have run
    /// since its time first seemed over.
    fn is_certain(&mut self, is_ready: bool) -> bool {
        !is_ready || *self.doubt.get_or_insert(self.now.ran) < self.now.ran
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A clock that looks at `at_ms`, when it was to, and finds these counters.
    fn look(clock: &mut OwnTime, at_ms: u64, ran: u64, waited: u64) -> Duration {
        let at = clock.began + ms(at_ms);
        clock.book(at, at, Some(Counters { ran: ms(ran), waited: ms(waited) }));
        clock.spent()
    }

    #[test]
    fn all_time_counts_but_the_wait_for_a_processor() {
        let mut clock = OwnTime::begin(None);
        assert_eq!(look(&mut clock, 100, 0, 0), ms(100));
        assert_eq!(clock.next_look(ms(150)), clock.began + ms(150));
        assert_eq!(clock.next_look(ms(60_000)), clock.began + ms(100) + PAUSE);
        // A wait is told when it ends, and may have begun before the last look.
        assert_eq!(look(&mut clock, 110, 10, 90), ms(20));
        assert_eq!(look(&mut clock, 200, 10, 100), ms(100));
        // The counters are a little ahead of the clock.
        assert_eq!(look(&mut clock, 201, 10, 202), ms(0));
    }

    #[test]
    fn a_pause_of_the_machine_does_not_count() {
        let mut clock = OwnTime::begin(None);
        let began = clock.began;
        clock.book(began + ms(1_700), began + ms(1_000), None);
        assert_eq!(clock.spent(), ms(1_700), "a busy node is late");
        clock.book(began + ms(60_000), began + ms(2_000), None);
        assert_eq!(clock.spent(), ms(2_000), "a machine that stood still");
    }

    #[test]
    fn without_counters_the_wall_clock_counts() {
        let mut clock = OwnTime::begin(None);
        let began = clock.began;
        assert!(!clock.is_over(ms(60_000), began + ms(60_000)));
        assert_eq!(clock.spent(), clock.at - began);
        assert!(clock.is_over(ms(0), clock.at));
    }

    #[test]
    fn a_process_that_may_be_waiting_is_looked_at_until_it_runs_or_sleeps() {
        let mut clock = OwnTime::begin(None);
        look(&mut clock, 100, 40, 0);
        assert!(!clock.is_certain(true));
        assert_eq!(clock.next_look(ms(50)), clock.at + DOUBT);
        look(&mut clock, 105, 40, 0);
        assert!(!clock.is_certain(true), "it did not run since");
        look(&mut clock, 110, 41, 0);
        assert!(clock.is_certain(true), "it ran, and no wait came to light");
        clock.doubt = None;
        assert!(clock.is_certain(false), "it sleeps");
    }

    #[test]
    fn states_are_read_behind_any_name() {
        assert_eq!(state("12 (a) R b) S 1 2"), Some('S'));
        assert_eq!(state("12 (sandbox) R 1"), Some('R'));
        assert_eq!(state("12 (sandbox"), None);
    }

    #[test]
    fn counters_are_read_or_refused() {
        assert_eq!(Counters::parse("1000000 2000000 3\n"), Some(Counters { ran: ms(1), waited: ms(2) }));
        for text in ["", "1", "1 x 2", "-1 2 3", "99999999999999999999 1 1"] {
            assert_eq!(Counters::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_account_that_ended_gives_no_counters() {
        let mut child = std::process::Command::new("/bin/true").spawn().expect("a program");
        let account = Account::open(child.id());
        child.wait().expect("it ends");
        assert_eq!(account.and_then(|account| account.counters()), None);
    }
}
