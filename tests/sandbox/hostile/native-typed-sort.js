// Sorting numbers for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
const numbers = new Float64Array(1e6);
for (;;) { numbers.forEach((_, at) => { numbers[at] = -at }); numbers.sort() }
