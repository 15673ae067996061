// A view whose buffer was taken away has no bytes.
// expect: result 0x
const bytes = new Uint8Array([1, 2, 3]);
bytes.buffer.transfer();
return bytes;
