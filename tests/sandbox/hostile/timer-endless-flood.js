// Timers without end, each with a closure.
// limit: execution_ms 3000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; ; i++) setTimeout(() => i, 1e9);
