// Catastrophe inside a lookbehind, which matches backwards.
// limit: execution_ms 300
// expect: error script runtime exceeded
/(?<=^(?:a+)+)b/.test("x" + "a".repeat(60) + "b")
