// Growing a buffer by handing it over.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
let b = new ArrayBuffer(1024);
try { for (;;) b = b.transfer(b.byteLength * 2) } catch { return Functions.encodeString("caught") }
