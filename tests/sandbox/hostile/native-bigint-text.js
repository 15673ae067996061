// Conversions to decimal whose time is quadratic.
// limit: execution_ms 300
// expect: error script runtime exceeded
const x = 3n ** 600_000n;
for (;;) x.toString();
