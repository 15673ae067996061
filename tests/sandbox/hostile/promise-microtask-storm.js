// Microtasks that beget microtasks.
// limit: execution_ms 300
// expect: error script runtime exceeded
const f = () => queueMicrotask(f);
f();
await new Promise(() => {});
