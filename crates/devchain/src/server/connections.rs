//! All connections: how many there are, and what they have begun to send.
//!
//! Nobody is kept out by those who begin and do not go on: where there is no room, whoever has kept it waiting longest
//! makes some, and is told so.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use axum::http::StatusCode;
use tokio::time::Instant;

use super::{BODY_PAUSE, BODY_TIME, HEAD_TIME, MAX_CONNECTIONS, MAX_UNANSWERED_BYTES};

/// What each connection may hold of unfinished requests, whatever others hold.
const SMALL_BYTES: usize = 64 * 1024;

/// Why a connection is not read any further; what a WebSocket may hear, in at most the 123 bytes of a farewell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cut {
    /// The head of a request is not whole in time.
    #[error("the request's head did not end within {} s of its first byte: send all of it at once", HEAD_TIME.as_secs())]
    Head,
    /// The rest of a body or a message does not come.
    #[error(
        "the rest of a message did not come: go on within {} s, and end within {} s",
        BODY_PAUSE.as_secs(),
        BODY_TIME.as_secs()
    )]
    Stopped,
    /// Another connection needs the place of this one.
    #[error(
        "{MAX_CONNECTIONS} connections are open, which is the limit, and this one has waited longest: close some"
    )]
    Crowded,
    /// There is too much that came and is not answered.
    #[error("requests in waiting hold {MAX_UNANSWERED_BYTES} bytes, the limit: send smaller ones, or later")]
    NoRoom,
}

impl Cut {
    /// The one behind an error of reading, if it is one of ours.
    pub(super) fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut causes = std::iter::successors(Some(error), |&error| error.source());
        causes.find_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref().copied())
    }

    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Head | Self::Stopped => StatusCode::REQUEST_TIMEOUT,
            Self::Crowded | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<Cut> for io::Error {
    fn from(cut: Cut) -> Self {
        Self::other(cut)
    }
}

/// All connections of a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections(Arc<Mutex<All>>);

#[derive(Debug, Default)]
struct All {
    open: BTreeMap<u64, State>,
    last_id: u64,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    /// Counts what is done, to say what was done before what.
    turn: u64,
    /// Bytes of requests that came, whole or in part, and are not answered yet.
    bytes: usize,
}

impl Counts {
    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }
}

/// What a connection sends next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sends {
    Head,
    /// A body, whose request is under way until its answer is there.
    Body,
    /// Messages of a WebSocket.
    Messages,
}

#[derive(Debug)]
struct State {
    sends: Sends,
    /// The turn in which it last ended something: came, had a request answered, took bytes of an answer.
    since: u64,
    /// Bytes that came of what is not whole yet.
    unfinished: usize,
    /// When the first of them came, and the last.
    began: Option<(Instant, Instant)>,
    /// Whole requests that are not answered yet.
    under_way: usize,
    cut: Option<Cut>,
    reader: Option<Waker>,
}

impl State {
    /// Whether its bytes are those of a request that could be given up.
    const fn is_unfinished(&self) -> bool {
        self.cut.is_none() && (self.under_way == 0 || matches!(self.sends, Sends::Messages))
    }

    /// When what it has begun must have gone on.
    fn until(&self) -> Option<Instant> {
        let (first, last) = self.began?;
        match self.sends {
            Sends::Head => Some(first + HEAD_TIME),
            // What comes meanwhile is the beginning of the next request.
            Sends::Body if self.under_way > 0 => None,
            Sends::Body | Sends::Messages => Some((first + BODY_TIME).min(last + BODY_PAUSE)),
        }
    }
}

