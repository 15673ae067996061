// Reflect and the statics of Object replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error poison
for (const target of [Reflect, Object]) for (const key of Reflect.ownKeys(target)) if (typeof target[key] === "function" && key !== "defineProperty") { try { target[key] = () => { throw new Error("poison") } } catch {} }
return Functions.encodeUint256(7);
