// Errors with their stacks.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push(new Error("x".repeat(1000) + kept.length));
