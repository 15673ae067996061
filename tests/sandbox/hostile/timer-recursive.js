// A timer that sets the next one.
// expect: error script runtime exceeded
const f = () => setTimeout(f, 0);
f();
await new Promise(() => {});
