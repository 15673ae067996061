// Listeners without end.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
const target = new EventTarget();
for (;;) target.addEventListener("x", () => target);
