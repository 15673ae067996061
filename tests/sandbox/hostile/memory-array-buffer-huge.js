// One buffer larger than any memory.
// expect: text caught
// expect: error syntax error, RAM exceeded, or other error: memory
try { new ArrayBuffer(2 ** 45) } catch { return Functions.encodeString("caught") }
