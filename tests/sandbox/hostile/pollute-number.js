// Numbers and big integers that do not print.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error poison
// expect: error Number.isInteger is not a function
Number.prototype.toString = BigInt.prototype.toString = Number.prototype.valueOf = BigInt.prototype.valueOf = () => { throw new Error("poison") };
Number.isInteger = Number.isFinite = () => { throw new Error("poison") };
globalThis.BigInt = globalThis.Number = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
