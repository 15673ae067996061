// Promises that beget promises.
// limit: execution_ms 300
// expect: error script runtime exceeded
const f = () => { Promise.resolve().then(f) };
f();
await new Promise(() => {});
