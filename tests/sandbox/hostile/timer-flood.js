// A million timers.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; i < 1e6; i++) setTimeout(() => {}, i);
await new Promise(() => {});
