// The same chain, thrown by a listener.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
let error = new Error("first");
for (let n = 0; n < 20000; n++) error = new Error("next", { cause: error });
const target = new EventTarget();
target.addEventListener("x", () => { throw error; });
target.dispatchEvent(new Event("x"));
await 1;
return Functions.encodeString("not reported");
