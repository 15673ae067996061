// The constructors of bytes replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error poison
for (const name of ["Uint8Array", "ArrayBuffer", "DataView", "TextEncoder", "Buffer"]) globalThis[name] = class { constructor() { throw new Error("poison") } };
return Functions.encodeUint256(7);
