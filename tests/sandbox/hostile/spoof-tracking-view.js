// A view that follows its buffer gives what is there now.
// expect: result 0x0000000000000000
const buffer = new ArrayBuffer(2, { maxByteLength: 16 });
const view = new Uint8Array(buffer);
buffer.resize(8);
return view;
