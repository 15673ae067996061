// A million promises at once.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
await Promise.all(Array.from({ length: 1e6 }, () => new Promise(() => {})));
