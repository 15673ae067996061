// A chain of promises that keeps every link.
// limit: execution_ms 3000
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: error script runtime exceeded
const f = () => Promise.resolve().then(f);
await f();
