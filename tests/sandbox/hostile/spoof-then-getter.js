// Bytes that shrink while the engine asks whether they are a promise.
// expect: result 0x01
const buffer = new ArrayBuffer(4, { maxByteLength: 16 });
const view = new Uint8Array(buffer);
view[0] = 1;
Object.defineProperty(view, "then", { get() { buffer.resize(1) } });
return view;
