//! Lets `src/heap_limit.rs` and `src/stack_scope.rs` stand between the engine and the crate that dresses it as V8.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for function in ["JS_SetInterruptHandler", "JS_SetMemoryLimitHandler", "JS_SetPrepareStackTraceCallback"]
    {
        println!("cargo::rustc-link-arg-bins=-Wl,--wrap={function}");
    }
}
