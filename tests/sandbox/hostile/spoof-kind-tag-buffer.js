// An object that names itself ArrayBuffer is none.
// expect: error returned value not an ArrayBuffer or Uint8Array
return { [Symbol.toStringTag]: "ArrayBuffer" };
