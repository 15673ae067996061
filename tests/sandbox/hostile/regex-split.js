// Splitting a long text into its letters again and again, keeping all.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push("ab".repeat(10_000).split(/(?:)/));
