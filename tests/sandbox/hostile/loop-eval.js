// A loop inside eval.
// limit: execution_ms 300
// expect: error script runtime exceeded
eval("for (;;);")
