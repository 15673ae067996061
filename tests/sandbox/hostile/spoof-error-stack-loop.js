// A stack that is never finished.
// limit: execution_ms 300
// expect: error x
// expect: error script runtime exceeded
const error = new Error("x");
Object.defineProperty(error, "stack", { get() { for (;;); } });
throw error;
