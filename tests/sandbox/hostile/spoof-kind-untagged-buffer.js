// A buffer without its name is a buffer.
// expect: result 0x0102
delete ArrayBuffer.prototype[Symbol.toStringTag];
return new Uint8Array([1, 2]).buffer;
