// Counters and clocks without end.
// limit: execution_ms 3000
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: error script runtime exceeded
for (let i = 0; ; i++) { console.count("x".repeat(1000) + i); console.time("x".repeat(1000) + i) }
