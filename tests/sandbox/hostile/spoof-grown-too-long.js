// A buffer that grows after it was returned.
// expect: error response >512 bytes
const buffer = new ArrayBuffer(2, { maxByteLength: 4096 });
return { then(resolve) { resolve(buffer); buffer.resize(4096) } };
