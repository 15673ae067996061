// A proxy around bytes is not bytes.
// expect: error returned value not an ArrayBuffer or Uint8Array
return new Proxy(new Uint8Array([1, 2]), {});
