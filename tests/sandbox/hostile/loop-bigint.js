// Arithmetic on big integers for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
let x = 3n;
for (;;) x = (x * x) % 2n ** 4096n;
