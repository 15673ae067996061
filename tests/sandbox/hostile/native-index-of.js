// One native search over four billion holes.
// limit: execution_ms 300
// expect: error script runtime exceeded
new Array(2 ** 32 - 2).indexOf(1)
