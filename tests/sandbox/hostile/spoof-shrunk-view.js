// A view that ends beyond its shrunken buffer.
// expect: error Cannot perform Construct on a detached or out-of-bounds ArrayBuffer
const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
const view = new Uint8Array(buffer, 4, 4);
buffer.resize(6);
Object.getPrototypeOf(Uint8Array.prototype).at = () => 0;
return view;
