// The constructor promises look up on themselves.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
Object.defineProperty(Promise.prototype, "constructor", { get() { throw new Error("poison") } });
return Functions.encodeUint256(7);
