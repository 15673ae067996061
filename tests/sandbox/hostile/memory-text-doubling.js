// One text that doubles.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
let text = "ab";
try { for (;;) text += text } catch { return Functions.encodeString("caught") }