impl All {
    fn cut(&mut self, id: u64, why: Cut) {
        let Some(state) = self.open.get_mut(&id) else { return };
        state.cut = Some(why);
        self.counts.bytes -= std::mem::take(&mut state.unfinished);
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// Cuts the connection that has done nothing for longest; false when all are busy or WebSockets.
    fn make_place(&mut self) -> bool {
        let idle =
            self.open.iter().filter(|(_, state)| state.is_unfinished() && state.sends != Sends::Messages);
        let Some((&id, _)) = idle.min_by_key(|(_, state)| state.since) else { return false };
        self.cut(id, Cut::Crowded);
        true
    }
}

impl Connections {
    fn all(&self) -> MutexGuard<'_, All> {
        // Every change is complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets another connection in; `None` when there are [`MAX_CONNECTIONS`], and none to cut.
    pub(super) fn enter(&self) -> Option<Connection> {
        let mut all = self.all();
        let open = all.open.values().filter(|state| state.cut.is_none()).count();
        if open >= MAX_CONNECTIONS && !all.make_place() {
            return None;
        }
        all.last_id += 1;
        let (id, since) = (all.last_id, all.counts.next_turn());
        let state = State {
            sends: Sends::Head,
            since,
            unfinished: 0,
            began: None,
            under_way: 0,
            cut: None,
            reader: None,
        };
        all.open.insert(id, state);
        Some(Connection(Arc::new(Entry { id, of: self.clone() })))
    }

    /// Makes a place where the system has none.
    pub(super) fn make_place(&self) {
        self.all().make_place();
    }
}

/// One connection; it counts until the last of these is dropped.
#[derive(Clone, Debug)]
pub(super) struct Connection(Arc<Entry>);

#[derive(Debug)]
struct Entry {
    id: u64,
    of: Connections,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut all = self.of.all();
        if let Some(state) = all.open.remove(&self.id) {
            all.counts.bytes -= state.unfinished;
        }
    }
}

impl Connection {
    fn change<T>(&self, change: impl FnOnce(&mut State, &mut Counts) -> T) -> T {
        let mut all = self.0.of.all();
        let All { open, counts, .. } = &mut *all;
        change(open.get_mut(&self.0.id).expect("a connection is known while it lives"), counts)
    }

    /// Counts bytes that came.
    ///
    /// # Errors
    /// When there is no room for them.
    pub(super) fn came(&self, bytes: usize) -> Result<(), Cut> {
        let is_small = self.change(|state, counts| {
            if let Some(cut) = state.cut {
                return Err(cut);
            }
            let now = Instant::now();
            state.began = Some((state.began.map_or(now, |(first, _)| first), now));
            state.unfinished += bytes;
            counts.bytes += bytes;
            Ok(state.unfinished <= SMALL_BYTES)
        })?;
        let mut all = self.0.of.all();
        while all.counts.bytes > MAX_UNANSWERED_BYTES && !is_small {
            let large =
                all.open.iter().filter(|(_, state)| state.is_unfinished() && state.unfinished > SMALL_BYTES);
            let oldest = large.min_by_key(|(_, state)| state.began).map(|(&id, _)| id);
            let cut = oldest.unwrap_or(self.0.id);
            all.cut(cut, Cut::NoRoom);
            if cut == self.0.id {
                return Err(Cut::NoRoom);
            }
        }
        Ok(())
    }

    /// Takes note of a reader that waits for bytes; gives the time by which some must have come.
    ///
    /// # Errors
    /// When none are waited for any more.
    pub(super) fn waits(&self, reader: &Waker) -> Result<Option<Instant>, Cut> {
        self.change(|state, _| {
            if let Some(cut) = state.cut {
                return Err(cut);
            }
            state.reader = Some(reader.clone());
            Ok(state.until())
        })
    }

    /// Gives up what did not come in time.
    pub(super) fn late(&self) -> Cut {
        let mut all = self.0.of.all();
        let is_head = all.open.get(&self.0.id).is_some_and(|state| state.sends == Sends::Head);
        let cut = if is_head { Cut::Head } else { Cut::Stopped };
        all.cut(self.0.id, cut);
        cut
    }

    /// Whether the head of a request is what comes next.
    pub(super) fn sends_head(&self) -> bool {
        self.change(|state, _| state.sends == Sends::Head)
    }

