// Encoded texts.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push(new TextEncoder().encode("€".repeat(50_000)));
