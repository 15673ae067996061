// A name that is never finished.
// limit: execution_ms 300
// expect: error script runtime exceeded
const error = new Error("x");
Object.defineProperty(error, "name", { get() { for (;;); } });
throw error;
