// Sorting an array of four billion holes.
// limit: execution_ms 300
// expect: error script runtime exceeded
const sparse = [];
sparse.length = 2 ** 32 - 1;
for (;;) sparse.sort();
