// A buffer as large as can be asked for.
// expect: text caught
// expect: error syntax error, RAM exceeded, or other error: memory
try { Buffer.alloc(2 ** 40) } catch { return Functions.encodeString("caught") }
