// Divisions of the largest numbers the engine knows.
// limit: execution_ms 300
// expect: error script runtime exceeded
const a = 3n ** 600_000n, b = 7n ** 100_000n;
for (;;) a / b;
