// Bytes that name themselves otherwise are bytes.
// expect: result 0x010203
const bytes = new Uint8Array([1, 2, 3]);
Object.defineProperty(bytes, Symbol.toStringTag, { value: "ArrayBuffer" });
return bytes;
