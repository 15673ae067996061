// Twenty thousand requests at once.
// limit: execution_ms 5000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; i < 20_000; i++) fetch(args[0]).catch(() => {});
await new Promise(() => {});
