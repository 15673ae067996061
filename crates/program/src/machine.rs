//! Runs a program until it ends or needs the chain, and goes on with the answer.

use alloy_primitives::Bytes;
use wasmi::{Error, Extern, Store, StoreLimitsBuilder, TrapCode, TypedResumableCall, Val};

use crate::{
    Ending, Exit, FrameEnv, Pages, Program, Reply, Request, StylusParams,
    encode::{INK_LEFT, INK_STATUS, STACK_LEFT},
    parse::{ENTRYPOINT, MEMORY},
    program::HOST,
    storage::StorageCache,
    vm::{Escape, Frame, Handles, Vm},
};

/// Bytes of the 128 pages a memory may reach.
const MAX_MEMORY: usize = 128 << 16;

/// What a program wants next.
#[derive(Debug)]
pub enum Step {
    /// It waits for [`Machine::resume`].
    Request(Request),
    /// It has ended; the machine runs no further.
    Done(Exit),
}

enum State {
    Ready { ink: u64 },
    Suspended(wasmi::TypedResumableCallHostTrap<i32>),
    Ended,
}

/// One call of a program. Suspended machines may be kept as long as wanted, in any number.
pub struct Machine {
    store: Store<Frame>,
    state: State,
    program: std::sync::Arc<Program>,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("contract", &self.store.data().env.contract).finish_non_exhaustive()
    }
}

impl Machine {
    /// Prepares a call with `ink` to spend.
    #[must_use]
    pub fn new(program: std::sync::Arc<Program>, env: FrameEnv, params: &StylusParams, ink: u64) -> Self {
        let frame = Frame {
            pages: env.pages,
            env,
            params: *params,
            storage: StorageCache::default(),
            output: Vec::new(),
            return_data: Bytes::new(),
            last_code: None,
            request: None,
            pending: None,
            console: Vec::new(),
            handles: None,
            limits: StoreLimitsBuilder::new().memory_size(MAX_MEMORY).build(),
        };
        let mut store = Store::new(&HOST.engine, frame);
        store.limiter(|frame| &mut frame.limits);
        Self { store, state: State::Ready { ink }, program }
    }

    /// Starts the program.
    pub fn start(&mut self) -> Step {
        let State::Ready { ink } = self.state else {
            return self.fail("the program was started before");
        };
        let prepared = self.prepare(ink);
        match prepared {
            Ok(entry) => {
                let calldata = crate::hooks::len(&self.store.data().env.calldata);
                let run = entry.call_resumable(&mut self.store, calldata);
                self.settle(run)
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    /// Goes on with the chain's answer to the last request.
    pub fn resume(&mut self, reply: Reply) -> Step {
        let State::Suspended(call) = std::mem::replace(&mut self.state, State::Ended) else {
            return self.fail("no request is open");
        };
        let answered = Vm::new(&mut self.store).and_then(|mut vm| vm.answer(reply));
        match answered {
            Ok(value) => {
                let run = call.resume(&mut self.store, value.as_slice());
                self.settle(run)
            }
            Err(escape) => self.escape(escape),
        }
    }

    /// The transaction's pages as this frame has left them.
    #[must_use]
    pub fn pages(&self) -> Pages {
        self.store.data().pages
    }

    /// Lines written to a debug chain's console.
    #[must_use]
    pub fn console(&self) -> &[String] {
        &self.store.data().console
    }

    /// The call that the program runs in.
    #[must_use]
    pub fn env(&self) -> &FrameEnv {
        &self.store.data().env
    }

    fn prepare(&mut self, ink: u64) -> Result<wasmi::TypedFunc<u32, i32>, Error> {
        let instance = HOST.linker.instantiate_and_start(&mut self.store, &self.program.module)?;
        let global = |name: &str| match instance.get_export(&self.store, name) {
            Some(Extern::Global(global)) => Ok(global),
            _ => Err(Error::new(format!("no global {name}"))),
        };
        let handles = Handles {
            memory: instance.get_memory(&self.store, MEMORY).ok_or_else(|| Error::new("no memory"))?,
            ink_left: global(INK_LEFT)?,
            ink_status: global(INK_STATUS)?,
            stack_left: global(STACK_LEFT)?,
        };
        let depth = self.store.data().params.max_stack_depth;
        let set = |error| Error::new(format!("no meter: {error}"));
        handles.ink_left.set(&mut self.store, Val::I64(ink.cast_signed())).map_err(set)?;
        handles.stack_left.set(&mut self.store, Val::I32(depth.cast_signed())).map_err(set)?;
        self.store.data_mut().handles = Some(handles);
        instance.get_typed_func(&self.store, ENTRYPOINT)
    }

    fn settle(&mut self, run: Result<TypedResumableCall<i32>, Error>) -> Step {
        match run {
            Ok(TypedResumableCall::Finished(status)) => self.finish(status != 0),
            Ok(TypedResumableCall::HostTrap(call)) => {
                match call.host_error().downcast_ref::<Escape>().copied() {
                    Some(Escape::Suspend) => match self.store.data_mut().request.take() {
                        Some(request) => {
                            self.state = State::Suspended(call);
                            Step::Request(request)
                        }
                        None => self.fail("suspended without a request"),
                    },
                    Some(escape) => self.escape(escape),
                    None => self.fail(&call.host_error().to_string()),
                }
            }
            Ok(TypedResumableCall::OutOfFuel(_)) => self.fail("the engine counts no fuel"),
            Err(error) => self.trap(&error),
        }
    }

    fn escape(&mut self, escape: Escape) -> Step {
        match escape {
            Escape::Exit(status) => self.finish(status != 0),
            Escape::OutOfInk => self.end(Ending::OutOfInk, Bytes::new()),
            Escape::Suspend => self.fail("suspended twice"),
            Escape::Logical(why) => self.fail(why),
        }
    }

    fn trap(&mut self, error: &Error) -> Step {
        let meter = |handles: Handles| (self.int(handles.stack_left), self.int(handles.ink_status));
        let (stack_left, ink_status) = self.store.data().handles.map_or((1, 0), meter);
        if stack_left == 0 || error.as_trap_code() == Some(TrapCode::StackOverflow) {
            return self.end(Ending::OutOfStack, Bytes::new());
        }
        if ink_status != 0 {
            return self.end(Ending::OutOfInk, Bytes::new());
        }
        self.fail(&error.to_string())
    }

    fn finish(&mut self, reverted: bool) -> Step {
        let output = std::mem::take(&mut self.store.data_mut().output).into();
        self.end(if reverted { Ending::Revert } else { Ending::Success }, output)
    }

    fn fail(&mut self, why: &str) -> Step {
        self.end(Ending::Failure(why.to_owned()), Bytes::new())
    }

    fn end(&mut self, ending: Ending, output: Bytes) -> Step {
        self.state = State::Ended;
        let ink_left = match (&ending, self.store.data().handles) {
            (Ending::OutOfInk, _) | (_, None) => 0,
            (_, Some(handles)) => match handles.ink_left.get(&self.store) {
                Val::I64(ink) => ink.cast_unsigned(),
                _ => 0,
            },
        };
        Step::Done(Exit { ending, ink_left, output })
    }

    fn int(&self, global: wasmi::Global) -> i32 {
        match global.get(&self.store) {
            Val::I32(value) => value,
            _ => 0,
        }
    }
}
