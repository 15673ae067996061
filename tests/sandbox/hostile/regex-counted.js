// Nested counted repetitions.
// limit: execution_ms 300
// expect: error script runtime exceeded
for (;;) /(?:a{0,9}){0,9}(?:a{0,9}){0,9}b$/.test("a".repeat(90));
