// Texts of two bytes a letter.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push("€".repeat(100_000) + kept.length);
