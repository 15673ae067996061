// A rejection nobody handles ends the run although the script goes on.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
Promise.reject(new Error("nobody listens"));
await new Promise((r) => setTimeout(r, 1));
return new Uint8Array(1);
