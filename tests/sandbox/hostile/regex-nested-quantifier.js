// The classic of catastrophic backtracking.
// limit: execution_ms 300
// expect: error script runtime exceeded
/(a+)+$/.test("a".repeat(40) + "b")
