// A listener that takes every rejection for handled and makes another.
// limit: execution_ms 300
// expect: error script runtime exceeded
addEventListener("unhandledrejection", (event) => { event.preventDefault(); Promise.reject(1) });
Promise.reject(1);
await new Promise((r) => setTimeout(r, 1));
return new Uint8Array(1);
