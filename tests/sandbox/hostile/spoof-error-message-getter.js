// A message that cannot be read.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
const error = new Error("x");
Object.defineProperty(error, "message", { get() { throw new Error("no") } });
throw error;
