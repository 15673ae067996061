// Abort signals that hang on each other.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
const controller = new AbortController();
const kept = [];
for (;;) { const own = new AbortController(); controller.signal.addEventListener("abort", () => own.abort()); kept.push(own) }
