// Bytes that become three times as many outside the engine's heap.
// expect: error syntax error, RAM exceeded, or other error: memory
return Functions.encodeUint256(new TextDecoder("gb18030").decode(new Uint8Array(1e8).fill(0xff)).length);
