// Typed arrays of every width.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (;;) for (const Type of [Uint8Array, Int16Array, Float32Array, Float64Array, BigInt64Array]) kept.push(new Type(50_000));
