// Buffers outside the ordinary heap.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push(new ArrayBuffer(1 << 20));