    /// The other side took bytes of an answer.
    pub(super) fn took(&self) {
        self.change(|state, counts| state.since = counts.next_turn());
    }

    /// The head of a request is whole; its body comes next.
    pub(super) fn begin_request(&self) {
        let now = Instant::now();
        let reader = self.change(|state, _| {
            (state.sends, state.began) = (Sends::Body, Some((now, now)));
            state.reader.take()
        });
        // It may wait for as long as a head may take.
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// A request is answered; the next one comes next, or messages do.
    pub(super) fn end_request(&self, is_socket: bool) {
        self.change(|state, counts| {
            state.sends = if is_socket { Sends::Messages } else { Sends::Head };
            state.since = counts.next_turn();
            counts.bytes -= std::mem::take(&mut state.unfinished);
            state.began = None;
        });
    }

    /// All that came is one whole request, which counts until what this gives is dropped.
    pub(super) fn whole(&self) -> Whole {
        self.change(|state, _| {
            state.under_way += 1;
            state.began = None;
            Whole { connection: self.clone(), bytes: std::mem::take(&mut state.unfinished) }
        })
    }

    /// So many of the bytes that came asked for nothing.
    pub(super) fn forget(&self, bytes: usize) {
        self.change(|state, counts| {
            let bytes = bytes.min(state.unfinished);
            state.unfinished -= bytes;
            counts.bytes -= bytes;
            if state.unfinished == 0 {
                state.began = None;
            }
        });
    }
}

/// A whole request, until it is dropped.
#[derive(Debug)]
pub(super) struct Whole {
    connection: Connection,
    bytes: usize,
}

impl Drop for Whole {
    fn drop(&mut self) {
        self.connection.change(|state, counts| {
            state.under_way -= 1;
            state.since = counts.next_turn();
            counts.bytes -= self.bytes;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_farewell_has_room_for_the_words() {
        for cut in [Cut::Stopped, Cut::NoRoom] {
            assert!(cut.to_string().len() <= 123, "{cut}");
        }
    }

    #[tokio::test]
    async fn who_takes_longest_makes_room() {
        let connections = Connections::default();
        let enter = || connections.enter().expect("a place");
        let [first, second, third] = [enter(), enter(), enter()];
        for connection in [&first, &second, &third] {
            connection.begin_request();
        }
        let half = MAX_UNANSWERED_BYTES / 2;
        second.came(half).expect("room");
        first.came(half).expect("room");
        third.came(SMALL_BYTES).expect("little is always taken");
        let whole = first.whole();
        third.came(1).expect("another makes room");
        assert_eq!(second.came(1), Err(Cut::NoRoom));
        assert_eq!(first.came(0), Ok(()), "what is whole is not given up");
        drop(whole);
        first.came(MAX_UNANSWERED_BYTES).expect("the third makes room");
        assert_eq!(third.came(1), Err(Cut::NoRoom));
        assert_eq!(first.came(1), Err(Cut::NoRoom), "there is nobody else");
        drop((first, second, third));
        let all = connections.all();
        assert_eq!((all.counts.bytes, all.open.len()), (0, 0));
    }

    #[tokio::test]
    async fn who_has_done_nothing_for_longest_makes_place() {
        let connections = Connections::default();
        let mut open: Vec<_> = (0..MAX_CONNECTIONS).map(|_| connections.enter().expect("a place")).collect();
        open[0].took();
        let whole = open[1].whole();
        open[2].end_request(true);
        open.push(connections.enter().expect("another makes place"));
        let is_cut = |at: usize| open[at].waits(Waker::noop()) == Err(Cut::Crowded);
        assert_eq!((0..open.len()).filter(|&at| is_cut(at)).collect::<Vec<_>>(), [3]);
        let busy: Vec<_> = open.iter().map(Connection::whole).collect();
        assert!(connections.enter().is_none());
        drop((busy, whole));
        assert!(connections.enter().is_some());
    }
}
