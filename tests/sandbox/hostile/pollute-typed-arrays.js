// Every method and accessor of typed arrays replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
const proto = Object.getPrototypeOf(Uint8Array.prototype);
for (const key of Reflect.ownKeys(proto)) Object.defineProperty(proto, key, { get() { throw new Error("poison") }, set() { throw new Error("poison") } });
return Functions.encodeUint256(7);
