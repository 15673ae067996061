// Promises of a foreign kind.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
Object.defineProperty(Promise, Symbol.species, { value: class { constructor() { throw new Error("poison") } } });
return Functions.encodeUint256(7);
