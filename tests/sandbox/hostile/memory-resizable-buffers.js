// Buffers that promise more than there is, and then grow.
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text caught
const kept = [];
try { for (;;) { const b = new ArrayBuffer(0, { maxByteLength: 8 << 20 }); b.resize(8 << 20); new Uint8Array(b).fill(1); kept.push(b) } } catch { return Functions.encodeString("caught") }
