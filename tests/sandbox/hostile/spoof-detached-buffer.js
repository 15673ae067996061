// A buffer that was taken away.
// expect: error Cannot perform Construct on a detached ArrayBuffer
const { buffer } = new Uint8Array([1, 2, 3]);
structuredClone(buffer, { transfer: [buffer] });
Object.defineProperty(ArrayBuffer.prototype, "detached", { get: () => false });
return buffer;
