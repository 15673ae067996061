// The step of every array iterator replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error poison
Object.getPrototypeOf([].values()).next = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
