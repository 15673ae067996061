// Getters shrink and detach the buffers that are to be cloned after them.
// expect: text 4 DataCloneError
const shrinking = new ArrayBuffer(64, { maxByteLength: 128 });
const first = structuredClone([{ get a() { shrinking.resize(4); return 1; } }, new Uint8Array(shrinking)]);
const gone = new ArrayBuffer(64);
try {
  structuredClone([{ get a() { gone.transfer(0); return 1; } }, new Uint8Array(gone), gone]);
} catch (error) {
  return Functions.encodeString(`${first[1].length} ${error.name}`);
}
