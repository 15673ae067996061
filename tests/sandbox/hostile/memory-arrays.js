// Arrays of arrays.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push(new Array(1000).fill(1.5));
