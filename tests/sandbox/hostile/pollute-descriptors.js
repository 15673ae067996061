// Accessors on the prototype that make ordinary descriptors invalid.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
Object.prototype.get = () => "poison";
Object.prototype.set = () => {};
return Functions.encodeUint256(7);
