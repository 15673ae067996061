// Exhaustion must not be catchable: a result would be returned.
// expect: error syntax error, RAM exceeded, or other error: memory
try { const kept = []; for (;;) kept.push("x".repeat(100_000) + kept.length) } catch { return new Uint8Array(1) } finally { return new Uint8Array(2) }
