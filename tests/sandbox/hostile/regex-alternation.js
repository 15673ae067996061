// Two alternatives for every position.
// limit: execution_ms 300
// expect: error script runtime exceeded
/^(a|aa)+$/.test("a".repeat(60) + "b")
