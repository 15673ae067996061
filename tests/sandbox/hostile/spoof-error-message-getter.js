// A message that cannot be read.
// expect: error invalid value returned
const error = new Error("x");
Object.defineProperty(error, "message", { get() { throw new Error("no") } });
throw error;
