// Own properties that contradict the bytes.
// expect: result 0x0102
const bytes = new Uint8Array([1, 2]);
for (const key of ["length", "byteLength", "byteOffset", "buffer"]) Object.defineProperty(bytes, key, { value: 1000 });
return bytes;
