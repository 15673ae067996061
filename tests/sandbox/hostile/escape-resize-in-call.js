// A buffer shrunk while it is used.
// expect: text ok
for (const act of [
  (v, b) => v.fill({ valueOf() { b.resize(0); return 1 } }),
  (v, b) => v.copyWithin(0, { valueOf() { b.resize(16); return 8 } }),
  (v, b) => v.sort(() => { b.resize(0); return 1 }),
  (v, b) => v.reduce(() => b.resize(0)),
  (v, b) => v.subarray(0, { valueOf() { b.resize(1); return 4096 } }).fill(1),
  (v, b) => v.set(v.subarray(1), { valueOf() { b.resize(2); return 1 } }),
  (v, b) => new TextDecoder().decode(v, { get stream() { b.resize(0) } }),
  (v, b) => new TextEncoder().encodeInto({ toString() { b.resize(0); return "xx" } }, v),
  (v, b) => crypto.getRandomValues({ __proto__: v }),
  (v, b) => structuredClone({ get a() { b.resize(0); return v }, b: v }),
  (v, b) => Functions.encodeString({ toString() { b.resize(0); return v.length } }),
]) { const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); try { act(new Uint8Array(b), b) } catch {} }
return Functions.encodeString("ok");
