// Many large integers.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) kept.push((1n << 100_000n) + BigInt(kept.length));
