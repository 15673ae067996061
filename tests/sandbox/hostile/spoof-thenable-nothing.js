// A thenable that resolves to an object.
// expect: error returned value not an ArrayBuffer or Uint8Array
return { then(resolve) { resolve({ length: 1, 0: 1 }) } };
