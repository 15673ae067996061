// A loop inside a function made from text.
// limit: execution_ms 300
// expect: error script runtime exceeded
new Function("for (;;);")()
