// An object that names itself Uint8Array.
// expect: error returned value not an ArrayBuffer or Uint8Array
return { [Symbol.toStringTag]: "Uint8Array", constructor: Uint8Array, buffer: new ArrayBuffer(3), byteLength: 3, byteOffset: 0 };
