// Back references that must all be tried.
// limit: execution_ms 300
// expect: error script runtime exceeded
/^(.*)(.*)(.*)(.*)(.*)(.*)\1\2\3\4\5\6x$/.test("a".repeat(400))
