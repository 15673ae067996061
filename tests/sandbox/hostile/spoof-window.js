// A window into a larger buffer gives its window.
// expect: result 0x0203
return new Uint8Array(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2);
