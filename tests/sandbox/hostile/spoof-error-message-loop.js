// A message that is never finished.
// limit: execution_ms 300
// expect: error script runtime exceeded
const error = new Error("x");
Object.defineProperty(error, "message", { get() { for (;;); } });
throw error;
