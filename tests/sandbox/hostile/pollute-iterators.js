// Iteration of arrays, texts, maps and sets replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error poison
for (const Type of [Array, String, Map, Set, Uint8Array]) Type.prototype[Symbol.iterator] = () => { throw new Error("poison") };
Object.getPrototypeOf([][Symbol.iterator] === undefined ? {} : Object.getPrototypeOf(new Map().keys())).next = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
