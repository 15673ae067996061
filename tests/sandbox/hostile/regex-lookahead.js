// Catastrophe inside a lookahead.
// limit: execution_ms 300
// expect: error script runtime exceeded
/^(?=(x+x+)+y)/.test("x".repeat(50))
