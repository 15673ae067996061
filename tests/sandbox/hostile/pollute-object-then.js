// Every object a thenable that never answers.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error script runtime exceeded
Object.defineProperty(Object.prototype, "then", { get() { return () => {} }, configurable: true });
return Functions.encodeUint256(7);
