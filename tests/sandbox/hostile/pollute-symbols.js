// Conversions of host objects replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
for (const name of ["toPrimitive", "toStringTag", "isConcatSpreadable", "unscopables"]) Object.defineProperty(Object.prototype, Symbol[name], { get() { throw new Error("poison") } });
return Functions.encodeUint256(7);
