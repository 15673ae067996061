// A view that ends beyond its shrunken buffer has no bytes.
// expect: result 0x
const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
const view = new Uint8Array(buffer, 4, 4);
buffer.resize(6);
return view;
