// An object that claims to be bytes by Symbol.hasInstance.
// expect: error returned value not an ArrayBuffer or Uint8Array
for (const Type of [Uint8Array, ArrayBuffer]) Object.defineProperty(Type, Symbol.hasInstance, { value: () => true });
return { length: 3, byteLength: 3, 0: 1, 1: 2, 2: 3 };
