// A buffer taken away while it is filled.
// expect: text ok
for (const act of [
  (b) => b.fill({ valueOf() { b.buffer.transfer(); return 1 } }),
  (b) => b.set([{ valueOf() { b.buffer.transfer(); return 1 } }, 2, 3]),
  (b) => b.copyWithin({ valueOf() { b.buffer.transfer(); return 0 } }, 1),
  (b) => b.slice({ valueOf() { b.buffer.transfer(); return 0 } }),
  (b) => b.sort(() => { b.buffer.byteLength && b.buffer.transfer(); return 1 }),
  (b) => b.map(() => { b.buffer.byteLength && b.buffer.transfer(); return 1 }),
  (b) => b.with({ valueOf() { b.buffer.transfer(); return 0 } }, 1),
  (b) => b.indexOf(1, { valueOf() { b.buffer.transfer(); return 0 } }),
  (b) => b.join({ toString() { b.buffer.transfer(); return "," } }),
  (b) => new DataView(b.buffer).setFloat64({ valueOf() { b.buffer.transfer(); return 0 } }, 1),
  (b) => Buffer.from(b.buffer).fill({ valueOf() { b.buffer.transfer(); return 1 } }),
  (b) => Buffer.from(b.buffer).write("x", { valueOf() { b.buffer.transfer(); return 0 } }),
  (b) => Buffer.concat([b, { get length() { b.buffer.transfer(); return 5 } }]),
  (b) => new Blob([b, { toString() { b.buffer.transfer(); return "x" } }]),
]) { try { act(new Uint8Array(1 << 16)) } catch {} }
return Functions.encodeString("ok");
