// A listener that dispatches its own event and lets every error out: reported where the stack ends, it ends the run.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
const target = new EventTarget();
target.addEventListener("x", () => target.dispatchEvent(new Event("x")));
target.dispatchEvent(new Event("x"));
await 1;
return Functions.encodeString("not reported");
