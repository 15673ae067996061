// An object with the prototype of bytes.
// expect: error returned value not an ArrayBuffer or Uint8Array
return Object.setPrototypeOf({ length: 3 }, Uint8Array.prototype);
