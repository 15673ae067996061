// Texts that differ.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push("x".repeat(100_000) + kept.length);
