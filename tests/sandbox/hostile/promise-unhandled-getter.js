// An unhandled rejection whose reason fights being described.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
Promise.reject(new Proxy({}, { get() { throw new Error("no") }, getPrototypeOf() { throw new Error("no") } }));
await null;
await new Promise((r) => setTimeout(r, 1));
return new Uint8Array(1);
