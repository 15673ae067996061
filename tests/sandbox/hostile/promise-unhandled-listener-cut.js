// A script that takes the global scope apart hears of nothing, and its rejection ends the run.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
addEventListener("unhandledrejection", (event) => event.preventDefault());
for (const key of Reflect.ownKeys(globalThis)) if (typeof key === "symbol") Reflect.deleteProperty(globalThis, key);
Object.setPrototypeOf(globalThis, null);
Promise.reject(1);
await null;
await new Promise((r) => setTimeout(r, 1));
return new Uint8Array(1);
