// A copy that doubles.
// expect: error syntax error, RAM exceeded, or other error: memory
let value = [1];
for (;;) value = structuredClone([value, structuredClone(value)]);
