// Bytes without a prototype are bytes.
// expect: result 0x0102
return Object.setPrototypeOf(new Uint8Array([1, 2]), null);
