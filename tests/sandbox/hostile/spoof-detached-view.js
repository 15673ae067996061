// A view whose buffer was taken away.
// expect: error Cannot perform Construct on a detached or out-of-bounds ArrayBuffer
const bytes = new Uint8Array([1, 2, 3]);
bytes.buffer.transfer();
return bytes;
