// Expressions that match nothing and everything.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
RegExp.prototype.exec = RegExp.prototype.test = RegExp.prototype[Symbol.replace] = RegExp.prototype[Symbol.split] = () => { throw new Error("poison") };
return Functions.encodeUint256(7);
