// Symbols with long descriptions.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; ; i++) kept.push(Symbol("x".repeat(100) + i));
