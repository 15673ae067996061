// Mathematics and dates replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
Math.random = Math.floor = Math.max = Math.min = () => { throw new Error("poison") };
globalThis.Date = Date.now = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
