// Every method of texts replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
for (const key of Reflect.ownKeys(String.prototype)) if (typeof String.prototype[key] === "function") String.prototype[key] = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
