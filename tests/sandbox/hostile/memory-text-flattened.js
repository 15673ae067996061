// Doubled texts that are made flat.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
let text = "ab";
try { for (;;) { text += text; text.charCodeAt(text.length - 1); [...text.slice(0, 4)] } } catch { return Functions.encodeString("caught") }
