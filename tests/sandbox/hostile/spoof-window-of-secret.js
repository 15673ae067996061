// The shared pool of small buffers must not be returned with a window.
// expect: result 0x6f6e65
Buffer.from("secret of another buffer");
return Buffer.from("one");
