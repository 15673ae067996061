// A text that grows by quoting itself.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
let text = '"';
try { for (;;) text = JSON.stringify([text, text]) } catch { return Functions.encodeString("caught") }
