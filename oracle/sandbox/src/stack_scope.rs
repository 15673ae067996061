//! Formatting a stack leaves nothing behind.
//!
//! The crate that dresses the engine as V8 keeps what it hands to the formatter (`places`) until the handle scope
//! around it closes: for a script that is the end of its turn. A loop that throws strings, or reads `stack`, filled
//! its heap with the frames of errors it had long forgotten. So the formatter is called, by a function that is put
//! in its place at link time (`build.rs`), within a handle scope of its own.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};

use eyre::{Result, ensure};

/// A value as the engine passes it: for objects, `payload` is a pointer.
#[repr(C)]
#[derive(Clone, Copy)]
struct Value {
    payload: u64,
    tag: i64,
}

/// The tag of objects.
const OBJECT: i64 = -1;
const NULL: Value = Value { payload: 0, tag: 2 };
const UNDEFINED: Value = Value { payload: 0, tag: 3 };
/// The kind of function that takes its arguments as an array.
const GENERIC: c_int = 0;
const NAME: &CStr = c"prepareStackTrace";

type Function = unsafe extern "C" fn(*mut c_void, Value, c_int, *mut Value) -> Value;

unsafe extern "C" {
    #[link_name = "__real_JS_SetPrepareStackTraceCallback"]
    fn set_formatter(context: *mut c_void, formatter: Value);
    #[link_name = "JS_NewCFunction2"]
    fn new_function(
        context: *mut c_void,
        function: Function,
        name: *const c_char,
        length: c_int,
        kind: c_int,
        magic: c_int,
    ) -> Value;
    #[link_name = "JS_DupValue"]
    fn keep(context: *mut c_void, value: Value) -> Value;
    #[link_name = "JS_GetPropertyUint32"]
    fn element(context: *mut c_void, array: Value, at: u32) -> Value;
    #[link_name = "JS_FreeValue"]
    fn release(context: *mut c_void, value: Value);
    #[link_name = "JS_Call"]
    fn call(context: *mut c_void, function: Value, this: Value, count: c_int, arguments: *mut Value)
    -> Value;
    #[link_name = "v8__Isolate__GetCurrent"]
    fn isolate() -> *mut c_void;
    #[link_name = "v8__HandleScope__CONSTRUCT"]
    fn open(scope: *mut usize, isolate: *mut c_void);
    #[link_name = "v8__HandleScope__DESTRUCT"]
    fn close(scope: *mut usize);
}

/// Pointers of the formatter and of the function around it; 0 before there are any. Both live as long as the process.
static FORMATTER: AtomicU64 = AtomicU64::new(0);
static AROUND: AtomicU64 = AtomicU64::new(0);

/// What the isolate calls to set the formatter, in place of the engine's function of that name. It also calls this to
/// take the formatter away for a while, and to put back what it found.
///
/// # Safety
/// `context` is a live context of the engine, and `formatter` a value of it.
#[unsafe(export_name = "__wrap_JS_SetPrepareStackTraceCallback")]
unsafe extern "C" fn set_formatter_in_scope(context: *mut c_void, formatter: Value) {
    let mut around = Value { payload: AROUND.load(Ordering::Relaxed), tag: OBJECT };
    if formatter.tag != OBJECT || formatter.payload == around.payload {
        // SAFETY: the caller's promise.
        return unsafe { set_formatter(context, formatter) };
    }
    // SAFETY: the caller's promise, and `in_scope` has the signature of a generic function.
    unsafe {
        FORMATTER.store(keep(context, formatter).payload, Ordering::Relaxed);
        if around.payload == 0 {
            around = new_function(context, in_scope, NAME.as_ptr(), 2, GENERIC, 0);
            AROUND.store(around.payload, Ordering::Relaxed);
        }
        set_formatter(context, around);
    }
}

/// Calls the formatter and drops every handle that this made. What it gives is the caller's own. Where it gives an
/// array, that begins with a function which makes the stack of it, and may throw. A thrown value that is no object has
/// nowhere to keep a stack, so none is made.
unsafe extern "C" fn in_scope(
    context: *mut c_void,
    this: Value,
    count: c_int,
    arguments: *mut Value,
) -> Value {
    // SAFETY: the engine passes `count` arguments; the first is what was thrown.
    if count < 1 || unsafe { (*arguments).tag } != OBJECT {
        return NULL;
    }
    let formatter = Value { payload: FORMATTER.load(Ordering::Relaxed), tag: OBJECT };
    // The formatter reads properties of the error. A getter among them may read the same stack, whereupon the engine
    // drops the frames it passed here. SAFETY: as above.
    let kept: Vec<Value> = unsafe {
        let arguments = std::slice::from_raw_parts(arguments, usize::try_from(count).unwrap_or(0));
        arguments.iter().map(|argument| keep(context, *argument)).collect()
    };
    let mut scope = [0; 4];
    // SAFETY: the engine calls this with its own live values, the formatter is one, and a scope takes no more than
    // three words.
    unsafe {
        open(scope.as_mut_ptr(), isolate());
        let mut stack = call(context, formatter, this, count, arguments);
        close(scope.as_mut_ptr());
        if stack.tag == OBJECT {
            let (parts, own) = (stack, element(context, stack, 0));
            stack = call(context, own, UNDEFINED, 2, [*arguments, parts].as_mut_ptr());
            release(context, own);
            release(context, parts);
        }
        kept.into_iter().for_each(|argument| release(context, argument));
        stack
    }
}

/// Whether the linker did what `build.rs` asked of it.
///
/// # Errors
/// When the formatter is called directly.
pub(crate) fn check() -> Result<()> {
    let replaced = AROUND.load(Ordering::Relaxed) != 0;
    ensure!(replaced, "the program was linked without --wrap: rebuild it with GNU ld or lld");
    Ok(())
}
