// The same, where every level catches the error and throws it again.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
const target = new EventTarget();
target.addEventListener("x", () => {
  try {
    target.dispatchEvent(new Event("x"));
  } catch (error) {
    throw error;
  }
});
target.dispatchEvent(new Event("x"));
await 1;
return Functions.encodeString("not reported");
