// A text that grows by a third each time.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
let text = "x".repeat(1000);
try { for (;;) text = btoa(text) } catch { return Functions.encodeString("caught") }
