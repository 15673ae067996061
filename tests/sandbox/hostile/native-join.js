// Joining many holes into a text.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
try { return Functions.encodeString(new Array(2 ** 28).join("x").length) } catch { return Functions.encodeString("caught") }
