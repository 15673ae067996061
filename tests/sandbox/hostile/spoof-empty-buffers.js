// A buffer that was resized to nothing has no bytes and is there all the same.
// expect: result 0x
const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
buffer.resize(0);
return new Uint8Array(buffer);
