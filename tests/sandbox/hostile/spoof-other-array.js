// Bytes dressed as another type do not change what they are.
// expect: error returned value not an ArrayBuffer or Uint8Array
return Object.setPrototypeOf(new Uint16Array([1, 2]), Uint8Array.prototype);
