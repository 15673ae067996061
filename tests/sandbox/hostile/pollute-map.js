// Maps that lie.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
for (const key of ["get", "set", "has", "delete", "clear", "forEach", "entries"]) Map.prototype[key] = Set.prototype[key] = WeakMap.prototype[key] = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
