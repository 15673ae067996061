// Symbols in the registry, which are never collected.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; ; i++) Symbol.for("x".repeat(100) + i);
