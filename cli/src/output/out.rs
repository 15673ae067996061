//! Standard output: what is lost of a result is said, and is a failure.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why the first result was lost that nobody got.
static LOST: OnceLock<String> = OnceLock::new();

/// Whether the program was started without a standard output. The standard library opens `/dev/null` in its place
/// before `main`, so it is looked at before.
static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

extern "C" fn look() {
    // SAFETY: number 1 is only asked for a copy, which is an error where it is no open descriptor.
    let out = unsafe { BorrowedFd::borrow_raw(1) };
    WAS_CLOSED.store(out.try_clone_to_owned().is_err(), Ordering::Relaxed);
}

// SAFETY: the loader calls what stands in this section once, before `main`, on the only thread there is.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Whether the program was started without a standard output.
pub(crate) fn was_closed() -> bool {
    WAS_CLOSED.load(Ordering::Relaxed)
}

/// Writes a text with a line break.
pub(super) fn write(text: &str) {
    note(try_write(&format!("{text}\n")));
}

fn try_write(text: &str) -> io::Result<()> {
    // The standard library's own handle takes what a descriptor not open for writing got for written.
    File::from(io::stdout().as_fd().try_clone_to_owned()?).write_all(text.as_bytes())
}

/// Notes what became of an attempt to write. A reader that hung up has what it wanted.
pub(super) fn note(done: io::Result<()>) {
    if let Err(error) = done
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Why a result was lost, if one was.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}
