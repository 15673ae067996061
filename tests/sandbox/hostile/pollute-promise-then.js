// Promises that cannot be followed any more.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
Promise.prototype.then = () => { throw new Error("poison") };
Promise.prototype.catch = Promise.prototype.finally = Promise.prototype.then;
return Functions.encodeUint256(7);
