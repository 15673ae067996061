// Every method of arrays replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error poison
for (const key of Reflect.ownKeys(Array.prototype)) if (typeof Array.prototype[key] === "function") Array.prototype[key] = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
