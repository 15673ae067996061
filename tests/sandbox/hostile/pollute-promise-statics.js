// The makers of promises replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
for (const key of ["resolve", "reject", "all", "race", "any", "allSettled", "withResolvers", "try"]) Promise[key] = () => { throw new Error("poison") };
globalThis.Promise = class { constructor() { throw new Error("poison") } };
return Functions.encodeUint256(7);
