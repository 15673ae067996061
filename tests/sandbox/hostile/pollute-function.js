// call, apply and bind replaced.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
Function.prototype.call = Function.prototype.apply = Function.prototype.bind = Function.prototype.toString = () => { throw new Error("poison") };
Function.prototype[Symbol.hasInstance] === undefined;
return Functions.encodeUint256(7);
