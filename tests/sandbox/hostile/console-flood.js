// Printing for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
for (;;) console.log("x".repeat(10_000));
