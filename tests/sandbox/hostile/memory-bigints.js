// One integer that grows without end.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
let x = 1n;
try { for (;;) x = (x << 1_000_000n) + 1n } catch { return Functions.encodeString("caught") }
